/* SPDX-License-Identifier: MIT */
/* What an encoder learns from a teacher: a linear head predicts the teacher's features from V. */
#ifndef TRAIN_TEACHER_HEAD_H
#define TRAIN_TEACHER_HEAD_H

#include "data/teacher.h"
#include "tensor/layout.h"
#include "tensor/pass.h"

struct teacher_head {
    const struct teacher *teacher;
    struct tn_span weight, bias; /* [teacher's width][features], [teacher's width] */
    size_t features;             /* of V */
    float loss_weight;
};

/*
 * The teacher's loss for v[count][features]: the mean over photos of each network's mean squared
 * error; one that does not know a photo adds nothing.  Photo i is number numbers[photos[i]] of the
 * dataset.  Adds the gradient of loss_weight times the loss to pass->dtheta and to dv.  On a
 * measuring arena only measures.
 */
double teacher_head_loss(const struct teacher_head *head, const struct tn_pass *pass,
                         const size_t *numbers, const size_t *photos, size_t count, const float *v,
                         float *dv);

#endif
