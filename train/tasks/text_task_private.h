/* SPDX-License-Identifier: MIT */
/* What the trainings of text models share.  The struct of each begins with one. */
#ifndef TRAIN_TEXT_TASK_PRIVATE_H
#define TRAIN_TEXT_TASK_PRIVATE_H

#include "train/tasks/text_task.h"

struct text_training {
    struct train_task task;
    struct text_task_options options;
};

/* Fills theta with the start's values; false: there is no start. */
bool text_task_begin(const struct text_training *t, float *theta);

/* Writes the model file, when one is wanted, with scores (JSON) where there is a dev set. */
TN_NODISCARD enum tn_status text_task_save(const struct text_training *t,
                                           const struct train_result *result, const char *scores,
                                           struct tn_error *err);

#endif
