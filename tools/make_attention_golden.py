#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""make_attention_golden.py OUT.safetensors: values of tests/models/test_attention.c, in double precision.

For each score, sources and translations of different lengths, computed text by text from the
equations of Luong et al. 2015 (general) and Bahdanau et al. 2015 (additive). The file holds the
encoder's outputs g [batch][source steps][width] and the decoder's h [batch][steps][hidden] (zero
behind the end), and, behind <score>., the parameters, what the output layer reads (attended), the
attention weights (a), and (d.<name>) the gradients of the sum of all that it reads, each number
times its weight. The gradients come from the complex step (rnn_reference.py), not from formulas, and
have to agree with PyTorch's.
"""
import sys

import numpy as np
import torch
import torch.nn.functional as F

import golden_file
import rnn_reference

SEED = 17
SOURCES, TARGETS = [3, 1, 5, 2], [2, 4, 1, 4]
BATCH, WIDTH, HIDDEN = len(SOURCES), 5, 7
RNG = np.random.default_rng(SEED)


def uniform(*shape):
    """Numbers that float32 holds exactly, so that both sides start from the same."""
    return RNG.uniform(-1, 1, shape).astype("f4").astype("f8")


def padded(lengths, width):
    x = np.zeros((BATCH, max(lengths), width))
    for b, length in enumerate(lengths):
        x[b, :length] = uniform(length, width)
    return x


def parameters_of(score):
    shapes = {"key.weight": (HIDDEN, WIDTH), "combination.weight": (HIDDEN, WIDTH + HIDDEN)}
    if score == "additive":
        shapes.update({"query.weight": (HIDDEN, HIDDEN), "energy.weight": (HIDDEN,)})
    return {name: uniform(*shape) for name, shape in shapes.items()}


def energy(score, p, h, g):
    if score == "general":
        return h @ p["key.weight"] @ g
    return p["energy.weight"] @ np.tanh(p["query.weight"] @ h + p["key.weight"] @ g)


def run(score, p):
    """attended and a, from the parameters and p["h"], p["g"]"""
    attended = np.zeros((BATCH, max(TARGETS), HIDDEN), complex)
    a = np.zeros((BATCH, max(TARGETS), max(SOURCES)), complex)
    for b in range(BATCH):
        for t in range(TARGETS[b]):
            h, g = p["h"][b, t], p["g"][b, :SOURCES[b]]
            e = np.exp(np.array([energy(score, p, h, g_s) for g_s in g]))
            a[b, t, :SOURCES[b]] = e / e.sum()
            context = a[b, t, :SOURCES[b]] @ g
            attended[b, t] = np.tanh(p["combination.weight"] @ np.concatenate([context, h]))
    return attended, a


def torch_gradients(score, p, weights):
    """All steps of all texts at once, with what is beyond a source masked."""
    p = {name: torch.tensor(value, requires_grad=True) for name, value in p.items()}
    keys = F.linear(p["g"], p["key.weight"])
    if score == "general":
        e = p["h"] @ keys.transpose(1, 2)
    else:
        query = F.linear(p["h"], p["query.weight"])
        e = torch.tanh(query[:, :, None] + keys[:, None]) @ p["energy.weight"]
    beyond = torch.arange(max(SOURCES))[None, None] >= torch.tensor(SOURCES)[:, None, None]
    context = F.softmax(e.masked_fill(beyond, -torch.inf), 2) @ p["g"]
    attended = torch.tanh(F.linear(torch.cat([context, p["h"]], 2), p["combination.weight"]))
    (attended * torch.tensor(weights)).sum().backward()
    return {name: value.grad.numpy() for name, value in p.items()}


def golden(score, given, weights):
    p = parameters_of(score)
    attended, a = run(score, {**p, **given})
    gradients = rnn_reference.gradients(lambda q: (run(score, q)[0] * weights).sum(),
                                        {**p, **given})
    for name, gradient in torch_gradients(score, {**p, **given}, weights).items():
        np.testing.assert_allclose(gradients[name], gradient, rtol=1e-10, atol=1e-12)
    arrays = {**p, "attended": attended.real, "a": a.real,
              **{"d." + name: gradient for name, gradient in gradients.items()}}
    return {f"{score}.{name}": array for name, array in arrays.items()}


def main():
    given = {"g": padded(SOURCES, WIDTH), "h": padded(TARGETS, HIDDEN)}
    weights = padded(TARGETS, HIDDEN)
    arrays = {**given, "weights": weights}
    for score in ["general", "additive"]:
        arrays.update(golden(score, given, weights))
    golden_file.save(sys.argv[1], arrays, {"made_by": "tools/make_attention_golden.py"})


if __name__ == "__main__":
    main()
