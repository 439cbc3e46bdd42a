/* SPDX-License-Identifier: MIT */
/*
 * The training of a caption decoder: epochs of shuffled mini-batches, a score on the dev photos
 * after each, early stopping, and checkpoints from which an interrupted run goes on to the same
 * bits that an unbroken one ends with, whatever the number of threads.
 */
#ifndef TRAIN_TRAINER_H
#define TRAIN_TRAINER_H

#include "train/optimiser.h"
#include "train/scoring.h"

#include <stdbool.h>
#include <stdint.h>

struct train_options {
    struct decoder_config decoder; /* vocabulary and features are filled in by trainer_create */
    const char *prefix;            /* of the tensors' names: "decoder.en." */
    size_t batch, epochs;
    size_t patience; /* epochs without a better dev score before the training stops; 0: never */
    const struct train_optimiser_ops *optimiser;
    struct train_optimiser_options update;
    const struct train_schedule *schedule;
    float rate;
    double warmup; /* share of the training */
    float label_smoothing;
    uint64_t seed;
    struct search_options search; /* for the dev score */
    const char *checkpoint;       /* file; NULL: none is written */
    size_t checkpoint_steps;      /* a checkpoint each so many steps, and after each epoch */
    const char *identity; /* all that decides the result, as "key=value key=value": a checkpoint
                             with another is refused */
};

/* One epoch, as kept in the history (and, as it stands, in the checkpoint). */
struct train_epoch {
    float loss;       /* nats a word in training: with dropout */
    float perplexity; /* of that */
    float rate;       /* of its last step */
    float dev_perplexity, bleu4, rouge_l, cider, distinct; /* 0 without dev photos */
};

struct train_progress {
    size_t epoch, epochs; /* epoch counts from 0 */
    size_t step, steps;   /* within the epoch */
    size_t run_steps;     /* done since the run began, and their words, end tokens counted */
    size_t words;
    double loss;          /* mean so far in this epoch */
};

struct trainer;

/* What a run tells; each may be NULL. */
struct train_events {
    void *context;
    /* After each step.  false: the step is kept, a checkpoint is written, and the run ends with
     * TN_CANCELLED. */
    bool (*step)(void *context, const struct train_progress *progress);
    /* After each epoch. */
    void (*epoch)(void *context, const struct trainer *trainer);
    /* theta is the best so far: the moment to save the model.  A failure ends the run, with the
     * checkpoint still the one before. */
    enum tn_status (*best)(void *context, const struct trainer *trainer, struct tn_error *err);
};

/* train and dev (NULL, or without captions: the last epoch counts as the best), vocab and pool are
 * borrowed for the trainer's life; options' texts too.  The caller destroys the trainer. */
TN_NODISCARD enum tn_status trainer_create(const struct train_options *options,
                                           const struct train_source *train,
                                           const struct train_source *dev,
                                           const struct vocab *vocab, struct tn_pool *pool,
                                           struct trainer **ret_trainer, struct tn_error *err);
void trainer_destroy(struct trainer *trainer);

/* Takes up where the checkpoint at path was written.  Errors: TN_FORMAT and TN_SHAPE for a file
 * that is no checkpoint of this training; TN_RANGE for one made with other options, of which the
 * message names the first. */
TN_NODISCARD enum tn_status trainer_resume(struct trainer *trainer, const char *path,
                                           struct tn_error *err);

/* Trains from where the trainer stands.  TN_CANCELLED when an event asked for it; TN_RANGE when the
 * loss is no longer a number. */
TN_NODISCARD enum tn_status trainer_run(struct trainer *trainer, const struct train_events *events,
                                        struct tn_error *err);

const struct train_options *trainer_options(const struct trainer *trainer);
const struct decoder *trainer_decoder(const struct trainer *trainer);
const float *trainer_theta(const struct trainer *trainer);
/* The epochs done, the last one last; borrowed until the next. */
const struct train_epoch *trainer_history(const struct trainer *trainer, size_t *ret_count);
/* The best epoch's number in the history; valid once there is one. */
size_t trainer_best(const struct trainer *trainer);
/* Whether the run ended before its last epoch because the dev score no longer grew. */
bool trainer_stopped_early(const struct trainer *trainer);

#endif
