#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""make_rnn_golden.py OUT.safetensors: values of tests/models/test_decoder.c, in double precision.

A captioner for each cell, of two layers. V enters at the first step only. Cells that PyTorch has
are computed by it: they read [x_t; V] at t = 1 and [x_t; 0] after, with the weight [W_ih | W_v]. The
others come from rnn_reference.py, which has to agree with PyTorch on the former. The file holds the
parameters (<cell>.<name>), the loss (<cell>.loss: the summed negative log-likelihood), and
the gradients (<cell>.d.<name>) of the cross-entropy with label smoothing.
"""
import sys

import numpy as np
import torch
import torch.nn.functional as F

import golden_file
import rnn_reference

SEED, SMOOTHING = 7, 0.1
LENGTHS = [3, 5, 1, 4]
WORDS, EMBEDDING, HIDDEN, FEATURES, LAYERS = 11, 6, 7, 5, 2
# What torch.nn.RNN, LSTM and GRU call with their weights.
TORCH_CELLS = {"vanilla": torch.rnn_tanh, "lstm": torch.lstm, "gru": torch.gru}
OTHER_CELLS = ["lstm-peephole", "lstm-coupled", "lstm-coupled-peephole"]


def uniform(*shape):
    """Numbers that float32 holds exactly, so that both sides start from the same."""
    return (torch.rand(*shape) * 2 - 1).float().double()


def parameters_of(cell):
    gates, _, extras, _ = rnn_reference.CELLS[cell]
    rows = gates * HIDDEN
    shapes = {"embedding.weight": (WORDS, EMBEDDING), "image.weight": (rows, FEATURES),
              "output.weight": (WORDS, HIDDEN), "output.bias": (WORDS,)}
    for layer in range(LAYERS):
        inputs = EMBEDDING if layer == 0 else HIDDEN
        shapes.update({f"rnn.weight_ih_l{layer}": (rows, inputs),
                       f"rnn.weight_hh_l{layer}": (rows, HIDDEN),
                       f"rnn.bias_ih_l{layer}": (rows,), f"rnn.bias_hh_l{layer}": (rows,)})
        if extras:
            shapes[f"rnn.extra_l{layer}"] = (extras, HIDDEN)
    return {name: uniform(*shape) for name, shape in shapes.items()}


def torch_loss(cell, p, features, inputs, targets):
    """The summed loss of one caption, without and with label smoothing."""
    x = F.embedding(inputs, p["embedding.weight"])
    v = torch.cat([features[None], torch.zeros(len(inputs) - 1, FEATURES).double()])
    weights = {name[4:]: value for name, value in p.items() if name.startswith("rnn.")}
    weights["weight_ih_l0"] = torch.cat([weights["weight_ih_l0"], p["image.weight"]], 1)
    zero = torch.zeros(LAYERS, 1, HIDDEN).double()
    h = TORCH_CELLS[cell](torch.cat([x, v], 1)[:, None], (zero, zero) if cell == "lstm" else zero,
                          list(weights.values()), True, LAYERS, 0.0, False, False, False)[0]
    logits = F.linear(h[:, 0], p["output.weight"], p["output.bias"])
    return (F.cross_entropy(logits, targets, reduction="sum"),
            F.cross_entropy(logits, targets, reduction="sum", label_smoothing=SMOOTHING))


def torch_golden(cell, p, inputs, targets):
    """The loss, and the gradients of the smoothed loss."""
    p = {name: value.clone().requires_grad_() for name, value in p.items()}
    plain = smoothed = 0
    for b, length in enumerate(LENGTHS):
        losses = torch_loss(cell, p, p["features"][b], inputs[:length, b], targets[:length, b])
        plain, smoothed = plain + losses[0], smoothed + losses[1]
    smoothed.backward()
    return plain.item(), {name: value.grad.numpy() for name, value in p.items()}


def reference_loss(cell, p, inputs, targets, smoothing):
    """The summed loss of all captions."""
    weights = {name[4:]: value for name, value in p.items() if name.startswith("rnn.")}
    zero = [np.zeros(HIDDEN)] * rnn_reference.CELLS[cell][1]
    loss = 0
    for b, length in enumerate(LENGTHS):
        h = [p["embedding.weight"][token] for token in inputs[:length, b]]
        for layer in range(LAYERS):
            first = p["image.weight"] @ p["features"][b] if layer == 0 else 0
            h, _ = rnn_reference.layer(cell, weights, f"_l{layer}", h, zero, first)
        for h_t, target in zip(h, targets[:length, b]):
            logits = p["output.weight"] @ h_t + p["output.bias"]
            log_p = logits - np.log(np.sum(np.exp(logits)))
            loss -= (1 - smoothing) * log_p[target] + smoothing * log_p.mean()
    return loss


def reference_golden(cell, p, inputs, targets):
    p, inputs, targets = {n: v.numpy() for n, v in p.items()}, inputs.numpy(), targets.numpy()
    return (reference_loss(cell, p, inputs, targets, 0),
            rnn_reference.gradients(lambda q: reference_loss(cell, q, inputs, targets, SMOOTHING),
                                    p))


def golden(cell, features, inputs, targets):
    p = parameters_of(cell)
    loss, gradients = reference_golden(cell, {**p, "features": features}, inputs, targets)
    if cell in TORCH_CELLS:
        reference = gradients
        loss, gradients = torch_golden(cell, {**p, "features": features}, inputs, targets)
        for name, gradient in gradients.items():
            np.testing.assert_allclose(reference[name], gradient, rtol=1e-10, atol=1e-12)
    arrays = {"loss": loss, "d.features": gradients["features"]}
    for name, value in p.items():
        arrays.update({name: value.numpy(), "d." + name: gradients[name]})
    return {f"{cell}.{name}": array for name, array in arrays.items()}


def main():
    torch.manual_seed(SEED)
    features = uniform(len(LENGTHS), FEATURES)
    inputs = torch.randint(0, WORDS, (max(LENGTHS), len(LENGTHS)))
    targets = torch.randint(0, WORDS, (max(LENGTHS), len(LENGTHS)))
    arrays = {"features": features.numpy(), "inputs": inputs.numpy(), "targets": targets.numpy()}
    for cell in list(TORCH_CELLS) + OTHER_CELLS:
        arrays.update(golden(cell, features, inputs, targets))
    golden_file.save(sys.argv[1], arrays, {"made_by": "tools/make_rnn_golden.py",
                                           "torch": torch.__version__})


if __name__ == "__main__":
    main()
