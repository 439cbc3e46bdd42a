/* SPDX-License-Identifier: MIT */
/*
 * The training of a language model: one long text, cut into `batch` parts that are read side by
 * side in chunks of `steps` tokens.  The state is carried from chunk to chunk, the gradient ends at
 * a chunk's edge (truncated backpropagation through time, Williams and Peng 1990).
 */
#ifndef TRAIN_LM_TASK_H
#define TRAIN_LM_TASK_H

#include "base/progress.h"
#include "models/decoder.h"
#include "train/tasks/text_task.h"
#include "vocab/text_column.h"

/* train (at least two tokens) and dev (fewer than two: no score) are borrowed for the task's life.
 * The caller destroys the task. */
TN_NODISCARD enum tn_status lm_task_create(const struct text_task_options *options, size_t steps,
                                           const struct text_column *train,
                                           const struct text_column *dev,
                                           struct train_task **ret_task, struct tn_error *err);

/* The decoder that a language model is; the caller destroys it. */
TN_NODISCARD enum tn_status lm_decoder_create(const struct text_config *config, size_t vocabulary,
                                              float dropout, struct decoder **ret_decoder,
                                              struct tn_error *err);

/* Bits per character of a text that costs `nll` nats per token, which makes units comparable: all
 * its tokens over all its characters. */
double lm_character_bits(const struct text_column *text, double nll);

/* The mean negative log-likelihood (nats) of a text's tokens, of which there is at least one: the
 * text is read in one go, from the net's start and the token `first` on (language_model_first), so
 * this is what language_model_score says of it.  progress may be NULL.  Errors: TN_NOMEM,
 * TN_CANCELLED.
 */
TN_NODISCARD enum tn_status lm_measure(const struct decoder *decoder, const float *theta, int first,
                                       const struct text_column *text, struct tn_pool *pool,
                                       const struct tn_progress *progress, double *ret_nll,
                                       struct tn_error *err);

#endif
