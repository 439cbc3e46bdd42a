#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""make_rnn_forms_golden.py OUT.safetensors: values of tests/rnn/test_rnn_forms.c, in double precision.

For each cell a net of two bidirectional layers with a learned start, layer normalisation and the mean
of zoneout, by rnn_reference.py. Where PyTorch is there, the reference's normalisation has to agree
with torch.nn.functional.layer_norm, and its rectified cell with torch.nn.RNN. The file holds
x [batch][steps][input] and, behind <cell>., the parameters, the outputs [batch][steps][2 hidden] (zero
after the end), the final states, and (d.<name>) the gradients of the sum of all outputs and final
states, each times its weight. States are [layers directions][batch][states][hidden].
"""
import sys

import numpy as np

import golden_file
import rnn_reference

SEED = 5
LENGTHS = [2, 4, 1, 3, 4]
BATCH, STEPS = len(LENGTHS), max(LENGTHS)
INPUT, HIDDEN, LAYERS, DIRECTIONS = 2, 4, 2, ["", "_reverse"]
ZONEOUT = (0.125, 0.25)


def uniform(rng, *shape):
    """Numbers that float32 holds exactly, so that both sides start from the same."""
    return (rng.random(shape) * 2 - 1).astype(np.float32).astype(float)


def parameters_of(rng, cell):
    gates, states, extras, _ = rnn_reference.CELLS[cell]
    shapes = {}
    for layer in range(LAYERS):
        for direction in DIRECTIONS:
            inputs, rows = INPUT if layer == 0 else 2 * HIDDEN, gates * HIDDEN
            tensors = {"weight_ih": (rows, inputs), "weight_hh": (rows, HIDDEN), "bias_ih": (rows,),
                       "bias_hh": (rows,), "initial": (states, HIDDEN), "gain_ih": (rows,),
                       "gain_hh": (rows,)}
            if extras:
                tensors["extra"] = (extras, HIDDEN)
            shapes.update({f"{n}_l{layer}{direction}": s for n, s in tensors.items()})
    return {name: uniform(rng, *shape) for name, shape in shapes.items()}


def run(cell, p, x):
    """outputs and final states"""
    outputs = np.zeros((BATCH, STEPS, 2 * HIDDEN), complex)
    final = np.zeros((LAYERS * 2, BATCH, rnn_reference.CELLS[cell][1], HIDDEN), complex)
    for b, length in enumerate(LENGTHS):
        h = list(x[b][:length])
        for layer in range(LAYERS):
            sides = []
            for d, direction in enumerate(DIRECTIONS):
                order = slice(None, None, -1 if direction else 1)
                suffix = f"_l{layer}{direction}"
                side, state = rnn_reference.layer(cell, p, suffix, h[order],
                                                  list(p["initial" + suffix]), zoneout=ZONEOUT)
                sides.append(side[order])
                final[2 * layer + d, b] = state
            h = [np.concatenate(pair) for pair in zip(*sides)]
        outputs[b, :length] = h
    return outputs, final


def golden(rng, cell, x):
    p = parameters_of(rng, cell)
    outputs, final = run(cell, p, x)
    weights, final_weights = uniform(rng, *outputs.shape), uniform(rng, *final.shape)

    def loss(q):
        outputs, final = run(cell, q, q["x"])
        return (outputs * weights).sum() + (final * final_weights).sum()

    gradients = rnn_reference.gradients(loss, {**p, "x": x})
    arrays = {**p, "weights": weights, "final_weights": final_weights, "outputs": outputs.real,
              "final": final.real, **{"d." + name: g for name, g in gradients.items()}}
    return {f"{cell}.{name}": array for name, array in arrays.items()}


def check_by_torch(rng):
    import torch
    a, x = rng.normal(size=3 * HIDDEN), rng.normal(size=(STEPS, 1, INPUT))
    truth = torch.nn.functional.layer_norm(torch.tensor(a.reshape(3, HIDDEN)), (HIDDEN,), eps=1e-5)
    np.testing.assert_allclose(rnn_reference.normalise(a, 3), truth.numpy().reshape(-1), rtol=1e-12)
    net = torch.nn.RNN(INPUT, HIDDEN, nonlinearity="relu").double()
    p = {name: value.detach().numpy() for name, value in net.named_parameters()}
    h, _ = rnn_reference.layer("vanilla-relu", p, "_l0", list(x[:, 0]), [np.zeros(HIDDEN)])
    np.testing.assert_allclose(h, net(torch.tensor(x))[0][:, 0].detach().numpy(), rtol=1e-12,
                               atol=1e-15)
    return torch.__version__


def main():
    rng = np.random.default_rng(SEED)
    x = uniform(rng, BATCH, STEPS, INPUT)
    arrays = {"x": x}
    for cell in rnn_reference.CELLS:
        arrays.update(golden(rng, cell, x))
    try:
        torch = check_by_torch(rng)
    except ImportError:
        torch = "none"
    golden_file.save(sys.argv[1], arrays, {"made_by": "tools/make_rnn_forms_golden.py",
                                           "torch": torch})


if __name__ == "__main__":
    main()
