/* SPDX-License-Identifier: MIT */
/* V of many photos as they come out of the encoder: read and decoded in parallel, run in batches.
 */
#ifndef DATA_ENCODE_H
#define DATA_ENCODE_H

#include "base/pool.h"
#include "base/progress.h"
#include "base/status.h"
#include "data/photo_id.h"
#include "team/team.h"
#include "tensor/safetensors.h"

#include <stdbool.h>
#include <stddef.h>

/* A photo's V, or why it could not be read (never for want of memory, which ends the work). */
struct data_encoded {
    const float *values; /* [views][4096]; NULL: see failure */
    struct data_photo_id id;
    const struct tn_error *failure;
};

struct data_encode {
    const struct data_place *places; /* [count] */
    size_t count;
    bool mirrored;     /* two views of each photo: as it is, and mirrored left to right */
    size_t max_pixels; /* see image.h */
    void *context;
    /* Receives each photo in turn.  A status other than TN_OK ends the work with it. */
    enum tn_status (*take)(void *context, size_t photo, const struct data_encoded *encoded,
                           struct tn_error *err);
    struct tn_progress progress; /* after each batch */
    struct team *team; /* whose processes share the photos; each takes all.  NULL: this one alone */
};

TN_NODISCARD enum tn_status data_encode_photos(const struct data_encode *encode,
                                               const struct tn_file *weights, struct tn_pool *pool,
                                               struct tn_error *err);

#endif
