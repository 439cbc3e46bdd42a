/* SPDX-License-Identifier: MIT */
/*
 * The plain recurrent net with rectified units (Le, Jaitly and Hinton 2015):
 *
 *     h_t = max(0, W x_t + b + U h_{t-1} + c)
 *
 * With U the identity and no bias at the start, it is their IRNN: h is then the sum of what came
 * in.
 */
#include "rnn/cell.h"
#include "tensor/pointwise.h"

static void vanilla_relu_forward(size_t hidden, float *gx, float *gh, const float *extra,
                                 const float *state, float *next, float *kept)
{
    (void)gh, (void)extra, (void)state, (void)kept;
    tn_relu(next, gx, hidden);
}

/* dE/da = dE/dh where h > 0, else 0 */
static void vanilla_relu_backward(size_t hidden, float *gx, float *gh, const float *extra,
                                  float *dextra, const float *state, const float *next,
                                  const float *kept, const float *dnext, float *dstate)
{
    (void)gh, (void)extra, (void)dextra, (void)state, (void)kept, (void)dstate;
    for (size_t j = 0; j < hidden; j++)
        gx[j] = next[j] > 0 ? dnext[j] : 0;
}

const struct rnn_cell_ops rnn_cell_vanilla_relu = {
    .name = "vanilla-relu",
    .gates = 1,
    .states = 1,
    .forget_gate = RNN_NO_GATE,
    .forward = vanilla_relu_forward,
    .backward = vanilla_relu_backward,
};
