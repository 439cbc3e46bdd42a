/* SPDX-License-Identifier: MIT */
/*
 * What is trained: a model, its data and its score, as the training loop (train/trainer.h) sees
 * them.  Each task is a const struct of functions in a file of its own; its struct begins with a
 * struct train_task.
 */
#ifndef TRAIN_TASK_H
#define TRAIN_TASK_H

#include "base/progress.h"
#include "base/status.h"
#include "team/team.h"
#include "tensor/layout.h"
#include "tensor/pass.h"
#include "train/optimiser.h"

#include <stdbool.h>
#include <stddef.h>

enum { TRAIN_MAX_SCORES = 5, TRAIN_MAX_PARTS = 2 };

/* One epoch, as kept in the history (and, as it stands, in the checkpoint; older ones end with the
 * scores). */
struct train_epoch {
    float loss;                     /* nats per token in training: with dropout */
    float perplexity;               /* of that */
    float rate;                     /* of its last step */
    float scores[TRAIN_MAX_SCORES]; /* of the task's dev set; 0 without one */
    /* Of the gradients before they were clipped; 0: not known. */
    float mean_norm, largest_norm;
    float clipped; /* the share of the steps whose gradient was */
};

/* Where the curve shows a score. */
enum train_panel { TRAIN_NOT_DRAWN, TRAIN_WITH_PERPLEXITY, TRAIN_WITH_SCORES };

/* How a score is reported to people: `name` and factor * score with so many decimals, then the
 * unit.
 */
struct train_score_kind {
    const char *name;
    double factor;
    int decimals;
    const char *unit;
    enum train_panel panel;
    bool falls; /* the lower, the better */
};

/* A model worth keeping, and what is known about it. */
struct train_result {
    const float *theta;
    const struct train_epoch *epoch;
    const char
        *training; /* how it was made: the identity (see struct train_options) and the epoch */
};

/*
 * A part of the batch of a step.  The batch is cut into as many slices as the training says, by
 * numbers that depend on nothing else, and a slice's gradient is computed on its own.  So it does
 * not matter which process of a team computes it.  Most trainings have one slice per step.
 */
struct train_slice {
    size_t step;          /* within the epoch */
    size_t number, count; /* slice `number` of `count` */
};
/* Where the slice begins among `total` things that a step takes, and how many are its own. */
size_t train_slice_start(const struct train_slice *slice, size_t total, size_t *ret_count);

struct train_task;

struct train_task_ops {
    const char *unit;                      /* of what is predicted, in the plural: "words" */
    const struct train_score_kind *scores; /* [score_count], at most TRAIN_MAX_SCORES */
    size_t score_count;
    size_t leading;       /* the score that decides which epoch is the best */
    bool lower_is_better; /* of the leading score */
    bool rewarded; /* the loss is no likelihood but a reward's negative, reported as the reward */
    bool errors;   /* the loss is no likelihood but an error, of which there is no perplexity */
    /* Fills theta, laid out so and zero, with initial values. */
    void (*init)(struct train_task *task, struct tn_rng *rng, float *theta);
    /* Begins an epoch: draws what is random about it beside the order.  NULL: nothing is. */
    void (*begin)(struct train_task *task, struct tn_rng *rng);
    /* Measures the arena of the largest step: the pass's arena is a measuring one. */
    void (*measure)(struct train_task *task, const struct tn_pass *pass);
    /* Returns the summed loss (nats) over the *ret_tokens predictions of a slice and adds the
     * gradient of their mean to dtheta; the loop weighs the slices of a step by their tokens.  What
     * is random is drawn from the pass's generator, which is the slice's own.  Nothing else may be
     * left from one slice to another, as they may run in different processes.  Of a task with an
     * order, a slice without items is not asked for.  The arena is left as it was found. */
    double (*step)(struct train_task *task, const struct tn_pass *pass,
                   const struct train_slice *slice, size_t *ret_tokens);
    /* The numbers, beside theta, that slice `number` of one step leaves to the same slice of the
     * next.  NULL: there are none. */
    float *(*state)(struct train_task *task, size_t number, size_t *ret_count);
    /* scores[score_count] on the dev set; not called without one.  TN_CANCELLED when task->scoring
     * stops it. */
    enum tn_status (*score)(struct train_task *task, struct tn_pool *pool, float *theta,
                            float *scores, struct tn_error *err);
    /* Writes the model, which is the best so far. */
    enum tn_status (*save)(struct train_task *task, const struct train_result *result,
                           struct tn_error *err);
    /* Frees all but the order.  Also called on a task that was only half made. */
    void (*destroy)(struct train_task *task);
};

/* What an epoch takes, a batch per step, in an order of its own. */
struct train_order {
    size_t *items; /* [count]: what there is; owned */
    size_t *drawn; /* [count]: the items in the order of this epoch; owned */
    size_t count, batch;
};

struct train_task {
    const struct train_task_ops *ops;
    const struct tn_layout *layout;           /* of the parameters; borrowed */
    struct train_order order;                 /* empty where all epochs take the same way */
    size_t steps;                             /* in an epoch; at least 1 */
    bool scored;                              /* there is a dev set */
    float progress; /* the share of the training that is done; the loop sets it before a step */
    bool started;                             /* `init` gives a model's values, worth a score */
    const struct tn_progress *scoring;        /* follows `score`, and may stop it; or NULL */
    struct train_part parts[TRAIN_MAX_PARTS]; /* of theta that have a rate of their own */
    size_t part_count;
    struct team *team; /* whose processes score together; NULL: this one alone; borrowed */
};

/* For tasks that take items[count] (NULL: 0 to count - 1), batch per step: sets the order and the
 * steps.  items become the task's, even on failure. */
TN_NODISCARD enum tn_status train_task_set_order(struct train_task *task, size_t *items,
                                                 size_t count, size_t batch, struct tn_error *err);
/* The items of a slice. */
const size_t *train_task_items(const struct train_task *task, const struct train_slice *slice,
                               size_t *ret_count);
/* Draws the order of an epoch. */
void train_task_shuffle(struct train_task *task, struct tn_rng *rng);

/* NULL is fine. */
void train_task_destroy(struct train_task *task);

#endif
