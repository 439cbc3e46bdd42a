/* SPDX-License-Identifier: MIT */
/* The training of a translator on pairs of sentences, and its measurement. */
#ifndef TRAIN_TRANSLATE_TASK_H
#define TRAIN_TRANSLATE_TASK_H

#include "metrics/metrics.h"
#include "models/translator.h"
#include "train/task.h"
#include "data/text_column.h"

/* Sentence i of sources means what sentence i of targets does. */
struct translate_pairs {
    const struct text_column *sources, *targets;
};

struct translate_options {
    struct text_config config;
    float dropout, label_smoothing;
    size_t batch;
    const char *output; /* the model file; NULL: none is written */
};

/* train, dev (maybe without pairs: no score) and both vocabularies are borrowed for the task's
 * life, like the output's name.  The caller destroys the task. */
TN_NODISCARD enum tn_status
translate_task_create(const struct translate_options *options, const struct translate_pairs *train,
                      const struct translate_pairs *dev, const struct vocab *vocab,
                      const struct vocab *targets, struct train_task **ret_task,
                      struct tn_error *err);

/* The mean negative log-likelihood (nats) of the targets' tokens, end tokens counted. */
TN_NODISCARD enum tn_status translate_measure(const struct translator *translator,
                                              const float *theta,
                                              const struct translate_pairs *pairs,
                                              struct tn_pool *pool, double *ret_nll,
                                              struct tn_error *err);

/* Translates every source, and gives each to `take` in turn. */
typedef void translate_take_fn(void *context, size_t text, const int *words, size_t count);
TN_NODISCARD enum tn_status translate_texts(const struct translator *translator, const float *theta,
                                            const struct text_column *sources,
                                            const struct search_options *options,
                                            struct tn_pool *pool, translate_take_fn *take,
                                            void *context, struct tn_error *err);

#endif
