/* SPDX-License-Identifier: MIT */
/*
 * Fine-tuning: an encoder trained further, end to end with its decoder.
 *
 *     L = mean over words of -log p(word | V, words before)
 *         + weight * mean over photos of sum over the teacher's networks of
 *                    mean over features of (W V + b - feature)^2
 *
 * theta is [encoder | decoder | the teacher's head W, b], one behind the other.  A photo passes the
 * encoder once per step for all its captions, whose gradients for V are added up; it is cut and
 * coloured again each time (data/pixels.h).
 */
#ifndef TRAIN_FINETUNE_H
#define TRAIN_FINETUNE_H

#include "cnn/network.h"
#include "data/pixels.h"
#include "data/teacher.h"
#include "train/tasks/caption_task.h"

struct finetune_options {
    const struct cnn_network *network; /* of photos [3][side][side] to V */
    const float *start;                /* its weights to begin with, as its layout has them */
    size_t first;                      /* the first layer that is trained; those before stay */
    float rate;                        /* of the encoder, as a factor on the decoder's */
    size_t captions;                   /* of a photo in a step, drawn where it has more */
    bool mirror;                       /* show mirror images too */
    const struct data_pixels *pixels;
    const struct teacher *teacher; /* NULL: none */
    float teacher_weight;
};

/* Photos in mini-batches, each with its captions.  The loss of a step is that of the words alone.
 * Options' pointers are borrowed for the task's life; the caller destroys it.  Errors: those of
 * words_task_create. */
TN_NODISCARD enum tn_status finetune_task_create(const struct caption_task_options *options,
                                                 const struct finetune_options *finetune,
                                                 struct train_task **ret_task,
                                                 struct tn_error *err);

/* The teacher's part of the last step's loss: for tests. */
double finetune_teacher_loss(const struct train_task *task);

#endif
