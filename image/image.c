/* SPDX-License-Identifier: MIT */
#include "image/image.h"

#include "base/read_file.h"
#include "image/image_private.h"

#include <stdint.h>
#include <stdlib.h>

enum tn_status image_check_size(const struct image_source *source, size_t width, size_t height,
                                size_t bytes_per_pixel, size_t extra, struct tn_error *err)
{
    enum { MOST_SIDE = 1 << 20 }; /* a row or column costs as much as some pixels, however thin */
    const struct image_options *options = &source->options;
    size_t pixels, needed, upright_width, upright_height, upright;

    if (width == 0 || height == 0)
        return tn_fail(err, TN_FORMAT, "%s: the %s picture has no pixels", source->name,
                       source->format);
    if (__builtin_mul_overflow(width, height, &pixels) || pixels > options->max_pixels)
        return tn_fail(err, TN_RANGE, "%s: %zu x %zu pixels are more than the limit of %zu",
                       source->name, width, height, options->max_pixels);
    if (width > MOST_SIDE || height > MOST_SIDE)
        return tn_fail(err, TN_RANGE,
                       "%s: %zu x %zu pixels: the longer side is more than the limit of %d",
                       source->name, width, height, MOST_SIDE);
    image_reduced_size(source, width, height, &upright_width, &upright_height);
    if (__builtin_mul_overflow(pixels, bytes_per_pixel, &needed) ||
        __builtin_mul_overflow(upright_width * upright_height, 3, &upright) ||
        __builtin_add_overflow(needed, upright, &needed) ||
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

enum tn_status image_load_library(const struct image_source *source, struct tn_library *library,
                                  struct tn_error *err)
{
    struct tn_error why;
    const enum tn_status status = tn_library_load(library, &why);

    if (status == TN_OK)
        return TN_OK;
    return tn_fail(err, status, "%s: cannot read %s: %s", source->name, source->format, why.text);
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

enum tn_status image_read(const char *path, const struct image_options *options,
                          unsigned char **ret_bytes, size_t *ret_size, struct tn_error *err)
{
    char *bytes;

    TN_TRY(tn_read_file(path, options->max_memory, &bytes, ret_size, err));
    *ret_bytes = (unsigned char *)bytes;
    return TN_OK;
}

enum tn_status image_load(const char *path, const struct image_options *options,
                          struct image *ret_image, struct tn_error *err)
{
    unsigned char *bytes;
    enum tn_status status;
    size_t size;

    TN_TRY(image_read(path, options, &bytes, &size, err));
    status = image_decode(bytes, size, path, options, ret_image, err);
    free(bytes);
    return status;
}
