/* SPDX-License-Identifier: MIT */
/*
 * Sequences of different lengths in one batch, without padding.  The sequences are sorted by
 * falling length, so that those still running at a step are the first rows; the rows of all steps
 * stand one after the other, and no kernel ever touches a row that is not there:
 *
 *     lengths 3 1 2  ->  order 0 2 1,  step 0: rows 0 1 2 | step 1: rows 3 4 | step 2: row 5
 */
#ifndef RNN_PACKING_H
#define RNN_PACKING_H

#include "base/arena.h"

#include <stddef.h>

struct rnn_packing {
    size_t batch, steps, total; /* total: rows of all steps */
    size_t *order;              /* [batch] the caller's number of the sequence in row r of step 0 */
    size_t *rows;               /* [steps] how many sequences are running; never grows */
    size_t *offset;             /* [steps] the first packed row of a step */
    size_t *last;               /* [batch] the packed row of the r-th sequence's last step */
};

/*
 * Packs `batch` sequences, 1 <= lengths[b]; ties keep their order.  steps is the largest length
 * that may occur, the packing's steps the largest that does.  The arrays are from the arena.  On a
 * measuring arena lengths is not read, and all sequences count as `steps` long.
 */
void rnn_pack(struct rnn_packing *packing, size_t batch, size_t steps, const size_t *lengths,
              struct tn_arena *arena);

/* packed[total] = the tokens, time-major with `batch` a step, that are there. */
void rnn_pack_tokens(const struct rnn_packing *packing, const int *tokens, int *packed);

#endif
