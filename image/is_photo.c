/* SPDX-License-Identifier: MIT */
/* Which files of a folder are photos. */
#include "base/path.h"
#include "image/image.h"

#include <fcntl.h>
#include <strings.h>
#include <unistd.h>

enum { MAGIC_BYTES = 64 };

static bool is_one_of(const char *text, const char *const *list)
{
    for (; *list; list++)
        if (strcasecmp(text, *list) == 0)
            return true;
    return false;
}

/* Captions begin like anything: "BMW in the rain" like a BMP, XMP like an SVG.  What is named like
 * a file of captions is a photo only where more than two letters show it. */
static bool is_sidecar(const char *path, const char *format)
{
    static const char *const extensions[] = {".txt", ".xmp", ".caption", NULL};
    static const char *const certain[] = {"JPEG", "PNG", "GIF", "WebP", "HEIC", "AVIF", NULL};

    return is_one_of(tn_path_extension(path), extensions) && !is_one_of(format, certain);
}

bool image_is_photo(const char *path)
{
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    unsigned char bytes[MAGIC_BYTES];
    const char *format;
    ssize_t size;

    if (file < 0)
        return true;
    size = read(file, bytes, sizeof bytes);
    close(file);
    if (size < 0)
        return true;
    format = image_format(bytes, (size_t)size);
    return format && !image_is_thumbnail(bytes, (size_t)size) && !is_sidecar(path, format);
}
