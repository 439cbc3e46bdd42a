/* SPDX-License-Identifier: MIT */
/*
 * The gated recurrent unit (Cho et al. 2014) in PyTorch's form, where the reset gate acts after the
 * matrix product.  x = W x_t + b, u = U h_{t-1} + c:
 *
 *     r = sigmoid(x_r + u_r)   z = sigmoid(x_z + u_z)   n = tanh(x_n + r u_n)
 *     h_t = (1 - z) n + z h_{t-1}
 */
#include "rnn/cell.h"
#include "tensor/pointwise.h"

static void gru_forward(size_t hidden, float *gx, float *gh, const float *extra, const float *state,
                        float *next, float *kept)
{
    const float *r = gx, *z = gx + hidden, *u_n = gh + 2 * hidden;
    float *n = gx + 2 * hidden;

    (void)extra, (void)kept;
    for (size_t j = 0; j < 2 * hidden; j++)
        gx[j] += gh[j];
    tn_sigmoid(gx, gx, 2 * hidden);
    for (size_t j = 0; j < hidden; j++)
        n[j] += r[j] * u_n[j];
    tn_tanh(n, n, hidden);
    for (size_t j = 0; j < hidden; j++)
        next[j] = n[j] + z[j] * (state[j] - n[j]);
}

/*
 * dn = dE/dh_t (1 - z) (1 - n^2)    dE/dx_n = dn    dE/du_n = dn r
 * dE/dx_r = dE/du_r = dn u_n r (1 - r)    dE/dx_z = dE/du_z = dE/dh_t (h_{t-1} - n) z (1 - z)
 * dE/dh_{t-1} += dE/dh_t z
 */
static void gru_backward(size_t hidden, float *gx, float *gh, const float *extra, float *dextra,
                         const float *state, const float *next, const float *kept,
                         const float *dnext, float *dstate)
{
    float *restrict xr = gx, *restrict xz = gx + hidden, *restrict xn = gx + 2 * hidden;
    float *restrict ur = gh, *restrict uz = gh + hidden, *restrict un = gh + 2 * hidden;

    (void)extra, (void)dextra, (void)next, (void)kept;
    for (size_t j = 0; j < hidden; j++) {
        const float r = xr[j], z = xz[j], n = xn[j], dh = dnext[j];
        const float dn = dh * (1 - z) * (1 - n * n);

        xr[j] = ur[j] = dn * un[j] * r * (1 - r);
        xz[j] = uz[j] = dh * (state[j] - n) * z * (1 - z);
        xn[j] = dn;
        un[j] = dn * r;
        dstate[j] += dh * z;
    }
}

const struct rnn_cell_ops rnn_cell_gru = {
    .name = "gru",
    .gates = 3,
    .states = 1,
    .separate = true,
    .forget_gate = RNN_NO_GATE,
    .forward = gru_forward,
    .backward = gru_backward,
};
