/* SPDX-License-Identifier: MIT */
/* What the trainings of text models (lm_task.h, reader_task.h, translate_task.h) are asked for. */
#ifndef TRAIN_TEXT_TASK_H
#define TRAIN_TEXT_TASK_H

#include "models/text_model.h"
#include "train/task.h"

/* Everything is borrowed for the task's life. */
struct text_task_options {
    struct text_config config;
    const struct vocab *vocab;   /* of what is read */
    const struct vocab *targets; /* labels, or the words of the translation; NULL: none */
    const float
        *start; /* initial values of theta, filled before the trainer is made; NULL: random */
    float dropout;
    float label_smoothing; /* of translations, as decoder_loss has it */
    float own_words;       /* lm, translate: the share at the end (own_words.h); 0: none */
    bool shifted; /* lm: each epoch begins elsewhere in the text, which is read as a ring */
    size_t batch;
    size_t slices;      /* of a step, as the training cuts it (train/slices.h); 0 for 1 */
    const char *output; /* the model file; NULL: none is written */
};

#endif
