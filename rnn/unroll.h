/* SPDX-License-Identifier: MIT */
/*
 * One layer unrolled over time in one direction; rnn/sequence.c stacks them.
 *
 * The states of all steps are one array of batch + total rows: `batch` rows, then the packed ones
 * (rnn/packing.h).  Step t lies between two runs of rows, both rows[t] long:
 *
 *     early(t) = t = 0 ? 0 : batch + offset[t - 1]        late(t) = batch + offset[t]
 *
 * Forwards, a step reads the state at its early rows and writes it to its late ones, so that the
 * initial states are the first `batch` rows.  In the reverse direction it reads late rows and
 * writes early ones: as late(t) is early(t + 1) of sequences that go on, and has rows of its own
 * for those whose last step t is, the latter hold the initial states, and the final ones come to
 * lie in the first `batch` rows.  Either way every step finds its states side by side, and nothing
 * is copied.
 */
#ifndef RNN_UNROLL_H
#define RNN_UNROLL_H

#include "rnn/sequence.h"

#include <stdbool.h>
#include <stddef.h>

/* The rows of states where the r-th of the packed sequences begins and ends, and the first of those
 * that step t writes. */
size_t rnn_initial_row(const struct rnn_packing *packing, bool reverse, size_t r);
size_t rnn_final_row(const struct rnn_packing *packing, bool reverse, size_t r);
size_t rnn_written_rows(const struct rnn_packing *packing, bool reverse, size_t t);

/* Whether W_hh h has a buffer of its own, apart from W_ih x. */
bool rnn_keeps_gh(const struct rnn_cell_ops *cell, const struct rnn_options *options);

struct rnn_unroll {
    const struct rnn_cell_ops *cell;
    const struct rnn_options *options;
    const struct rnn_layer *layer;
    const struct rnn_packing *packing;
    struct rnn_run_direction *run;
    const struct tn_pass *pass;
    size_t hidden;
    bool reverse;
    bool zero_state;   /* the initial states are zero, for certain */
    bool state_wanted; /* backward: the gradient of the initial states is asked for */
};

/* All steps, from run->gx = W_ih x and the initial rows of run->states.  The pass's arena is left
 * as it was found. */
void rnn_unroll_forward(const struct rnn_unroll *u);

/*
 * All steps backwards, from run->dstates (dE/d state of each row, as far as it comes from outside
 * this layer); adds the gradients of the bias, recurrent and extra parameters to dtheta.  Leaves
 * dE/d (W_ih x) in run->gx and, when it is wanted, dE/d initial state in the initial rows of
 * run->dstates.
 */
void rnn_unroll_backward(const struct rnn_unroll *u);

#endif
