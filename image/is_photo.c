/* SPDX-License-Identifier: MIT */
/* Which files of a folder are photos. */
#include "base/path.h"
#include "image/image_private.h"

#include <fcntl.h>
#include <string.h>
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
 * a file of captions is a photo only where no text begins like it. */
static bool is_sidecar(const char *path, const char *format)
{
    static const char *const extensions[] = {".txt", ".xmp", ".caption", NULL};
    static const char *const certain[] = {"JPEG", "PNG",  "GIF",     "WebP",      "HEIC",
                                          "AVIF", "TIFF", "JPEG XL", "JPEG 2000", NULL};

    return is_one_of(tn_path_extension(path), extensions) && !is_one_of(format, certain);
}

/* A camera's thumbnail of a film, or of a raw, which is a JPEG. */
static bool is_camera_thumbnail(const char *path)
{
    return strcasecmp(tn_path_extension(path), ".thm") == 0;
}

/* Of XML, which is mostly something else (an edit .AAE, a film's .XML), an SVG is a picture. */
static bool is_document(const char *path, const char *format)
{
    static const char *const documents[] = {"PDF", "PostScript", NULL};
    const bool xml = strcmp(format, "SVG or other XML") == 0;

    return is_one_of(format, documents) ||
           (xml && strcasecmp(tn_path_extension(path), ".svg") != 0);
}

/* A TGA file has no magic bytes: only a footer, or its name. */
static bool is_tga(int file, const char *path, const unsigned char *bytes, size_t size)
{
    unsigned char end[MAGIC_BYTES];
    const off_t length = lseek(file, 0, SEEK_END);
    const off_t start = length > MAGIC_BYTES ? length - MAGIC_BYTES : 0;
    const ssize_t got = pread(file, end, sizeof end, start);

    return image_tga_is(path, bytes, size, end, got > 0 ? (size_t)got : 0);
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
    format = size < 0 ? NULL : image_format(bytes, (size_t)size);
    if (size > 0 && !format && is_tga(file, path, bytes, (size_t)size))
        format = "TGA";
    close(file);
    if (size < 0)
        return true;
    return format && !image_is_thumbnail(bytes, (size_t)size) &&
           !image_is_drawing(bytes, (size_t)size) && !is_sidecar(path, format) &&
           !is_camera_thumbnail(path) && !is_document(path, format);
}
