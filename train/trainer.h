/* SPDX-License-Identifier: MIT */
/*
 * The training loop of all models: epochs of steps, a score on the dev set after each, early
 * stopping, and checkpoints from which an interrupted run goes on to the same bits that an
 * unbroken one ends with, whatever the number of threads, or of processes of a team.  Of these the
 * leader alone writes.  What is trained is a struct train_task.
 */
#ifndef TRAIN_TRAINER_H
#define TRAIN_TRAINER_H

#include "train/optimiser.h"
#include "train/task.h"

#include <stdbool.h>
#include <stdint.h>

struct train_options {
    size_t epochs;
    size_t patience; /* epochs without a better dev score before the training stops; 0: never */
    const struct train_optimiser_ops *optimiser;
    struct train_optimiser_options update;
    const struct train_schedule *schedule;
    float rate;
    double warmup; /* share of the training */
    uint64_t seed;
    size_t slices;     /* of a step (train/slices.h): 1, 2, 4 ..., 0 for 1; as many as processes */
    struct team *team; /* whose processes train together; NULL: this one alone; borrowed */
    bool bf16;               /* products of factors rounded to bf16: see struct tn_pass */
    const char *checkpoint;  /* file; NULL: none is written */
    size_t checkpoint_steps; /* a checkpoint each so many steps, and after each epoch */
    const char *identity;    /* all that decides the result, as "key=value key=value": a checkpoint
                                with another is refused */
};

struct train_progress {
    size_t epoch, epochs; /* epoch counts from 0 */
    size_t step, steps;   /* within the epoch */
    size_t run_steps;     /* done since the run began, and their tokens */
    size_t tokens;
    double loss; /* mean so far in this epoch */
    /* Of the step just done: */
    double step_loss; /* summed over its tokens */
    size_t step_tokens;
    float rate;
    double norm; /* of the gradient, before it was clipped */
};

struct trainer;

/* What a run reports, in each process of a team; each may be NULL. */
struct train_events {
    void *context;
    /* After each step.  false, in any process: the step is kept, a checkpoint is written, and the
     * run ends with TN_CANCELLED. */
    bool (*step)(void *context, const struct train_progress *progress);
    /* After each epoch, and after the start was scored. */
    void (*epoch)(void *context, const struct trainer *trainer);
    /* While the dev set is scored.  What stops it leaves a checkpoint from which `score` is done
     * again, and the run ends with TN_CANCELLED. */
    struct tn_progress scoring;
    /* Checkpoint or model cannot be written: the run goes on, and tries again with the next
     * checkpoint.  Not reported again until one was written. */
    void (*unsaved)(void *context, const struct tn_error *why);
};

/* task and pool are borrowed for the trainer's life; options' texts too.  The caller destroys the
 * trainer. */
TN_NODISCARD enum tn_status trainer_create(const struct train_options *options,
                                           struct train_task *task, struct tn_pool *pool,
                                           struct trainer **ret_trainer, struct tn_error *err);
void trainer_destroy(struct trainer *trainer);

/* Takes up where the checkpoint at path was written.  Errors: TN_FORMAT and TN_SHAPE for a file
 * that is no checkpoint of this training; TN_RANGE for one made with other options, of which the
 * message names the first. */
TN_NODISCARD enum tn_status trainer_resume(struct trainer *trainer, const char *path,
                                           struct tn_error *err);

/* Saves the best model of the epochs done, of which there may be none, after its file was lost.
 * TN_NOTFOUND when the training has gone beyond it. */
TN_NODISCARD enum tn_status trainer_save_model(struct trainer *trainer, struct tn_error *err);

/* Trains from where the trainer stands; the best model is saved by the task.  A disk that is full
 * (TN_IO) ends no run before its end: the best model is kept in memory, and no checkpoint goes
 * beyond it until it is written.  TN_CANCELLED when an event asked for it; TN_RANGE when it
 * diverges, which leaves the last checkpoint and the last model as they were; what saving says. */
TN_NODISCARD enum tn_status trainer_run(struct trainer *trainer, const struct train_events *events,
                                        struct tn_error *err);

const struct train_task *trainer_task(const struct trainer *trainer);
/* For tests. */
const float *trainer_theta(const struct trainer *trainer);
/* The epochs done, the last one last; borrowed until the next. */
const struct train_epoch *trainer_history(const struct trainer *trainer, size_t *ret_count);
/* The scores of the model that the training began from, before the first step; NULL: it began from
 * none, or there is no dev set. */
const struct train_epoch *trainer_start(const struct trainer *trainer);
/* Epochs done, and steps of the one after them. */
void trainer_position(const struct trainer *trainer, size_t *ret_epochs, size_t *ret_step);
/* The best epoch's number in the history; valid once there is one. */
size_t trainer_best(const struct trainer *trainer);
/* Whether the run ended before its last epoch because the dev score no longer grew. */
bool trainer_stopped_early(const struct trainer *trainer);

#endif
