/* SPDX-License-Identifier: MIT */
/* The file behind data/pool5.h. */
#ifndef DATA_POOL5_PRIVATE_H
#define DATA_POOL5_PRIVATE_H

#include "base/map.h"
#include "data/pool5.h"

struct pool5_file {
    const char *path; /* borrowed */
    int descriptor;   /* locked against other writers */
    size_t record_bytes;
    size_t count;        /* records that are whole */
    struct tn_map index; /* a photo's size and hash -> its record */
};

/* Opens or begins the file, and cuts off what is behind the last whole record.  The caller closes
 * it. */
TN_NODISCARD enum tn_status pool5_file_open(struct pool5_file *file, const char *path,
                                            const char *fingerprint, size_t views,
                                            struct tn_error *err);
void pool5_file_close(struct pool5_file *file);

/* The record of a photo; TN_MAP_NONE: it has none. */
size_t pool5_file_find(const struct pool5_file *file, const struct data_photo_id *id);
/* Adds records of photos that have none. */
TN_NODISCARD enum tn_status pool5_file_append(struct pool5_file *file, const unsigned char *records,
                                              size_t count, struct tn_error *err);
/* Maps the records into pool5. */
TN_NODISCARD enum tn_status pool5_file_map(const struct pool5_file *file, struct data_pool5 *pool5,
                                           struct tn_error *err);

#endif
