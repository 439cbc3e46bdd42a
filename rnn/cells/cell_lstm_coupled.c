/* SPDX-License-Identifier: MIT */
/*
 * The LSTM that writes as much as it forgets: its input gate is 1 - f ("CIFG" in Greff et al. 2017,
 * "LSTM: a search space odyssey").  Three gates, in the order f, g, o.
 * a = W x_t + b + U h_{t-1} + c:
 *
 *     f = sigmoid(a_f)   g = tanh(a_g)   o = sigmoid(a_o)
 *     c_t = f c_{t-1} + (1 - f) g
 *     h_t = o tanh(c_t)
 */
#include "rnn/cell.h"
#include "rnn/cells/lstm.h"

static void coupled_forward(size_t hidden, float *gx, float *gh, const float *extra,
                            const float *state, float *next, float *kept)
{
    float *f = gx, *g = gx + hidden, *o = gx + 2 * hidden;
    const float *c = state + hidden;
    float *c_next = next + hidden;

    (void)gh, (void)extra;
    tn_sigmoid(f, f, hidden);
    tn_tanh(g, g, hidden);
    for (size_t j = 0; j < hidden; j++)
        c_next[j] = f[j] * c[j] + (1 - f[j]) * g[j];
    rnn_lstm_output(hidden, next, o, kept, c_next);
}

/*
 * dc = dE/dc_t + dE/dh_t o (1 - tanh(c_t)^2)
 * dE/da_f = dc (c_{t-1} - g) f (1 - f)    dE/da_g = dc (1 - f) (1 - g^2)
 * dE/da_o = dE/dh_t tanh(c_t) o (1 - o)    dE/dc_{t-1} += dc f
 */
static void coupled_backward(size_t hidden, float *gx, float *gh, const float *extra, float *dextra,
                             const float *state, const float *next, const float *kept,
                             const float *dnext, float *dstate)
{
    float *restrict gf = gx, *restrict gg = gx + hidden, *restrict go = gx + 2 * hidden;
    const float *restrict c = state + hidden, *restrict tanh_c = kept;
    const float *restrict dh = dnext, *restrict dc_next = dnext + hidden;
    float *restrict dc_state = dstate + hidden;

    (void)gh, (void)extra, (void)dextra, (void)next;
    for (size_t j = 0; j < hidden; j++) {
        const float f = gf[j], g = gg[j], o = go[j], y = tanh_c[j];
        const float dc = dc_next[j] + dh[j] * o * (1 - y * y);

        gf[j] = dc * (c[j] - g) * f * (1 - f);
        gg[j] = dc * (1 - f) * (1 - g * g);
        go[j] = dh[j] * y * o * (1 - o);
        dc_state[j] += dc * f;
    }
}

const struct rnn_cell_ops rnn_cell_lstm_coupled = {
    .name = "lstm-coupled",
    .gates = 3,
    .states = 2,
    .kept = 1,
    .forget_gate = 0,
    .forward = coupled_forward,
    .backward = coupled_backward,
};
