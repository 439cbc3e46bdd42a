#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""make_rnn_golden.py OUT.safetensors: values of tests/test_decoder.c, from PyTorch in double precision.

A captioner for each cell that PyTorch has, of two layers. V enters at the first step only: the cells
read [x_t; V] at t = 1 and [x_t; 0] after, with the weight [W_ih | W_v]. The file
holds the parameters (<cell>.<name>), the loss (<cell>.loss: the summed negative log-likelihood), and
the gradients (<cell>.d.<name>) of the cross-entropy with label smoothing.
"""
import sys

import torch
import torch.nn.functional as F

import golden_file

SEED, SMOOTHING = 7, 0.1
LENGTHS = [3, 5, 1, 4]
WORDS, EMBEDDING, HIDDEN, FEATURES, LAYERS = 11, 6, 7, 5, 2
# Name: what torch.nn.RNN, LSTM and GRU call with their weights, and the number of gates.
CELLS = {"vanilla": (torch.rnn_tanh, 1), "lstm": (torch.lstm, 4), "gru": (torch.gru, 3)}


def uniform(*shape):
    """Numbers that float32 holds exactly, so that both sides start from the same."""
    return (torch.rand(*shape) * 2 - 1).float().double()


def parameters_of(gates):
    rows = gates * HIDDEN
    shapes = {"embedding.weight": (WORDS, EMBEDDING), "image.weight": (rows, FEATURES),
              "output.weight": (WORDS, HIDDEN), "output.bias": (WORDS,)}
    for layer in range(LAYERS):
        inputs = EMBEDDING if layer == 0 else HIDDEN
        shapes.update({f"rnn.weight_ih_l{layer}": (rows, inputs),
                       f"rnn.weight_hh_l{layer}": (rows, HIDDEN),
                       f"rnn.bias_ih_l{layer}": (rows,), f"rnn.bias_hh_l{layer}": (rows,)})
    return {name: uniform(*shape).requires_grad_() for name, shape in shapes.items()}


def loss_of(cell, p, features, inputs, targets):
    """The summed loss of one caption, without and with label smoothing."""
    run = CELLS[cell][0]
    x = F.embedding(inputs, p["embedding.weight"])
    v = torch.cat([features[None], torch.zeros(len(inputs) - 1, FEATURES).double()])
    weights = {name[4:]: value for name, value in p.items() if name.startswith("rnn.")}
    weights["weight_ih_l0"] = torch.cat([weights["weight_ih_l0"], p["image.weight"]], 1)
    zero = torch.zeros(LAYERS, 1, HIDDEN).double()
    h = run(torch.cat([x, v], 1)[:, None], (zero, zero) if cell == "lstm" else zero,
            list(weights.values()), True, LAYERS, 0.0, False, False, False)[0]
    logits = F.linear(h[:, 0], p["output.weight"], p["output.bias"])
    return (F.cross_entropy(logits, targets, reduction="sum"),
            F.cross_entropy(logits, targets, reduction="sum", label_smoothing=SMOOTHING))


def golden(cell, features, inputs, targets):
    p = parameters_of(CELLS[cell][1])
    v = features.clone().requires_grad_()
    plain = smoothed = 0
    for b, length in enumerate(LENGTHS):
        losses = loss_of(cell, p, v[b], inputs[:length, b], targets[:length, b])
        plain, smoothed = plain + losses[0], smoothed + losses[1]
    smoothed.backward()
    arrays = {"loss": plain, "d.features": v.grad}
    for name, value in p.items():
        arrays.update({name: value, "d." + name: value.grad})
    return {f"{cell}.{name}": array.detach().numpy() for name, array in arrays.items()}


def main():
    torch.manual_seed(SEED)
    features = uniform(len(LENGTHS), FEATURES)
    inputs = torch.randint(0, WORDS, (max(LENGTHS), len(LENGTHS)))
    targets = torch.randint(0, WORDS, (max(LENGTHS), len(LENGTHS)))
    arrays = {"features": features.numpy(), "inputs": inputs.numpy(), "targets": targets.numpy()}
    for cell in CELLS:
        arrays.update(golden(cell, features, inputs, targets))
    golden_file.save(sys.argv[1], arrays, {"made_by": "tools/make_rnn_golden.py",
                                           "torch": torch.__version__})


if __name__ == "__main__":
    main()
