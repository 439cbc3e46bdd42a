/* SPDX-License-Identifier: MIT */
/* What the steps (distill.c) and the scores (distill_score.c) of a distillation share. */
#ifndef TRAIN_DISTILL_PRIVATE_H
#define TRAIN_DISTILL_PRIVATE_H

#include "models/decoder_input.h"
#include "train/tasks/distill.h"

struct distill_task {
    struct train_task task;
    struct train_task_ops ops; /* with the names of the targets */
    struct train_score_kind kinds[TRAIN_MAX_SCORES];
    size_t scored[TRAIN_MAX_SCORES]; /* of each score but the first: the part of the targets */
    struct distill_options options;
    struct tn_layout layout;
    size_t encoder_floats; /* of theta, before the head */
    struct target_head head;
    float *start_head; /* what theta begins with behind the encoder; NULL: zeros; owned */
    size_t width;      /* of V */
    size_t input;      /* numbers that the network reads of a photo */
    struct decoder_input unit;
    size_t *train, *dev; /* numbers in the dataset; owned */
    size_t train_count, dev_count;
    struct data_view *views; /* of the photos that are shown; owned */
};

enum { DISTILL_SHOWN = 64 }; /* photos that are scored together */

/* x[count][input] of photos, by their numbers in the dataset, in t->views. */
void distill_show(struct distill_task *t, const struct tn_pass *pass, const size_t *photos,
                  size_t count, float *x);

enum tn_status distill_score(struct train_task *task, struct tn_pool *pool, float *theta,
                             float *scores, struct tn_error *err);

#endif
