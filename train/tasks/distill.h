/* SPDX-License-Identifier: MIT */
/*
 * Distillation (Hinton, Vinyals, Dean 2015): an encoder trained on photos without captions, to know
 * what stronger networks know.
 *
 *     L = mean over photos of sum over parts of weight * mean over columns of (W u + b - target)^2
 *
 * where u is what of V enters a decoder: of unit length, times the root of its width; while
 * training, with dropout.  The parts are the features that a teacher's networks gave the photos,
 * and the words that are expected of them (train/tasks/target_head.h).  theta is [encoder | W, b];
 * the head is thrown away.
 *
 * Where only the layers behind pool5 are trained, the network is these layers, and pool5 of the
 * photos is read from a file (data/pool5.h).  Otherwise the photos are cut and coloured again each
 * time (data/pixels.h).
 */
#ifndef TRAIN_DISTILL_H
#define TRAIN_DISTILL_H

#include "cnn/network.h"
#include "data/pixels.h"
#include "data/pool5.h"
#include "models/file/model_file.h"
#include "train/task.h"
#include "train/tasks/target_head.h"

/* Everything is borrowed for the task's life. */
struct distill_options {
    const struct data_set *dataset;    /* whose TRAIN (or NONE) and DEV photos the targets know */
    const struct cnn_network *network; /* to V, from pool5 or from pixels */
    const float *start;                /* its weights to begin with, as its layout has them */
    size_t first;                      /* the first layer that is trained; those before stay */
    bool mirror;                       /* also show, and score, mirror images */
    const struct data_pool5 *pool5;    /* NULL: the photos' pixels are shown */
    const struct data_pixels *pixels;
    struct targets targets;
    size_t batch;       /* photos per step */
    float dropout;      /* of u while training.  Before unit length it would change u's scale */
    const char *output; /* the file to write; NULL: none */
    struct model_encoder_save save; /* of which base and alone are read */
};

/* The caller destroys the task.  Errors: TN_NOTFOUND when the targets know no photo to train on,
 * TN_NOMEM. */
TN_NODISCARD enum tn_status distill_task_create(const struct distill_options *options,
                                                struct train_task **ret_task, struct tn_error *err);

/* Begins the head with ridge regressions from the V that the encoder begins with, instead of with
 * zeros: so the encoder is not led astray by a head that does not know it yet.  Errors: TN_NOMEM,
 * TN_CANCELLED. */
TN_NODISCARD enum tn_status distill_task_fit_head(struct train_task *task, struct tn_pool *pool,
                                                  const struct tn_progress *progress,
                                                  struct tn_error *err);

/* Photos that are trained on, and of the dev set. */
size_t distill_task_photos(const struct train_task *task, size_t *ret_dev);

/* Random weights for the layers from `first` on (He et al. 2015), their biases zero. */
void distill_draw_weights(const struct cnn_network *network, size_t first, struct tn_rng *rng,
                          float *theta);

#endif
