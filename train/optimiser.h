/* SPDX-License-Identifier: MIT */
/*
 * Optimisers over flat arrays: gradient clipping by the global norm and the update are two passes
 * over memory, shared out over the pool in pieces of fixed size, so that the result does not depend
 * on the number of threads.
 */
#ifndef TRAIN_OPTIMISER_H
#define TRAIN_OPTIMISER_H

#include "base/pool.h"
#include "base/status.h"
#include "team/team.h"

#include <stddef.h>
#include <stdint.h>

enum { TRAIN_MAX_MOMENTS = 2 };

/* What an update needs to know about its step. */
struct train_update {
    float rate;         /* the learning rate at this step */
    float shrink;       /* theta is multiplied by it: 1 - rate * weight_decay (decoupled) */
    float scale;        /* the gradient is multiplied by it: clipping */
    float beta1, beta2; /* decay of the first and the second moment; beta1 is momentum's too */
    float epsilon;
    float correction1, correction2; /* 1 / (1 - beta^step) */
};

/* One optimiser.  update changes theta[count] and moments[i][count] by the gradient dtheta[count],
 * and leaves dtheta zero for the next step. */
struct train_optimiser_ops {
    const char *name;
    size_t moments;
    float rate; /* a usual learning rate */
    void (*update)(size_t count, float *theta, float *dtheta, float *const *moments,
                   const struct train_update *update);
};

size_t train_optimiser_count(void);
const struct train_optimiser_ops *train_optimiser_at(size_t index);
/* NULL when there is none of that name. */
const struct train_optimiser_ops *train_optimiser_find(const char *name);

/* A stretch of theta, from where the one before it ends up to `end`, with a factor on the rate; 0
 * freezes it. */
struct train_part {
    size_t end;
    float factor;
};

struct train_optimiser_options {
    float beta1, beta2, epsilon;
    float weight_decay;             /* decoupled (Loshchilov and Hutter 2019); 0: none */
    float clip;                     /* the largest global norm of the gradient; 0: no clipping */
    const struct train_part *parts; /* [part_count], borrowed; what lies behind has the factor 1 */
    size_t part_count;
};

#define TRAIN_OPTIMISER_OPTIONS_DEFAULT                                                            \
    {                                                                                              \
        .beta1 = 0.9F, .beta2 = 0.999F, .epsilon = 1e-8F, .weight_decay = 0, .clip = 5             \
    }

struct train_optimiser {
    const struct train_optimiser_ops *ops;
    struct train_optimiser_options options;
    struct team *team; /* each process updates a stretch of theta, and has its moments */
    size_t count;
    size_t *stretches; /* [processes + 1]: where those start; owned */
    size_t *starts;    /* [processes + 1]: room; owned */
    uint64_t step;   /* updates done */
    float *moments;  /* [ops->moments][count]; owned */
    double *partial; /* sums of squares; owned */
};

TN_NODISCARD enum tn_status train_optimiser_init(struct train_optimiser *optimiser,
                                                 const struct train_optimiser_ops *ops,
                                                 const struct train_optimiser_options *options,
                                                 struct team *team, size_t count,
                                                 struct tn_error *err);
/* Fine on a zeroed optimiser. */
void train_optimiser_finish(struct train_optimiser *optimiser);

/* One update of theta by dtheta / divisor; dtheta is zero afterwards.  Returns the gradient's norm
 * before clipping; when that is not finite, nothing is changed.  Of dtheta a process of a team
 * needs its stretch only. */
double train_optimiser_step(struct train_optimiser *optimiser, struct tn_pool *pool, float rate,
                            float *theta, float *dtheta, float divisor);
/* Brings the moments of all of theta to each process of the team. */
void train_optimiser_gather(struct train_optimiser *optimiser);

/* A learning-rate schedule: the factor on the rate at `progress` in [0, 1) of the training. */
struct train_schedule {
    const char *name;
    double (*factor)(double progress);
};

size_t train_schedule_count(void);
const struct train_schedule *train_schedule_at(size_t index);
/* The factor with a linear warm-up over the first `warmup` of the training. */
double train_schedule_factor(const struct train_schedule *schedule, double warmup, double progress);

#endif
