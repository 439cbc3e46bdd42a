/* SPDX-License-Identifier: MIT */
/*
 * A step in slices: the gradient of each is computed on its own, and they are summed as the leaves
 * of a binary tree,
 *
 *     ((g0 + g1) + (g2 + g3)) + ((g4 + g5) + (g6 + g7))
 *
 * by whichever processes.  So the sum has the same bits for any number of processes.  Process r of
 * n takes the slices from S r / n up to S (r + 1) / n, and adds up whole subtrees of them.  Then
 * each receives, for its stretch of theta alone, the subtrees of all, and adds up the rest.
 */
#ifndef TRAIN_SLICES_H
#define TRAIN_SLICES_H

#include "train/task.h"

enum { TRAIN_MAX_SLICES = 256 };

/* What came of a slice. */
struct train_slice_result {
    double loss, tokens;
};

/* A subtree: slices [first, first + count), and their gradients' sum divided by weight. */
struct train_subtree {
    size_t first, count;
    float *sum;
    float weight; /* a slice's tokens; 1 of a sum */
};

struct train_slices {
    struct team *team;
    size_t count;            /* S, a power of two */
    size_t floats;           /* of theta */
    const size_t *stretches; /* [processes + 1]: where those of theta start; borrowed */
    struct train_slice_result results[TRAIN_MAX_SLICES];
    size_t *starts; /* [processes + 1]: of their results, in bytes; owned */
    struct train_subtree own[TRAIN_MAX_SLICES]; /* a stack of this process' subtrees */
    size_t own_count;
    float *buffers; /* [deepest - 1][floats]: of those above the first, which
                       is in dtheta; owned */
    struct train_subtree all[TRAIN_MAX_SLICES]; /* the subtrees of all processes */
    size_t all_count;
    float *received;          /* [all_count][floats of this process' stretch]: theirs; owned */
    size_t *places, *lengths; /* [processes]: of what is received at once; owned */
    size_t *nothing;          /* [processes + 1]: starts of nothing to send; owned */
    size_t *firsts;           /* [processes + 1]: which of all[] are whose; owned */
};

/* stretches is borrowed.  Errors: TN_NOMEM; TN_RANGE where there are fewer slices than processes,
 * or where their number is no power of two or above TRAIN_MAX_SLICES. */
TN_NODISCARD enum tn_status train_slices_init(struct train_slices *slices, struct team *team,
                                              size_t count, size_t floats, const size_t *stretches,
                                              struct tn_error *err);
/* The first slice of a process. */
size_t train_slices_first(const struct train_slices *slices, size_t rank);
/* Fine on zeroed slices. */
void train_slices_finish(struct train_slices *slices);

/* The loss of a step, summed over *ret_tokens predictions.  The pass's dtheta, of which this
 * process' stretch counts, becomes *ret_divisor times the gradient of their mean. */
double train_slices_learn(struct train_slices *slices, struct train_task *task,
                          const struct tn_pass *pass, size_t step, size_t *ret_tokens,
                          float *ret_divisor);

#endif
