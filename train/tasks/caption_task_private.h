/* SPDX-License-Identifier: MIT */
/* What the trainings of captions share.  The struct of each begins with a struct caption_task. */
#ifndef TRAIN_CAPTION_TASK_PRIVATE_H
#define TRAIN_CAPTION_TASK_PRIVATE_H

#include "train/tasks/caption_task.h"

struct caption_task {
    struct train_task task;
    struct train_task_ops ops; /* the task's, once the score is chosen that leads */
    struct caption_task_options options;
    struct decoder *decoder;
    size_t decoder_offset; /* where its parameters begin in theta */
};

extern const struct train_score_kind caption_score_kinds[CAPTION_SCORES];

/* Makes the decoder, and an order of `items` (captions or photos).  The task is zeroed but for its
 * ops; the caller finishes it, after failure too. */
TN_NODISCARD enum tn_status caption_task_init(struct caption_task *t,
                                              const struct caption_task_options *options,
                                              size_t items, struct tn_error *err);
void caption_task_finish(struct caption_task *t);

/* Functions of struct train_task_ops. */
void caption_task_init_theta(struct train_task *task, struct tn_rng *rng, float *theta);
TN_NODISCARD enum tn_status caption_task_score(struct train_task *task, struct tn_pool *pool,
                                               float *theta, float *scores, struct tn_error *err);
TN_NODISCARD enum tn_status
caption_task_save(struct train_task *task, const struct train_result *result, struct tn_error *err);

/* As caption_task_score, with V of the dev photos from elsewhere. */
TN_NODISCARD enum tn_status caption_task_score_features(const struct caption_task *t,
                                                        const struct data_features *features,
                                                        struct tn_pool *pool, float *theta,
                                                        float *scores, struct tn_error *err);

#endif
