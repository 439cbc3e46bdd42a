# SPDX-License-Identifier: MIT
"""The recurrent cells in numpy, in double precision, each written from its equations.

A step takes x = W x_t + b and u = U h_{t-1} + c, the rows `extra` of weights, one per unit, and the
state, and returns the next state; the first vector of a state is h.

Gradients come from no formula but from the complex step (Squire and Trapp 1998): for an analytic
f,  f'(x) = Im f(x + i e) / e  with e so small that the error is lost in rounding.
"""
import numpy as np

STEP = 1e-30


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def vanilla(x, u, extra, state):
    return [np.tanh(x + u)]


def vanilla_relu(x, u, extra, state):
    return [np.where((x + u).real > 0, x + u, 0)]


def gru(x, u, extra, state):
    (x_r, x_z, x_n), (u_r, u_z, u_n) = np.split(x, 3), np.split(u, 3)
    z = sigmoid(x_z + u_z)
    n = np.tanh(x_n + sigmoid(x_r + u_r) * u_n)
    return [(1 - z) * n + z * state[0]]


def lstm(x, u, extra, state):
    a_i, a_f, a_g, a_o = np.split(x + u, 4)
    c = sigmoid(a_f) * state[1] + sigmoid(a_i) * np.tanh(a_g)
    return [sigmoid(a_o) * np.tanh(c), c]


def lstm_peephole(x, u, extra, state):
    a_i, a_f, a_g, a_o = np.split(x + u, 4)
    p_i, p_f, p_o = extra
    c = sigmoid(a_f + p_f * state[1]) * state[1] + sigmoid(a_i + p_i * state[1]) * np.tanh(a_g)
    return [sigmoid(a_o + p_o * c) * np.tanh(c), c]


def lstm_coupled(x, u, extra, state):
    a_f, a_g, a_o = np.split(x + u, 3)
    f = sigmoid(a_f)
    c = f * state[1] + (1 - f) * np.tanh(a_g)
    return [sigmoid(a_o) * np.tanh(c), c]


def lstm_coupled_peephole(x, u, extra, state):
    a_f, a_g, a_o = np.split(x + u, 3)
    p_f, p_o = extra
    f = sigmoid(a_f + p_f * state[1])
    c = f * state[1] + (1 - f) * np.tanh(a_g)
    return [sigmoid(a_o + p_o * c) * np.tanh(c), c]


# Name: gates, vectors of state, extra vectors, the step.
CELLS = {"vanilla": (1, 1, 0, vanilla), "vanilla-relu": (1, 1, 0, vanilla_relu), "gru": (3, 1, 0, gru), "lstm": (4, 2, 0, lstm),
         "lstm-peephole": (4, 2, 3, lstm_peephole), "lstm-coupled": (3, 2, 0, lstm_coupled),
         "lstm-coupled-peephole": (3, 2, 2, lstm_coupled_peephole)}


def normalise(a, gates):
    """Layer normalisation (Ba, Kiros and Hinton 2016, equation 4) of each gate's block apart."""
    blocks = a.reshape(gates, -1)
    centred = blocks - blocks.mean(1, keepdims=True)
    return (centred / np.sqrt((centred ** 2).mean(1, keepdims=True) + 1e-5)).reshape(-1)


def product(cell, p, side, suffix, x):
    """W x + b, or with a gain g in p  g normalise(W x) + b."""
    a = p[f"weight_{side}{suffix}"] @ x
    if f"gain_{side}{suffix}" in p:
        a = p[f"gain_{side}{suffix}"] * normalise(a, CELLS[cell][0])
    return a + p[f"bias_{side}{suffix}"]


def layer(cell, p, suffix, xs, state, first=0, zoneout=(0, 0)):
    """The outputs h of one layer for the inputs xs, in their order, and the state after the last.

    p holds weight_ih<suffix> and so on; `first` is added to the products of the first step; zoneout
    are the shares of h and of the other vectors that are kept, in the mean (Krueger et al. 2017).
    """
    step, hs = CELLS[cell][3], []
    for x in xs:
        products = product(cell, p, "ih", suffix, x) + first
        recurrent = product(cell, p, "hh", suffix, state[0])
        new = step(products, recurrent, p.get("extra" + suffix), state)
        state = [z * old + (1 - z) * now for z, old, now in zip(zoneout, state, new)]
        hs.append(state[0])
        first = 0
    return hs, state


def gradients(loss, parameters):
    """d loss / d each element of the arrays in `parameters` (name -> array of doubles)."""
    values = {name: array.astype(complex) for name, array in parameters.items()}
    result = {}
    for name, array in values.items():
        flat, derivative = array.reshape(-1), np.empty(array.size)
        for i in range(array.size):
            flat[i] += 1j * STEP
            derivative[i] = loss(values).imag / STEP
            flat[i] = flat[i].real
        result[name] = derivative.reshape(array.shape)
    return result
