/* SPDX-License-Identifier: MIT */
/* The last lines of a step, the same for every LSTM. */
#ifndef RNN_LSTM_H
#define RNN_LSTM_H

#include "tensor/pointwise.h"

/*
 *     o = sigmoid(a_o)    h_t = o tanh(c_t)
 *
 * o holds a_o on entry and becomes the gate; tanh_c is kept for backward.  All are [hidden].
 */
static inline void rnn_lstm_output(size_t hidden, float *h, float *o, float *tanh_c, const float *c)
{
    tn_sigmoid(o, o, hidden);
    tn_tanh(tanh_c, c, hidden);
    for (size_t j = 0; j < hidden; j++)
        h[j] = o[j] * tanh_c[j];
}

#endif
