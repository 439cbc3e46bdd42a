/* SPDX-License-Identifier: MIT */
/*
 * A recurrent net over packed sequences: it unrolls any cell over time, stacks layers, and runs
 * backpropagation through time (Rumelhart, Hinton and Williams 1986; Werbos 1990).
 *
 *     a_t = W_ih x_t + b_ih + W_hh h_{t-1} + b_hh     (+ W_v v at t = 1 in the first layer)
 *     state_t = cell(a_t, state_{t-1})                x of layer l + 1 is h of layer l
 *
 * W_ih x of all steps is one product, W_hh h one a step, added where the first lies: nothing is
 * copied.  Weight gradients are one product each over all steps.
 */
#ifndef RNN_SEQUENCE_H
#define RNN_SEQUENCE_H

#include "rnn/cell.h"
#include "rnn/packing.h"
#include "tensor/layout.h"
#include "tensor/pool.h"
#include "tensor/rng.h"

#include <stddef.h>

enum { RNN_MAX_LAYERS = 8 };

struct rnn_layer {
    size_t input;                        /* length of x */
    struct tn_span weight_ih, weight_hh; /* [gates H][input], [gates H][H] */
    struct tn_span bias_ih, bias_hh;     /* [gates H] */
    struct tn_span extra;                /* [extras][H]; count 0 when the cell has none */
};

/* The description; immutable after the declaration. */
struct rnn_sequence {
    const struct rnn_cell_ops *cell;
    size_t layers, input, hidden;
    size_t first;  /* length of v, which enters at the first step only; 0: none */
    float dropout; /* on h between layers, in training */
    struct rnn_layer layer[RNN_MAX_LAYERS];
    struct tn_span first_weight; /* [gates H][first] */
};

/*
 * Declares the parameters, PyTorch's names behind prefix: weight_ih_l0, weight_hh_l0, bias_ih_l0,
 * bias_hh_l0, and extra_l0 where the cell has any; first_name (with first > 0) is the whole name of
 * W_v.  The caller has filled cell to dropout.  Errors: TN_RANGE for impossible sizes, TN_NOMEM.
 */
TN_NODISCARD enum tn_status rnn_sequence_declare(struct rnn_sequence *sequence,
                                                 struct tn_layout *layout, const char *prefix,
                                                 const char *first_name, struct tn_error *err);

/* Initial parameters: uniform in 1/sqrt(H), as PyTorch draws them; W_v in 1/sqrt(first); the forget
 * gate's b_ih is 1 and its b_hh 0 (Jozefowicz et al. 2015). */
void rnn_sequence_init(const struct rnn_sequence *sequence, struct tn_rng *rng, float *theta);

struct rnn_inputs {
    const float *x;       /* [total][input], packed rows */
    const float *first;   /* [batch][first], packed rows of step 0; NULL with first 0 */
    const float *initial; /* [layers][batch][states][H]: the state before step 0, NULL: zero */
};

/* What a forward pass leaves: arrays in the arena.  states has `batch` rows of initial state, then
 * the packed rows; a row is [states][H] and begins with h. */
struct rnn_run_layer {
    const float *x; /* [total] rows of stride ldx */
    size_t ldx;
    float *gx, *gh, *kept, *states;
    float *dstates;      /* as states; training only */
    unsigned char *mask; /* of the dropout on x; NULL: none */
};

struct rnn_run {
    const struct rnn_packing *packing;
    struct rnn_inputs inputs;
    struct rnn_run_layer layer[RNN_MAX_LAYERS];
    const float *h; /* h of the top layer: [total] rows of stride ldh */
    float *dh;      /* training: the caller adds dE/dh here before backward; zero after forward */
    size_t ldh;
};

/*
 * Runs all steps.  training: keeps what backward needs, and draws dropout when rng is not NULL.
 * Everything is taken from the arena and stays there for the run's use; inputs and packing must
 * outlive the run.
 */
void rnn_sequence_forward(const struct rnn_sequence *sequence, struct tn_pool *pool,
                          const float *theta, const struct rnn_packing *packing,
                          const struct rnn_inputs *inputs, bool training, struct tn_rng *rng,
                          struct rnn_run *run, struct tn_arena *arena);

struct rnn_input_gradients {
    float *x;       /* [total][input] = */
    float *first;   /* [batch][first] = */
    float *initial; /* [layers][batch][states][H] = */
};

/* Backpropagation through time from run->dh: dtheta +=, and what is not NULL in gradients =.  The
 * run is used up. */
void rnn_sequence_backward(const struct rnn_sequence *sequence, struct tn_pool *pool,
                           const float *theta, float *dtheta, struct rnn_run *run,
                           const struct rnn_input_gradients *gradients, struct tn_arena *arena);

#endif
