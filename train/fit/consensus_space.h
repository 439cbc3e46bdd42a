/* SPDX-License-Identifier: MIT */
/*
 * The space in which photos are compared; a part of train/fit/consensus_fit.h.
 *
 * S has the directions in which V differs most among the photos (principal components, Hotelling
 * 1933), scaled so that likeness is neither none nor all.  Landmarks are an even share of the
 * photos (Nystroem's method: Williams and Seeger, "Using the Nystroem method to speed up kernel
 * machines", 2000).  Both are int8, as captioning reads them.
 */
#ifndef TRAIN_CONSENSUS_SPACE_H
#define TRAIN_CONSENSUS_SPACE_H

#include "base/pool.h"
#include "base/status.h"
#include "tensor/matrix.h"

#include <stddef.h>

struct consensus_space {
    struct tn_matrix space, landmarks; /* S [s][width], l [M][s]: into the buffers below, owned */
    signed char *codes;
    float *scales;
};

/* The space of rows v[count][width], of which row i counts roots[i] squared, with s = directions
 * and M = landmarks at most.  like: a space to take instead of finding one, or NULL.  The caller
 * finishes it.  Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status consensus_space_find(struct tn_pool *pool, const float *v, size_t count,
                                                 size_t width, const float *roots,
                                                 size_t directions, size_t landmarks,
                                                 const struct tn_matrix *like,
                                                 struct consensus_space *ret_space,
                                                 struct tn_error *err);
/* The same space with the landmarks of several, in their order.  Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status consensus_space_join(const struct tn_matrix *space,
                                                 const struct tn_matrix *const *landmarks,
                                                 size_t count, struct consensus_space *ret_space,
                                                 struct tn_error *err);
/* Fine on a zeroed space. */
void consensus_space_finish(struct consensus_space *space);

/* f[count][M]: the likeness of v[count][width] to the landmarks; and of the landmarks to each
 * other, between[M][M].  Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status consensus_space_compare(const struct consensus_space *space,
                                                    struct tn_pool *pool, const float *v,
                                                    size_t count, float *f, float *between,
                                                    struct tn_error *err);

#endif
