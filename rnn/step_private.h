/* SPDX-License-Identifier: MIT */
/* One step of a pass through a layer, a row at a time: what happens between the products, which
 * rnn/unroll.c computes for all rows of the step at once. */
#ifndef RNN_STEP_PRIVATE_H
#define RNN_STEP_PRIVATE_H

#include "rnn/unroll.h"

/* What the steps of a backward pass share: sums that each block of rows makes on its own, and
 * scratch.  NULL: not wanted. */
struct rnn_backward {
    float *dextra;                    /* [blocks][extras][H] */
    struct rnn_norm norm_ih, norm_hh; /* [blocks][gates H] each */
    float *dnew;                      /* [blocks][states][H]: of zoneout */
    float *dh;                        /* [batch][H]: of recurrent dropout */
};

struct rnn_step {
    const struct rnn_unroll *u;
    size_t first, rows;   /* packed rows */
    size_t continuing;    /* how many of them do not begin here */
    size_t before, after; /* rows of states */
    size_t width, row;    /* floats of all gates, of a state */
    const float *bias_ih, *bias_hh, *extra;
    const struct rnn_backward *backward;
};

/* The blocks that rows are cut into: the tasks of the next two, whose context is the step. */
size_t rnn_step_blocks(size_t rows);
/* From the products to the states after the step. */
void rnn_step_forward(void *step, size_t block, size_t thread);
/* From the gradients of these states to those of the products, and, but for what comes by way of
 * W_hh, of the states before. */
void rnn_step_backward(void *step, size_t block, size_t thread);

#endif
