/* SPDX-License-Identifier: MIT */
/* What the names of pictures end in. */
#include "base/path.h"
#include "image/image.h"

#include <strings.h>

/* Those that cameras and telephones write first. */
const char *const image_extensions[] = {
    ".jpg", ".heic", ".jpeg", ".hif",  ".heif", ".png",  ".dng", ".cr2", ".cr3", ".nef",
    ".arw", ".raf",  ".rw2",  ".orf",  ".pef",  ".srw",  ".x3f", ".mrw", ".crw", ".nrw",
    ".sr2", ".srf",  ".raw",  ".rwl",  ".3fr",  ".iiq",  ".erf", ".kdc", ".dcr", ".mef",
    ".mos", ".webp", ".avif", ".jxl",  ".tif",  ".tiff", ".gif", ".bmp", ".jp2", ".j2k",
    ".jpf", ".jpx",  ".jpe",  ".jfif", ".mpo",  ".psd",  ".psb", ".hdr", ".tga", ".pbm",
    ".pgm", ".ppm",  ".pnm",  ".pam",  ".pfm",  ".svg",  ".xcf", ".exr", ".ico", NULL,
};

bool image_is_picture_name(const char *path)
{
    const char *extension = tn_path_extension(path);

    for (const char *const *known = image_extensions; *known; known++)
        if (strcasecmp(extension, *known) == 0)
            return true;
    return false;
}
