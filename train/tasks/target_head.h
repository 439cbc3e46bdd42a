/* SPDX-License-Identifier: MIT */
/* What an encoder learns to be told from V without captions: a linear head predicts the features
 * that a teacher's networks gave a photo, and the words that are expected of it.  The head is
 * thrown away with the training. */
#ifndef TRAIN_TARGET_HEAD_H
#define TRAIN_TARGET_HEAD_H

#include "data/teacher.h"
#include "tensor/layout.h"
#include "tensor/pass.h"
#include "train/fit/expected_words.h"

/* All that is predicted, side by side: a part per network, and one of words. */
struct targets {
    const struct teacher *teacher;
    float teacher_weight;               /* of each network's error */
    const struct expected_words *words; /* NULL: none */
    float words_weight;
};

enum { TARGETS_MAX_PARTS = TEACHER_MAX_PARTS + 1 };

struct target_part {
    const char *name;
    size_t first, width; /* its columns */
    float weight;
};

size_t targets_count(const struct targets *targets);
struct target_part targets_part(const struct targets *targets, size_t index);
size_t targets_width(const struct targets *targets);
/* Whether a part knows the photo; out[part's width] is then what it says. */
bool targets_get(const struct targets *targets, size_t part, size_t photo, float *out);

struct target_head {
    const struct targets *targets;
    struct tn_span weight, bias; /* [width][features], [width] */
    size_t features;             /* of V */
};

/* y[count][width], predicted from v[count][features] by theta, where the head's spans lie. */
void target_head_predict(const struct target_head *head, const struct tn_pass *pass, const float *v,
                         size_t count, float *y);

/*
 * The loss for v[count][features]: the sum over photos of
 *
 *     sum over parts of weight * mean over columns of (W v + b - target)^2
 *
 * to which a part that does not know a photo adds nothing.  Photo i is number numbers[photos[i]] of
 * the dataset.  Adds the gradient of `share` times the loss to pass->dtheta and to dv.  On a
 * measuring arena only measures.
 */
double target_head_loss(const struct target_head *head, const struct tn_pass *pass,
                        const size_t *numbers, const size_t *photos, size_t count, float share,
                        const float *v, float *dv);

#endif
