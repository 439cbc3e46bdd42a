/* SPDX-License-Identifier: MIT */
#include "image/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image/internal.h"

enum tn_status image_check_size(const struct image_source *source, size_t width, size_t height,
                                size_t bytes_per_pixel, size_t extra, struct tn_error *err)
{
    const struct image_options *options = &source->options;
    size_t pixels, needed;

    if (width == 0 || height == 0)
        return tn_fail(err, TN_FORMAT, "%s: the %s picture has no pixels", source->name,
                       source->format);
    if (__builtin_mul_overflow(width, height, &pixels) || pixels > options->max_pixels)
        return tn_fail(err, TN_RANGE, "%s: %zu x %zu pixels are more than the limit of %zu",
                       source->name, width, height, options->max_pixels);
    if (__builtin_mul_overflow(pixels, bytes_per_pixel, &needed) ||
        __builtin_add_overflow(needed, extra, &needed) ||
        __builtin_add_overflow(needed, source->size, &needed))
        needed = SIZE_MAX;
    if (needed > options->max_memory)
        return tn_fail(err, TN_RANGE,
                       "%s: decoding %zu x %zu pixels of %s may need %zu MiB of memory, more than "
                       "the limit of %zu MiB",
                       source->name, width, height, source->format, needed >> 20,
                       options->max_memory >> 20);
    return TN_OK;
}

enum tn_status image_create(size_t width, size_t height, int orientation, struct image *ret_image,
                            struct tn_error *err)
{
    size_t bytes;
    unsigned char *rgb;

    if (__builtin_mul_overflow(width, height, &bytes) || __builtin_mul_overflow(bytes, 3, &bytes))
        return tn_fail(err, TN_RANGE, "an image of %zu x %zu pixels does not fit memory", width,
                       height);
    rgb = malloc(bytes ? bytes : 1);
    if (!rgb)
        return tn_fail_nomem(err, bytes);
    ret_image->width = orientation >= 5 ? height : width;
    ret_image->height = orientation >= 5 ? width : height;
    ret_image->rgb = rgb;
    return TN_OK;
}

/* value over white: (value * alpha + 255 * (255 - alpha)) / 255, rounded. */
static unsigned char over_white(unsigned value, unsigned alpha)
{
    return (unsigned char)((value * alpha + 255 * (255 - alpha) + 127) / 255);
}

void image_put_row(struct image *image, int orientation, size_t y, const unsigned char *pixels,
                   size_t channels)
{
    const bool turned = orientation >= 5;
    const size_t count = turned ? image->height : image->width; /* pixels in the stored row */
    const size_t rows = turned ? image->width : image->height;
    /* Across the rows: is the stored row counted from the far side, and the pixel in it? */
    const bool far_row =
        orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    const bool far_pixel =
        orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    const size_t row = far_row ? rows - 1 - y : y, first = far_pixel ? count - 1 : 0;
    const ptrdiff_t step = (turned ? (ptrdiff_t)image->width : 1) * (far_pixel ? -3 : 3);
    unsigned char *out =
        image->rgb + 3 * (turned ? first * image->width + row : row * image->width + first);

    if (orientation == 1 && channels == 3) {
        memcpy(out, pixels, 3 * count);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const unsigned char *pixel = pixels + i * channels;
        unsigned char *place = out + (ptrdiff_t)i * step;
        const unsigned alpha = channels == 4 ? pixel[3] : 255;

        for (size_t c = 0; c < 3; c++)
            place[c] = alpha == 255 ? pixel[c] : over_white(pixel[c], alpha);
    }
}

enum tn_status image_from_pixels(const unsigned char *pixels, size_t width, size_t height,
                                 size_t stride, size_t channels, int orientation,
                                 struct image *ret_image, struct tn_error *err)
{
    TN_TRY(image_create(width, height, orientation, ret_image, err));
    for (size_t y = 0; y < height; y++)
        image_put_row(ret_image, orientation, y, pixels + y * stride, channels);
    return TN_OK;
}

void image_finish(struct image *image)
{
    free(image->rgb);
    *image = (struct image){0};
}

enum tn_status image_decode(const unsigned char *bytes, size_t size, const char *name,
                            const struct image_options *options, struct image *ret_image,
                            struct tn_error *err)
{
    struct image_source source = {.bytes = bytes, .size = size, .name = name, .options = *options};
    struct image image = {0};
    image_decode_fn *decode = NULL;

    if (size == 0)
        return tn_fail(err, TN_FORMAT, "%s: the file is empty", name);
    TN_TRY(image_find_decoder(&source, &decode, err));
    TN_TRY(decode(&source, &image, err));
    *ret_image = image;
    return TN_OK;
}

/* Reads size bytes, no fewer. */
static enum tn_status read_bytes(int file, const char *path, unsigned char *bytes, size_t size,
                                 struct tn_error *err)
{
    size_t done = 0;

    while (done < size) {
        const ssize_t got = read(file, bytes + done, size - done);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return tn_fail(err, TN_IO, "%s: %s", path, strerror(errno));
        if (got == 0)
            return tn_fail(err, TN_IO, "%s: the file became shorter while it was read", path);
        done += (size_t)got;
    }
    return TN_OK;
}

static enum tn_status read_file(int file, const char *path, size_t limit, unsigned char **ret_bytes,
                                size_t *ret_size, struct tn_error *err)
{
    struct stat info;
    unsigned char *bytes;
    enum tn_status status;

    if (fstat(file, &info) != 0)
        return tn_fail(err, TN_IO, "%s: %s", path, strerror(errno));
    if (S_ISDIR(info.st_mode))
        return tn_fail(err, TN_IO, "%s: is a directory", path);
    if (!S_ISREG(info.st_mode))
        return tn_fail(err, TN_IO, "%s: is not a regular file", path);
    if ((uintmax_t)info.st_size > limit)
        return tn_fail(err, TN_RANGE, "%s: the file of %jd MiB is more than the limit of %zu MiB",
                       path, (intmax_t)info.st_size >> 20, limit >> 20);
    bytes = malloc((size_t)info.st_size + 1);
    if (!bytes)
        return tn_fail_nomem(err, (size_t)info.st_size);
    status = read_bytes(file, path, bytes, (size_t)info.st_size, err);
    if (status != TN_OK) {
        free(bytes);
        return status;
    }
    *ret_bytes = bytes;
    *ret_size = (size_t)info.st_size;
    return TN_OK;
}

enum tn_status image_load(const char *path, const struct image_options *options,
                          struct image *ret_image, struct tn_error *err)
{
    /* Not to wait for a writer where the path names a FIFO. */
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    unsigned char *bytes = NULL;
    size_t size = 0;
    enum tn_status status;

    if (file < 0)
        return tn_fail(err, tn_status_of_errno(errno), "%s: %s", path, strerror(errno));
    status = read_file(file, path, options->max_memory, &bytes, &size, err);
    close(file);
    if (status == TN_OK)
        status = image_decode(bytes, size, path, options, ret_image, err);
    free(bytes);
    return status;
}
