/* SPDX-License-Identifier: MIT */
/* Where a photo's bytes lie: in a file of its own, or within a tar. */
#ifndef DATA_PLACE_H
#define DATA_PLACE_H

#include "base/status.h"
#include "image/image.h"

#include <stdint.h>

/* The strings are borrowed. */
struct data_place {
    const char *name; /* for messages: the path, or "shard.tar/000.jpg" */
    const char *file;
    uint64_t offset, size; /* of the part of the file that is the photo; size 0: all of it */
};

struct data_place data_place_of_file(const char *path);
/* image_read (image/image.h) of a place.  TN_IO: the file is shorter than it was. */
TN_NODISCARD enum tn_status data_place_read(const struct data_place *place,
                                            const struct image_options *options,
                                            unsigned char **ret_bytes, size_t *ret_size,
                                            struct tn_error *err);

#endif
