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

enum tn_status image_read(const char *path, const struct image_options *options,
                          unsigned char **ret_bytes, size_t *ret_size, struct tn_error *err)
{
    /* Not to wait for a writer where the path names a FIFO. */
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    enum tn_status status;

    if (file < 0)
        return tn_fail(err, tn_status_of_errno(errno), "%s: %s", path, strerror(errno));
    status = read_file(file, path, options->max_memory, ret_bytes, ret_size, err);
    close(file);
    return status;
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
