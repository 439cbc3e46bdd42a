/* SPDX-License-Identifier: MIT */
/* The training of a translator on pairs of sentences, and its measurement. */
#ifndef TRAIN_TRANSLATE_TASK_H
#define TRAIN_TRANSLATE_TASK_H

#include "metrics/metrics.h"
#include "models/translator.h"
#include "train/tasks/text_task.h"
#include "vocab/text_column.h"

/* Sentence i of sources means what sentence i of targets does. */
struct translate_pairs {
    const struct text_column *sources, *targets;
};

/* train and dev (maybe without pairs: no score) are borrowed for the task's life.  The caller
 * destroys the task. */
TN_NODISCARD enum tn_status translate_task_create(const struct text_task_options *options,
                                                  const struct translate_pairs *train,
                                                  const struct translate_pairs *dev,
                                                  struct train_task **ret_task,
                                                  struct tn_error *err);

/* The mean negative log-likelihood (nats) of the targets' tokens, end tokens counted.  progress may
 * be NULL.  Errors: TN_NOMEM, TN_CANCELLED. */
TN_NODISCARD enum tn_status
translate_measure(const struct translator *translator, const float *theta,
                  const struct translate_pairs *pairs, struct tn_pool *pool,
                  const struct tn_progress *progress, double *ret_nll, struct tn_error *err);

#endif
