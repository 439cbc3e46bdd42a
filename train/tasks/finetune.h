/* SPDX-License-Identifier: MIT */
/*
 * Fine-tuning: an encoder trained further, end to end with its decoder.
 *
 *     L = mean over words of -log p(word | V, words before)
 *         + weight * mean over photos of sum over the teacher's networks of
 *                    mean over features of (W V + b - feature)^2
 *
 * theta is [encoder | decoder | the teacher's head W, b], one behind the other.  A photo passes the
 * encoder once a step for all its captions, whose gradients for V are added up; it is cut and
 * coloured anew each time (data/pixels.h).
 */
#ifndef TRAIN_FINETUNE_H
#define TRAIN_FINETUNE_H

#include "cnn/network.h"
#include "data/batch.h"
#include "data/pixels.h"
#include "train/task.h"
#include "train/tasks/teacher.h"

struct finetune_options {
    const struct cnn_network *network; /* of photos [3][side][side] to V */
    const float *start;                /* its weights to begin with, as its layout has them */
    size_t first;                      /* the first layer that is trained; those before stay */
    float rate;                        /* of the encoder, as a factor on the decoder's */
    size_t captions;                   /* of a photo in a step, drawn where it has more */
    bool mirror;                       /* show mirror images too */
    const struct train_pixels *pixels;
    const struct teacher *teacher; /* NULL: none */
    float teacher_weight;
};

struct finetune;

/* Everything is borrowed for its life, options' pointers too; photos: of a step.  The caller
 * destroys it.  Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status finetune_create(const struct finetune_options *options, size_t photos,
                                            const struct decoder *decoder,
                                            const struct train_source *source,
                                            struct finetune **ret_finetune, struct tn_error *err);
void finetune_destroy(struct finetune *finetune);

const struct tn_layout *finetune_layout(const struct finetune *finetune);
/* Where the decoder's parameters begin in theta; the encoder's begin at 0. */
size_t finetune_decoder_offset(const struct finetune *finetune);
size_t finetune_steps(const struct finetune *finetune); /* in an epoch */
/* The rates of the encoder's parts; returns how many. */
size_t finetune_parts(const struct finetune *finetune, struct train_part parts[TRAIN_MAX_PARTS]);

/* As the functions of struct train_task_ops; init sets the encoder and the head. */
void finetune_init(const struct finetune *finetune, float *theta);
void finetune_measure(struct finetune *finetune, const struct tn_pass *pass);
void finetune_begin_epoch(struct finetune *finetune, struct tn_rng *rng);
/* The loss returned is that of the words alone. */
double finetune_step(struct finetune *finetune, const struct tn_pass *pass, float label_smoothing,
                     size_t number, size_t *ret_tokens);
/* The teacher's part of the last step's loss, before its weight. */
double finetune_teacher_loss(const struct finetune *finetune);

/* V of the corpus's photos as they are, in float32 arithmetic, as rows that stay the finetune's:
 * ret_features is borrowed until the next call.  Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status finetune_encode(struct finetune *finetune, struct tn_pool *pool,
                                            const float *theta, const struct train_corpus *corpus,
                                            const struct train_features **ret_features,
                                            struct tn_error *err);

#endif
