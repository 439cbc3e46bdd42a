/* SPDX-License-Identifier: MIT */
/*
 * What is trained: a model, its data and its score, as the training loop (train/trainer.h) sees
 * them.  Each task is a const struct of functions in a file of its own; its struct begins with a
 * struct train_task.
 */
#ifndef TRAIN_TASK_H
#define TRAIN_TASK_H

#include "base/status.h"
#include "tensor/layout.h"
#include "tensor/pass.h"
#include "train/optimiser.h"

#include <stdbool.h>
#include <stddef.h>

enum { TRAIN_MAX_SCORES = 5, TRAIN_MAX_PARTS = 2 };

/* One epoch, as kept in the history (and, as it stands, in the checkpoint). */
struct train_epoch {
    float loss;                     /* nats a token in training: with dropout */
    float perplexity;               /* of that */
    float rate;                     /* of its last step */
    float scores[TRAIN_MAX_SCORES]; /* of the task's dev set; 0 without one */
};

/* Where the curve shows a score. */
enum train_panel { TRAIN_NOT_DRAWN, TRAIN_WITH_PERPLEXITY, TRAIN_WITH_SCORES };

/* How a score is told to people: `name` and  factor * score  with so many decimals, then the unit.
 */
struct train_score_kind {
    const char *name;
    double factor;
    int decimals;
    const char *unit;
    enum train_panel panel;
};

/* A model worth keeping, and what is known about it. */
struct train_result {
    const float *theta;
    const struct train_epoch *epoch;
    size_t epochs;        /* done */
    const char *identity; /* see struct train_options */
};

/* Who is told how far a measurement is; false stops it with TN_CANCELLED. */
struct train_watch {
    bool (*progress)(void *context, size_t done, size_t count);
    void *context;
};

struct train_task;

struct train_task_ops {
    const char *unit;                      /* of what is predicted, in the plural: "words" */
    const struct train_score_kind *scores; /* [score_count], at most TRAIN_MAX_SCORES */
    size_t score_count;
    size_t leading;       /* the score that decides which epoch is the best */
    bool lower_is_better; /* of the leading score */
    bool rewarded; /* the loss is no likelihood but a reward's negative, to be told as the reward */
    /* The parameters; borrowed. */
    const struct tn_layout *(*layout)(struct train_task *task);
    /* Fills theta, laid out so and zero, with initial values. */
    void (*init)(struct train_task *task, struct tn_rng *rng, float *theta);
    /* Measures the arena of the largest step: the pass's arena is a measuring one. */
    void (*measure)(struct train_task *task, const struct tn_pass *pass);
    /* Draws the order of an epoch.  Also called, with the rng as it was, when a run is taken up
     * within an epoch. */
    void (*begin_epoch)(struct train_task *task, struct tn_rng *rng);
    /* Step number `step` of the epoch: returns the summed loss (nats) over *ret_tokens predictions
     * and adds the gradient of their mean to dtheta.  The arena is left as it was found. */
    double (*step)(struct train_task *task, const struct tn_pass *pass, size_t step,
                   size_t *ret_tokens);
    /* The numbers, beside theta, that one step leaves to the next; NULL: there are none. */
    float *(*state)(struct train_task *task, size_t *ret_count);
    /* scores[score_count] on the dev set; not called without one. */
    enum tn_status (*score)(struct train_task *task, struct tn_pool *pool, float *theta,
                            float *scores, struct tn_error *err);
    /* Writes the model, which is the best so far. */
    enum tn_status (*save)(struct train_task *task, const struct train_result *result,
                           struct tn_error *err);
};

struct train_task {
    const struct train_task_ops *ops;
    size_t steps;                             /* in an epoch; at least 1 */
    bool scored;                              /* there is a dev set */
    struct train_part parts[TRAIN_MAX_PARTS]; /* of theta that have a rate of their own */
    size_t part_count;
};

#endif
