/* SPDX-License-Identifier: MIT */
/*
 * The LSTM whose gates see the cell state (Gers and Schmidhuber 2000; in this form Graves 2013,
 * "Generating sequences with recurrent neural networks", equations 7 to 11): weights p_i, p_f and
 * p_o, one per unit, the rows of `extra`.  i and f see c_{t-1}, o sees c_t.
 * a = W x_t + b + U h_{t-1} + c:
 *
 *     i = sigmoid(a_i + p_i c_{t-1})   f = sigmoid(a_f + p_f c_{t-1})   g = tanh(a_g)
 *     c_t = f c_{t-1} + i g
 *     o = sigmoid(a_o + p_o c_t)
 *     h_t = o tanh(c_t)
 */
#include "rnn/cell.h"
#include "rnn/cells/lstm.h"

static void peephole_forward(size_t hidden, float *gx, float *gh, const float *extra,
                             const float *state, float *next, float *kept)
{
    float *i = gx, *f = gx + hidden, *g = gx + 2 * hidden, *o = gx + 3 * hidden;
    const float *p_i = extra, *p_f = extra + hidden, *p_o = extra + 2 * hidden;
    const float *c = state + hidden;
    float *c_next = next + hidden;

    (void)gh;
    for (size_t j = 0; j < hidden; j++) {
        i[j] += p_i[j] * c[j];
        f[j] += p_f[j] * c[j];
    }
    tn_sigmoid(i, i, 2 * hidden); /* f follows i */
    tn_tanh(g, g, hidden);
    for (size_t j = 0; j < hidden; j++) {
        c_next[j] = f[j] * c[j] + i[j] * g[j];
        o[j] += p_o[j] * c_next[j];
    }
    rnn_lstm_output(hidden, next, o, kept, c_next);
}

/*
 * dE/da_o = dE/dh_t tanh(c_t) o (1 - o)
 * dc = dE/dc_t + dE/dh_t o (1 - tanh(c_t)^2) + dE/da_o p_o
 * dE/da_i = dc g i (1 - i)    dE/da_f = dc c_{t-1} f (1 - f)    dE/da_g = dc i (1 - g^2)
 * dE/dc_{t-1} += dc f + dE/da_i p_i + dE/da_f p_f
 * dE/dp_i += dE/da_i c_{t-1}    dE/dp_f += dE/da_f c_{t-1}    dE/dp_o += dE/da_o c_t
 */
static void peephole_backward(size_t hidden, float *gx, float *gh, const float *extra,
                              float *dextra, const float *state, const float *next,
                              const float *kept, const float *dnext, float *dstate)
{
    float *restrict gi = gx, *restrict gf = gx + hidden;
    float *restrict gg = gx + 2 * hidden, *restrict go = gx + 3 * hidden;
    const float *restrict p_i = extra, *restrict p_f = extra + hidden;
    const float *restrict p_o = extra + 2 * hidden;
    float *restrict dp_i = dextra, *restrict dp_f = dextra + hidden;
    float *restrict dp_o = dextra + 2 * hidden;
    const float *restrict c = state + hidden, *restrict c_next = next + hidden;
    const float *restrict tanh_c = kept, *restrict dh = dnext, *restrict dc_next = dnext + hidden;
    float *restrict dc_state = dstate + hidden;

    (void)gh;
    for (size_t j = 0; j < hidden; j++) {
        const float i = gi[j], f = gf[j], g = gg[j], o = go[j], y = tanh_c[j];
        const float da_o = dh[j] * y * o * (1 - o);
        const float dc = dc_next[j] + dh[j] * o * (1 - y * y) + da_o * p_o[j];
        const float da_i = dc * g * i * (1 - i), da_f = dc * c[j] * f * (1 - f);

        gi[j] = da_i;
        gf[j] = da_f;
        gg[j] = dc * i * (1 - g * g);
        go[j] = da_o;
        dc_state[j] += dc * f + da_i * p_i[j] + da_f * p_f[j];
        dp_i[j] += da_i * c[j];
        dp_f[j] += da_f * c[j];
        dp_o[j] += da_o * c_next[j];
    }
}

const struct rnn_cell_ops rnn_cell_lstm_peephole = {
    .name = "lstm-peephole",
    .gates = 4,
    .states = 2,
    .extras = 3,
    .kept = 1,
    .forget_gate = 1,
    .forward = peephole_forward,
    .backward = peephole_backward,
};
