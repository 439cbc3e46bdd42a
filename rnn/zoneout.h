/* SPDX-License-Identifier: MIT */
/*
 * Zoneout (Krueger et al. 2017): a unit keeps its state with a probability z, apart for h and for
 * the other vectors of the state (an LSTM's c).  `new` is what the cell has made of the state:
 *
 *     next = k state + (1 - k) new        k: 1 with probability z, else 0; without a draw z itself
 *
 * h shows the new c, whether c is kept or not.
 */
#ifndef RNN_ZONEOUT_H
#define RNN_ZONEOUT_H

#include "rnn/kernels.h"

/* The probability for h, and for the other vectors of the state; 0: there is no zoneout. */
struct rnn_zoneout {
    float h, c;
};

/* Which units keep their state, as drawn for one pass: a mask per vector of the state that is 0
 * where one does.  A mask NULL: none was drawn. */
struct rnn_zones {
    struct rnn_zoneout rate;
    size_t states, hidden;
    struct rnn_dropout kept[2]; /* of h; of the others, side by side */
};

bool rnn_zoneout_is_on(const struct rnn_zoneout *zoneout);
/* One draw for `rows` rows of states, from the pass's rng if it has one and trains. */
struct rnn_zones rnn_zones_draw(const struct tn_pass *pass, const struct rnn_zoneout *rate,
                                size_t states, size_t hidden, size_t rows);

/* next from new, of packed row `row`; all are [states][H]. */
void rnn_zones_forward(const struct rnn_zones *zones, size_t row, const float *state,
                       const float *new, float *next);
/* dstate += k dnext, and dnew = (1 - k) dnext. */
void rnn_zones_backward(const struct rnn_zones *zones, size_t row, const float *dnext,
                        float *dstate, float *dnew);

/* At inference: next, which is `new` on entry, becomes the mean over all draws. */
void rnn_zoneout_mean(const struct rnn_zoneout *zoneout, size_t states, size_t hidden,
                      const float *state, float *next);

#endif
