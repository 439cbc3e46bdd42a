/* SPDX-License-Identifier: MIT */
/*
 * Recurrent cells.  A cell is what happens between the two matrix products: the sequence (or the
 * decoder at inference) makes  gx = W x + b  and  gh = U h + c  for all gates, the cell turns them
 * and the carried state into the next state.  Cells are elementwise, so one call is one row (one
 * caption at one step).
 *
 * Adding a cell is ONE new file, rnn/cells/cell_<name>.c, that defines `const struct rnn_cell_ops
 * rnn_cell_<name>` (both with '_' where the name has '-'), and one word in rnn/meson.build.  The
 * registry, the tests, the benchmark, the help texts and the model file follow.
 */
#ifndef RNN_CELL_H
#define RNN_CELL_H

#include <stdbool.h>
#include <stddef.h>

enum { RNN_NO_GATE = -1 };

/*
 * The rows of a call, H = hidden:
 *
 *     gx     [gates][H]   in: W x + b, and, unless `separate`, + U h + c; out: what backward wants
 *     gh     [gates][H]   `separate` only, else not read and may be NULL: U h + c, kept likewise
 *     extra  [extras][H]  per-unit parameters, for instance peepholes; NULL when there are none
 *     state  [states][H]  carried in; the first vector is h
 *     next   [states][H]  carried out; may be `state` itself where no backward follows
 *     kept   [kept][H]    what else forward leaves for backward; scratch at inference
 *
 * backward turns gx and gh, in place, into the gradients dgx and dgh (dgh = dgx unless `separate`)
 * and reads dnext.  It adds to dstate what reaches the state before by other ways than U (the
 * caller adds U^T dgh to its h), and to dextra [extras][H].
 */
struct rnn_cell_ops {
    const char *name;    /* "lstm": as in --cell and in the model file */
    size_t gates, states, extras, kept;
    bool separate;   /* the cell does more with U h + c than add it to W x + b (GRU) */
    int forget_gate; /* the gate whose bias begins at 1, or RNN_NO_GATE */
    void (*forward)(size_t hidden, float *gx, float *gh, const float *extra, const float *state,
                    float *next, float *kept);
    void (*backward)(size_t hidden, float *gx, float *gh, const float *extra, float *dextra,
                     const float *state, const float *next, const float *kept, const float *dnext,
                     float *dstate);
};

/* The registry, in the order of rnn/meson.build. */
size_t rnn_cell_count(void);
const struct rnn_cell_ops *rnn_cell_at(size_t index);
/* NULL when there is none of that name. */
const struct rnn_cell_ops *rnn_cell_find(const char *name);
/* "lstm, gru, vanilla", for help texts and messages. */
const char *rnn_cell_names(void);

#endif
