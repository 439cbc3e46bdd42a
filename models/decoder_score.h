/* SPDX-License-Identifier: MIT */
/*
 * How probable a decoder finds a given sentence, for many V at once: its words are forced on every
 * row, and of each the probability is kept.
 */
#ifndef MODELS_DECODER_SCORE_H
#define MODELS_DECODER_SCORE_H

#include "base/pool.h"
#include "base/status.h"
#include "models/file/decoder_weights.h"

#include <stddef.h>

struct decoder_score;

/* For at most max_rows V at once.  weights and pool (may be NULL) are borrowed for the score's
 * life; the caller destroys it.  Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status decoder_score_create(const struct decoder_weights *weights,
                                                 size_t max_rows, struct tn_pool *pool,
                                                 struct decoder_score **ret_score,
                                                 struct tn_error *err);
void decoder_score_destroy(struct decoder_score *score);

/*
 * log_probs[rows][count] = log p(words[t] | words before t, V of the row), the natural logarithm.
 * features is [rows][features], scaled as the decoder was trained with; words[count] are token ids,
 * each below the vocabulary's size.  A row's result is the same alone and in any batch, and equals
 * what a search that chose these words found.  Allocates nothing.
 */
void decoder_score_run(struct decoder_score *score, size_t rows, const float *features,
                       const int *words, size_t count, float *log_probs);

#endif
