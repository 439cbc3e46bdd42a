/* SPDX-License-Identifier: MIT */
#include "train/tasks/text_task_private.h"

#include <string.h>

bool text_task_begin(const struct text_training *t, float *theta)
{
    if (t->options.start)
        memcpy(theta, t->options.start, t->task.layout->floats * sizeof *theta);
    return t->options.start;
}

enum tn_status text_task_save(const struct text_training *t, const struct train_result *result,
                              const char *scores, struct tn_error *err)
{
    const struct text_save what = {.config = &t->options.config,
                                   .vocab = t->options.vocab,
                                   .targets = t->options.targets,
                                   .layout = t->task.layout,
                                   .theta = result->theta,
                                   .training = result->training,
                                   .scores = t->task.scored ? scores : NULL};

    return t->options.output ? text_model_save(t->options.output, &what, err) : TN_OK;
}
