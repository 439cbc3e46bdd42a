/* SPDX-License-Identifier: MIT */
/* A training run's state, shared by the loop (trainer.c) and the checkpoints (checkpoint.c). */
#ifndef TRAIN_TRAINER_PRIVATE_H
#define TRAIN_TRAINER_PRIVATE_H

#include "train/slices.h"
#include "train/trainer.h"

/* Nats per prediction, on average over a step: a blind guess among 10^13 words costs as much.  A
 * reward, which is a loss below zero, is never that large. */
#define TRAINER_ABSURD_LOSS 30.0

/* The gradients of an epoch so far. */
struct trainer_gradients {
    uint64_t steps, clipped;
    double sum, largest; /* of their norms, before clipping */
};

/* Where the run stands: everything that is not theta, the moments or the history. */
struct trainer_position {
    struct tn_rng rng;       /* now */
    struct tn_rng epoch_rng; /* when this epoch began: its order follows from it */
    size_t epoch, step;      /* the next step to be done */
    double loss;             /* sum over this epoch so far */
    size_t tokens;           /* the same */
    size_t best;             /* epoch; valid once there is history */
    struct trainer_gradients gradients;
};

struct trainer {
    struct train_options options;
    struct train_task *task;
    struct tn_pool *pool;
    size_t floats; /* the length of theta */
    float *theta, *dtheta;
    struct train_optimiser optimiser;
    struct train_slices slices;
    struct tn_arena arena;
    struct trainer_position position;
    struct train_epoch *history; /* [epochs] */
    size_t history_count;
    struct train_epoch start; /* its scores, if it is scored */
    bool start_scored;
    size_t run_steps, run_tokens; /* since the run began */
    struct train_progress done;   /* what is reported of the last step */
    float *kept;                  /* theta of the best model, while it is owed; owned */
    bool owed;                    /* the best model could not be written */
    bool unsaved;                 /* nor the last checkpoint, or it had to wait for the model */
};

/* Writes the checkpoint, when one is wanted, atomically; a team's processes bring together what
 * they have. */
TN_NODISCARD enum tn_status trainer_save_checkpoint(struct trainer *trainer, struct tn_error *err);

#endif
