/* SPDX-License-Identifier: MIT */
#include "data/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct data_place data_place_of_file(const char *path)
{
    return (struct data_place){.name = path, .file = path};
}

static enum tn_status read_part(int file, const struct data_place *place, unsigned char *bytes,
                                struct tn_error *err)
{
    size_t done = 0;

    while (done < place->size) {
        const ssize_t got =
            pread(file, bytes + done, place->size - done, (off_t)(place->offset + done));

        if (got < 0 && errno != EINTR)
            return tn_fail(err, TN_IO, "%s: %s", place->name, strerror(errno));
        if (got == 0)
            return tn_fail(err, TN_IO, "%s: %s has become shorter", place->name, place->file);
        done += got > 0 ? (size_t)got : 0;
    }
    return TN_OK;
}

static enum tn_status open_part(const struct data_place *place, unsigned char *bytes,
                                struct tn_error *err)
{
    const int file = open(place->file, O_RDONLY | O_CLOEXEC);
    enum tn_status status;

    if (file < 0)
        return tn_fail(err, errno == ENOENT ? TN_NOTFOUND : TN_IO, "%s: %s", place->file,
                       strerror(errno));
    status = read_part(file, place, bytes, err);
    close(file);
    return status;
}

enum tn_status data_place_read(const struct data_place *place, const struct image_options *options,
                               unsigned char **ret_bytes, size_t *ret_size, struct tn_error *err)
{
    enum tn_status status;
    unsigned char *bytes;

    if (place->size == 0)
        return image_read(place->file, options, ret_bytes, ret_size, err);
    if (place->size > options->max_memory)
        return tn_fail(err, TN_RANGE, "%s: its %ju MiB are more than the limit of %zu MiB",
                       place->name, (uintmax_t)place->size >> 20, options->max_memory >> 20);
    bytes = malloc(place->size);
    if (!bytes)
        return tn_fail_nomem(err, place->size);
    status = open_part(place, bytes, err);
    if (status != TN_OK) {
        free(bytes);
        return status;
    }
    *ret_bytes = bytes;
    *ret_size = place->size;
    return TN_OK;
}
