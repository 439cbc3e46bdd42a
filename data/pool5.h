/* SPDX-License-Identifier: MIT */
/*
 * pool5 of many photos and of their mirror images, in 8 bits: what the convolutions make of them,
 * computed once where only the layers behind are trained.
 *
 * The int8 encoder reads pool5 as bytes, in steps of a photo's largest number / 255.  So do these,
 * and nothing is lost.
 *
 * They lie in a file that only grows, and is mapped into memory:
 *
 *     a line of 64 bytes: "caption pool5 1, views 2, fingerprint 0123456789abcdef", filled up with
 *         spaces and a newline
 *     a record per photo: its file's size and hash (data/photo_id.h) and a hash of the record's
 *         other bytes, 64 bits each; a float32 step for each of two views; the views' bytes
 *
 * A record that was not written whole does not fit its hash, and is written again.
 */
#ifndef DATA_POOL5_H
#define DATA_POOL5_H

#include "base/pool.h"
#include "base/progress.h"
#include "data/photo_id.h"
#include "tensor/safetensors.h"

struct data_pool5 {
    size_t width, views;
    size_t photos;
    size_t *rows; /* [photos]: each one's record; SIZE_MAX: it has none; owned */
    const unsigned char *records;
    size_t record_bytes;
    size_t unreadable;             /* photos that were wanted, and could not be decoded */
    struct tn_error first_failure; /* why the first of them */
    void *map;                     /* owned; NULL: the records are somebody else's */
    size_t map_bytes;
};

struct data_pool5_options {
    const char *path;
    bool mirrored;
    size_t max_pixels;           /* see image.h */
    struct tn_progress progress; /* after each batch; what is done when it stops is kept */
};

/* Of the photos places[count] by ids[count], which say who is who; an id of size 0: the photo is
 * not wanted. Computes those that the file does not have, and adds them to it.  The caller finishes
 * pool5. Errors: TN_FORMAT (what lies at the path is no such file, or of other convolutions or
 * views), TN_IO (it cannot be written, or another process writes to it), TN_NOMEM, TN_CANCELLED,
 * those of the encoder. */
TN_NODISCARD enum tn_status data_pool5_make(const struct tn_file *weights,
                                            const struct data_place *places,
                                            const struct data_photo_id *ids, size_t count,
                                            const struct data_pool5_options *options,
                                            struct tn_pool *pool, struct data_pool5 *ret_pool5,
                                            struct tn_error *err);
/* Fine on a zeroed pool5. */
void data_pool5_finish(struct data_pool5 *pool5);

/* Bytes of the file for so many photos. */
size_t data_pool5_bytes(size_t photos, bool mirrored);

/* Bytes of a record of views of `width` numbers. */
size_t data_pool5_record(size_t width, size_t views);
/* Writes a record, views[views][width] >= 0. */
void data_pool5_pack(const struct data_photo_id *id, const float *values, size_t width,
                     size_t views, unsigned char *record);
/* x[width] = pool5 of a view of a photo that has a record. */
void data_pool5_show(const struct data_pool5 *pool5, size_t photo, size_t view, float *x);

#endif
