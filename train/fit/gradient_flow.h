/* SPDX-License-Identifier: MIT */
/*
 * How far back a loss reaches: |dE_T/ds_k| against T - k, for a recurrent cell that learns a task
 * of long range (Hochreiter 1991; Bengio, Simard and Frasconi 1994).  The task: the first of
 * `steps` symbols, one of 8, is the answer after the last; those between are noise.  A forget gate,
 * where a cell has one, begins open for as long.  The nets are too small for more than one thread.
 */
#ifndef TRAIN_GRADIENT_FLOW_H
#define TRAIN_GRADIENT_FLOW_H

#include "base/status.h"
#include "rnn/cell.h"

#include <stddef.h>
#include <stdint.h>

struct gradient_flow_options {
    size_t hidden, steps;
    size_t updates; /* of training before the norms are measured; 0: as initialised */
    uint64_t seed;
};

struct gradient_flow {
    double *norms;   /* [steps]: |dE_T/ds_k| for k = 1 .. T, a mean over texts; owned */
    double accuracy; /* after the training; 1/8 is chance */
};

/* The caller frees ret_flow->norms. */
TN_NODISCARD enum tn_status gradient_flow_measure(const struct rnn_cell_ops *cell,
                                                  const struct gradient_flow_options *options,
                                                  struct gradient_flow *ret_flow,
                                                  struct tn_error *err);

/* Draws norms against T - k, on a logarithmic scale, a line for each of flows[count], which are
 * those of cells[count]. */
TN_NODISCARD enum tn_status gradient_flow_draw(const char *path,
                                               const struct rnn_cell_ops *const *cells,
                                               const struct gradient_flow *flows, size_t count,
                                               size_t steps, struct tn_error *err);

#endif
