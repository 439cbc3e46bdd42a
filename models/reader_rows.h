/* SPDX-License-Identifier: MIT */
/*
 * A reader at inference.  Its weights are int8 rows, and its products those of tn_linear, in which
 * a text's bits do not depend on the texts beside it.  Training and exact measurements read by
 * models/reader.h.
 */
#ifndef MODELS_READER_ROWS_H
#define MODELS_READER_ROWS_H

#include "models/reader.h"
#include "tensor/matrix.h"

struct reader_rows {
    const struct reader *reader; /* borrowed, like theta */
    const float *theta;
    struct tn_matrix input[RNN_MAX_LAYERS][RNN_MAX_DIRECTIONS];
    struct tn_matrix hidden[RNN_MAX_LAYERS][RNN_MAX_DIRECTIONS];
    struct tn_matrix output; /* unset without classes */
    struct tn_arena arena;
};

/* The caller finishes it after success. */
TN_NODISCARD enum tn_status reader_rows_init(struct reader_rows *rows, const struct reader *reader,
                                             const float *theta, struct tn_error *err);
void reader_rows_finish(struct reader_rows *rows);

/* Reads the texts, without their targets: logits[size][classes] of the answers (not written without
 * classes), and, unless they are NULL, final[layers][directions][size][states][hidden], the states
 * at the end, and outputs[total][directions * hidden], the top layer's h in rows as rnn_pack()
 * packs them.  The arena is left as it was found; measure it with a call on a measuring arena,
 * which computes nothing. */
void reader_rows_read(const struct reader_rows *rows, struct tn_pool *pool,
                      const struct reader_batch *batch, float *logits, float *final, float *outputs,
                      struct tn_arena *arena);

#endif
