/* SPDX-License-Identifier: MIT */
/*
 * The LSTM with coupled input and forget gates (Greff et al. 2017) that see the cell state (Gers
 * and Schmidhuber 2000): weights p_f and p_o, one per unit, the rows of `extra`.  f sees c_{t-1}, o
 * sees c_t.  Three gates, in the order f, g, o.  a = W x_t + b + U h_{t-1} + c:
 *
 *     f = sigmoid(a_f + p_f c_{t-1})   g = tanh(a_g)
 *     c_t = f c_{t-1} + (1 - f) g
 *     o = sigmoid(a_o + p_o c_t)
 *     h_t = o tanh(c_t)
 */
#include "rnn/cell.h"
#include "rnn/cells/lstm.h"

static void coupled_peephole_forward(size_t hidden, float *gx, float *gh, const float *extra,
                                     const float *state, float *next, float *kept)
{
    float *f = gx, *g = gx + hidden, *o = gx + 2 * hidden;
    const float *p_f = extra, *p_o = extra + hidden;
    const float *c = state + hidden;
    float *c_next = next + hidden;

    (void)gh;
    for (size_t j = 0; j < hidden; j++)
        f[j] += p_f[j] * c[j];
    tn_sigmoid(f, f, hidden);
    tn_tanh(g, g, hidden);
    for (size_t j = 0; j < hidden; j++) {
        c_next[j] = f[j] * c[j] + (1 - f[j]) * g[j];
        o[j] += p_o[j] * c_next[j];
    }
    rnn_lstm_output(hidden, next, o, kept, c_next);
}

/*
 * dE/da_o = dE/dh_t tanh(c_t) o (1 - o)
 * dc = dE/dc_t + dE/dh_t o (1 - tanh(c_t)^2) + dE/da_o p_o
 * dE/da_f = dc (c_{t-1} - g) f (1 - f)    dE/da_g = dc (1 - f) (1 - g^2)
 * dE/dc_{t-1} += dc f + dE/da_f p_f
 * dE/dp_f += dE/da_f c_{t-1}    dE/dp_o += dE/da_o c_t
 */
static void coupled_peephole_backward(size_t hidden, float *gx, float *gh, const float *extra,
                                      float *dextra, const float *state, const float *next,
                                      const float *kept, const float *dnext, float *dstate)
{
    float *restrict gf = gx, *restrict gg = gx + hidden, *restrict go = gx + 2 * hidden;
    const float *restrict p_f = extra, *restrict p_o = extra + hidden;
    float *restrict dp_f = dextra, *restrict dp_o = dextra + hidden;
    const float *restrict c = state + hidden, *restrict c_next = next + hidden;
    const float *restrict tanh_c = kept, *restrict dh = dnext, *restrict dc_next = dnext + hidden;
    float *restrict dc_state = dstate + hidden;

    (void)gh;
    for (size_t j = 0; j < hidden; j++) {
        const float f = gf[j], g = gg[j], o = go[j], y = tanh_c[j];
        const float da_o = dh[j] * y * o * (1 - o);
        const float dc = dc_next[j] + dh[j] * o * (1 - y * y) + da_o * p_o[j];
        const float da_f = dc * (c[j] - g) * f * (1 - f);

        gf[j] = da_f;
        gg[j] = dc * (1 - f) * (1 - g * g);
        go[j] = da_o;
        dc_state[j] += dc * f + da_f * p_f[j];
        dp_f[j] += da_f * c[j];
        dp_o[j] += da_o * c_next[j];
    }
}

const struct rnn_cell_ops rnn_cell_lstm_coupled_peephole = {
    .name = "lstm-coupled-peephole",
    .gates = 3,
    .states = 2,
    .extras = 2,
    .kept = 1,
    .forget_gate = 0,
    .forward = coupled_peephole_forward,
    .backward = coupled_peephole_backward,
};
