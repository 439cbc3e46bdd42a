/* SPDX-License-Identifier: MIT */
/*
 * The plain recurrent net (Elman 1990):  h_t = tanh(W x_t + b + U h_{t-1} + c).
 */
#include "rnn/cell.h"
#include "tensor/pointwise.h"

static void vanilla_forward(size_t hidden, float *gx, float *gh, const float *extra,
                            const float *state, float *next, float *kept)
{
    (void)gh, (void)extra, (void)state, (void)kept;
    tn_tanh(next, gx, hidden);
}

/* dE/da = dE/dh (1 - h^2) */
static void vanilla_backward(size_t hidden, float *gx, float *gh, const float *extra, float *dextra,
                             const float *state, const float *next, const float *kept,
                             const float *dnext, float *dstate)
{
    (void)gh, (void)extra, (void)dextra, (void)state, (void)kept, (void)dstate;
    for (size_t j = 0; j < hidden; j++)
        gx[j] = dnext[j] * (1 - next[j] * next[j]);
}

const struct rnn_cell_ops rnn_cell_vanilla = {
    .name = "vanilla",
    .gates = 1,
    .states = 1,
    .forget_gate = RNN_NO_GATE,
    .forward = vanilla_forward,
    .backward = vanilla_backward,
};
