/* SPDX-License-Identifier: MIT */
/*
 * A recurrent net over packed sequences: it unrolls any cell over time, stacks layers, runs them in
 * one direction or both, and backpropagates through time (Rumelhart, Hinton and Williams 1986;
 * Werbos 1990).  docs/recurrent-nets.md has the whole in equations.
 *
 *     a_t = W_ih x_t + b_ih + W_hh h_{t-1} + b_hh     (+ W_v v at t = 1 in the first layer)
 *     state_t = cell(a_t, state_{t-1})                x of layer l + 1 is h of layer l
 *
 * A bidirectional layer (Schuster and Paliwal 1997) has a second set of parameters that reads each
 * sequence from its last step to its first; its h is both directions' side by side.
 *
 * W_ih x of all steps is one product per direction, W_hh h one per step, added where the first
 * lies: nothing is copied.  Weight gradients are one product each over all steps.
 *
 *     a decoder           forward, dE/dh into run.dh, backward
 *     a language model    each chunk begins with the state that rnn_sequence_final() took from the
 *                         last one; without gradients.initial, backward ends at the chunk's edge
 *     a classifier        run.h of all steps, or the final state, whose gradient backward accepts
 *     a translator        the encoder's final state is the decoder's initial one; the decoder's
 *                         gradients.initial is the encoder's gradients.final
 */
#ifndef RNN_SEQUENCE_H
#define RNN_SEQUENCE_H

#include "rnn/cell.h"
#include "rnn/kernels.h"
#include "rnn/norm.h"
#include "rnn/packing.h"
#include "rnn/zoneout.h"
#include "tensor/layout.h"
#include "tensor/pass.h"

#include <stdbool.h>
#include <stddef.h>

enum { RNN_MAX_LAYERS = 8, RNN_MAX_DIRECTIONS = 2 };

/* How W_hh begins, each gate's block apart: uniform as the rest; a random orthogonal matrix (Saxe
 * et al. 2014); the identity, with biases of zero (Le, Jaitly and Hinton 2015). */
enum rnn_start { RNN_START_UNIFORM, RNN_START_ORTHOGONAL, RNN_START_IDENTITY };
extern const char *const rnn_start_names[]; /* "uniform" ..., NULL */

/* What a net may have beyond the plain form; all zero: nothing.  docs/recurrent-nets.md has each in
 * equations. */
struct rnn_options {
    bool learned_start; /* where no initial states are given, they are parameters, not zero */
    bool layer_norm;    /* of W_ih x and of W_hh h, apart: rnn/norm.h */
    struct rnn_zoneout zoneout;
    /* Of the training alone. */
    float recurrent_dropout; /* on the h that W_hh reads, one mask per sequence; below 1 */
    enum rnn_start recurrent_start;
};

/* The parameters of one layer in one direction. */
struct rnn_layer {
    size_t input;                        /* length of x */
    struct tn_span weight_ih, weight_hh; /* [gates H][input], [gates H][H] */
    struct tn_span bias_ih, bias_hh;     /* [gates H] */
    struct tn_span extra;                /* [extras][H]; count 0 when the cell has none */
    struct tn_span initial;              /* [states][H]; count 0 without learned_start */
    struct tn_span gain_ih, gain_hh;     /* [gates H]; count 0 without layer_norm */
};

/* The description; immutable after the declaration. */
struct rnn_sequence {
    const struct rnn_cell_ops *cell;
    size_t layers, input, hidden;
    size_t first; /* length of v, which enters at the first step only; 0: none */
    bool bidirectional;
    float dropout; /* on h between layers, in training; below 1 */
    struct rnn_options options;
    struct rnn_layer layer[RNN_MAX_LAYERS][RNN_MAX_DIRECTIONS]; /* [..][1]: the reverse */
    struct tn_span first_weight;                                /* [gates H][first] */
};

/*
 * Declares the parameters, PyTorch's names behind prefix: weight_ih_l0, weight_hh_l0, bias_ih_l0,
 * bias_hh_l0, and extra_l0 where the cell has any, initial_l0 of a learned start, and gain_ih_l0
 * and gain_hh_l0 of layer normalisation; the same with _reverse; then _l1.  first_name (with first
 * > 0) is the whole name of W_v.  The caller has filled cell to options.  Errors: TN_RANGE for
 * impossible sizes, for v in a bidirectional net, whose reverse direction has no such step, and for
 * v with layer normalisation; TN_NOMEM.
 */
TN_NODISCARD enum tn_status rnn_sequence_declare(struct rnn_sequence *sequence,
                                                 struct tn_layout *layout, const char *prefix,
                                                 const char *first_name, struct tn_error *err);

/* Initial parameters: uniform in 1/sqrt(H), as PyTorch draws them; W_v in 1/sqrt(first); the forget
 * gate's b_ih is 1 and its b_hh 0 (Jozefowicz et al. 2015); a learned start is zero, a gain 1. W_hh
 * is as options.recurrent_start says. */
void rnn_sequence_init(const struct rnn_sequence *sequence, struct tn_rng *rng, float *theta);

/* 1 or 2; h has directions * H numbers per step. */
size_t rnn_sequence_directions(const struct rnn_sequence *sequence);

/* The floats of the states of `batch` sequences, [layers][directions][batch][states][H] in the
 * caller's order of sequences.  A row of states begins with h. */
size_t rnn_sequence_state_floats(const struct rnn_sequence *sequence, size_t batch);

struct rnn_inputs {
    const float *x;       /* [total][input], packed rows */
    const float *first;   /* [batch][first], packed rows of step 0; NULL with first 0 */
    const float *initial; /* states before the first step; NULL: zero, or the learned start */
};

/* What the options leave of one direction; each NULL where it is off or nothing is learnt. */
struct rnn_form_run {
    struct rnn_normal normal_ih, normal_hh; /* [total] rows */
    struct rnn_dropout dropout;             /* [batch][H]: on the h that W_hh reads */
    float *dropped;                         /* [total][H]: that h */
    struct rnn_zones zones;                 /* of [total] rows */
    float *new;                             /* [total][states][H]: what the cell made */
};

/* What a forward pass leaves of one direction: arrays in the arena.  rnn/unroll.h explains
 * the rows of states. */
struct rnn_run_direction {
    float *gx, *gh, *kept; /* [total] rows, see rnn/cell.h; gh also with layer normalisation */
    float *states;         /* [batch + total][states][H] */
    float *dstates;        /* as states; training only */
    struct rnn_form_run form;
};

struct rnn_run_layer {
    const float *x; /* [total] rows of stride ldx */
    size_t ldx;
    struct rnn_dropout dropout; /* on x */
    struct rnn_run_direction direction[RNN_MAX_DIRECTIONS];
    float *h, *dh; /* [total] rows of stride ldh; dh: training only */
    size_t ldh;
};

struct rnn_run {
    const struct rnn_packing *packing;
    struct rnn_inputs inputs;
    struct rnn_run_layer layer[RNN_MAX_LAYERS];
    const float *h; /* of the top layer: [total] packed rows of directions * H, of stride ldh */
    float *dh;      /* training: the caller adds dE/dh here before backward; zero after forward */
    size_t ldh;
};

/*
 * Runs all steps.  A pass with dtheta keeps what backward needs, and draws dropout.  Everything is
 * taken from the arena and stays there for the run's use; x, first and packing must outlive the
 * run, initial is copied.
 */
void rnn_sequence_forward(const struct rnn_sequence *sequence, const struct tn_pass *pass,
                          const struct rnn_packing *packing, const struct rnn_inputs *inputs,
                          struct rnn_run *run);

/* final = the states after each sequence's last step (in the reverse direction: its first).  It may
 * be what `initial` was. */
void rnn_sequence_final(const struct rnn_sequence *sequence, const struct rnn_run *run,
                        float *final);

/* dE/d... around a backward pass; NULL: none, or not wanted. */
struct rnn_gradients {
    const float *final; /* in: of the final states */
    float *x;           /* out, =: [total][input], packed rows */
    float *first;       /* out, =: [batch][first], packed rows of step 0 */
    float *initial;     /* out, =: of the initial states, given or not */
};

/* Backpropagation through time from run->dh and gradients->final: dtheta +=, and the gradients that
 * are wanted.  The run is used up. */
void rnn_sequence_backward(const struct rnn_sequence *sequence, const struct tn_pass *pass,
                           struct rnn_run *run, const struct rnn_gradients *gradients);

#endif
