/* SPDX-License-Identifier: MIT */
/*
 * Long short-term memory (Hochreiter and Schmidhuber 1997) with the forget gate of Gers,
 * Schmidhuber and Cummins 2000; gates in the order of PyTorch.  a = W x_t + b + U h_{t-1} + c:
 *
 *     i = sigmoid(a_i)   f = sigmoid(a_f)   g = tanh(a_g)   o = sigmoid(a_o)
 *     c_t = f c_{t-1} + i g
 *     h_t = o tanh(c_t)
 */
#include "rnn/cell.h"
#include "rnn/cells/lstm.h"

static void lstm_forward(size_t hidden, float *gx, float *gh, const float *extra,
                         const float *state, float *next, float *kept)
{
    float *i = gx, *f = gx + hidden, *g = gx + 2 * hidden, *o = gx + 3 * hidden;
    const float *c = state + hidden;
    float *c_next = next + hidden;

    (void)gh, (void)extra;
    tn_sigmoid(i, i, 2 * hidden); /* f follows i */
    tn_tanh(g, g, hidden);
    for (size_t j = 0; j < hidden; j++)
        c_next[j] = f[j] * c[j] + i[j] * g[j];
    rnn_lstm_output(hidden, next, o, kept, c_next);
}

/*
 * dc = dE/dc_t + dE/dh_t o (1 - tanh(c_t)^2)
 * dE/da_i = dc g i (1 - i)    dE/da_f = dc c_{t-1} f (1 - f)    dE/da_g = dc i (1 - g^2)
 * dE/da_o = dE/dh_t tanh(c_t) o (1 - o)    dE/dc_{t-1} += dc f
 */
static void lstm_backward(size_t hidden, float *gx, float *gh, const float *extra, float *dextra,
                          const float *state, const float *next, const float *kept,
                          const float *dnext, float *dstate)
{
    float *restrict gi = gx, *restrict gf = gx + hidden;
    float *restrict gg = gx + 2 * hidden, *restrict go = gx + 3 * hidden;
    const float *restrict c = state + hidden, *restrict tanh_c = kept;
    const float *restrict dh = dnext, *restrict dc_next = dnext + hidden;
    float *restrict dc_state = dstate + hidden;

    (void)gh, (void)extra, (void)dextra, (void)next;
    for (size_t j = 0; j < hidden; j++) {
        const float i = gi[j], f = gf[j], g = gg[j], o = go[j], y = tanh_c[j];
        const float dc = dc_next[j] + dh[j] * o * (1 - y * y);

        gi[j] = dc * g * i * (1 - i);
        gf[j] = dc * c[j] * f * (1 - f);
        gg[j] = dc * i * (1 - g * g);
        go[j] = dh[j] * y * o * (1 - o);
        dc_state[j] += dc * f;
    }
}

const struct rnn_cell_ops rnn_cell_lstm = {
    .name = "lstm",
    .gates = 4,
    .states = 2,
    .kept = 1,
    .forget_gate = 1,
    .forward = lstm_forward,
    .backward = lstm_backward,
};
