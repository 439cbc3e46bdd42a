/* SPDX-License-Identifier: MIT */
/* What distinguishes photos, wherever they are and whatever they are called. */
#ifndef DATA_PHOTO_ID_H
#define DATA_PHOTO_ID_H

#include "base/pool.h"
#include "base/progress.h"
#include "base/status.h"
#include "data/place.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct data_photo_id {
    uint64_t size, bytes; /* of its file: the length, and a hash of what is in it */
    uint64_t pixels;      /* a hash of what a net is shown, which metadata do not change */
};

/* Those of the photos places[count], but for the pixels, which are 0; all 0 for one that cannot be
 * read.  progress may be NULL.  Errors: TN_NOMEM, TN_CANCELLED. */
TN_NODISCARD enum tn_status data_photo_ids_read(const struct data_place *places, size_t count,
                                                struct tn_pool *pool,
                                                const struct tn_progress *progress,
                                                struct data_photo_id *ids, struct tn_error *err);

/* The same of a file that is read. */
void data_photo_id_of_file(const unsigned char *bytes, size_t size, struct data_photo_id *id);

#endif
