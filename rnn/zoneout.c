/* SPDX-License-Identifier: MIT */
#include "rnn/zoneout.h"

bool rnn_zoneout_is_on(const struct rnn_zoneout *zoneout)
{
    return zoneout->h > 0 || zoneout->c > 0;
}

struct rnn_zones rnn_zones_draw(const struct tn_pass *pass, const struct rnn_zoneout *rate,
                                size_t states, size_t hidden, size_t rows)
{
    return (struct rnn_zones){
        .rate = *rate,
        .states = states,
        .hidden = hidden,
        .kept = {rnn_dropout_draw(pass, rows, hidden, rate->h),
                 rnn_dropout_draw(pass, rows, (states - 1) * hidden, states > 1 ? rate->c : 0)}};
}

/* k of number j of a row's states. */
static float kept_part(const struct rnn_zones *zones, size_t row, size_t j)
{
    const bool other = j >= zones->hidden;
    const struct rnn_dropout *kept = &zones->kept[other];

    if (!kept->mask)
        return other ? zones->rate.c : zones->rate.h;
    return kept->mask[row * kept->columns + (other ? j - zones->hidden : j)] == 0 ? 1 : 0;
}

void rnn_zones_forward(const struct rnn_zones *zones, size_t row, const float *state,
                       const float *new, float *next)
{
    for (size_t j = 0; j < zones->states * zones->hidden; j++) {
        const float k = kept_part(zones, row, j);

        next[j] = k * state[j] + (1 - k) * new[j];
    }
}

void rnn_zones_backward(const struct rnn_zones *zones, size_t row, const float *dnext,
                        float *dstate, float *dnew)
{
    for (size_t j = 0; j < zones->states * zones->hidden; j++) {
        const float k = kept_part(zones, row, j);

        dstate[j] += k * dnext[j];
        dnew[j] = (1 - k) * dnext[j];
    }
}

void rnn_zoneout_mean(const struct rnn_zoneout *zoneout, size_t states, size_t hidden,
                      const float *state, float *next)
{
    for (size_t j = 0; j < states * hidden; j++) {
        const float k = j < hidden ? zoneout->h : zoneout->c;

        next[j] = k * state[j] + (1 - k) * next[j];
    }
}
