#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""make_rnn_sequence_golden.py OUT.safetensors: values of tests/rnn/test_rnn_sequence.c, in double precision.

For each cell a net of two bidirectional layers over packed sequences, with given initial states: by
torch.nn.RNN, LSTM and GRU where PyTorch has the cell, by rnn_reference.py (which has to agree with
PyTorch on these) where it has not. The file holds x [batch][steps][input], the initial states
and, behind <cell>., the parameters, the outputs [batch][steps][2 hidden] (zero after the end), the
final states, and (d.<name>) the gradients of the sum of all outputs and final states, each times its
weight. States are [layers directions][batch][states][hidden].
"""
import sys

import numpy as np
import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

import golden_file
import rnn_reference

SEED = 11
LENGTHS = [2, 4, 1, 3, 4]
BATCH, STEPS = len(LENGTHS), max(LENGTHS)
INPUT, HIDDEN, LAYERS, DIRECTIONS = 2, 3, 2, ["", "_reverse"]
TORCH_CELLS = {"vanilla": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}
OTHER_CELLS = ["lstm-peephole", "lstm-coupled", "lstm-coupled-peephole"]


def uniform(*shape):
    """Numbers that float32 holds exactly, so that both sides start from the same."""
    return (torch.rand(*shape) * 2 - 1).float().double().numpy()


def parameters_of(cell):
    gates, _, extras, _ = rnn_reference.CELLS[cell]
    shapes = {}
    for layer in range(LAYERS):
        for direction in DIRECTIONS:
            inputs = INPUT if layer == 0 else 2 * HIDDEN
            tensors = {"weight_ih": (gates * HIDDEN, inputs), "weight_hh": (gates * HIDDEN, HIDDEN),
                       "bias_ih": (gates * HIDDEN,), "bias_hh": (gates * HIDDEN,)}
            if extras:
                tensors["extra"] = (extras, HIDDEN)
            shapes.update({f"{n}_l{layer}{direction}": s for n, s in tensors.items()})
    return {name: uniform(*shape) for name, shape in shapes.items()}


def by_torch(cell, p, x, initial, weights, final_weights):
    """outputs, final states, and gradients by name"""
    net = TORCH_CELLS[cell](INPUT, HIDDEN, LAYERS, batch_first=True, bidirectional=True).double()
    net.load_state_dict({name: torch.tensor(value) for name, value in p.items()})
    x = torch.tensor(x, requires_grad=True)
    initial = torch.tensor(initial, requires_grad=True)
    states = initial.unbind(2)
    packed = pack_padded_sequence(x, LENGTHS, batch_first=True, enforce_sorted=False)
    outputs, final = net(packed, tuple(s.contiguous() for s in states) if cell == "lstm" else
                         states[0].contiguous())
    outputs = pad_packed_sequence(outputs, batch_first=True)[0]
    final = torch.stack(final if cell == "lstm" else [final], 2)
    (outputs * torch.tensor(weights)).sum().add((final * torch.tensor(final_weights)).sum()).backward()
    gradients = {name: value.grad.numpy() for name, value in net.named_parameters()}
    return outputs.detach().numpy(), final.detach().numpy(), \
        {**gradients, "x": x.grad.numpy(), "initial": initial.grad.numpy()}


def run(cell, p):
    """outputs and final states, from the parameters and p["x"], p["initial"]"""
    outputs = np.zeros((BATCH, STEPS, 2 * HIDDEN), complex)
    final = np.zeros(p["initial"].shape, complex)
    for b, length in enumerate(LENGTHS):
        h = list(p["x"][b][:length])
        for layer in range(LAYERS):
            sides = []
            for d, direction in enumerate(DIRECTIONS):
                order = slice(None, None, -1 if direction else 1)
                side, state = rnn_reference.layer(cell, p, f"_l{layer}{direction}", h[order],
                                                  list(p["initial"][2 * layer + d, b]))
                sides.append(side[order])
                final[2 * layer + d, b] = state
            h = [np.concatenate(pair) for pair in zip(*sides)]
        outputs[b, :length] = h
    return outputs, final


def by_reference(cell, p, x, initial, weights, final_weights):
    def loss(q):
        outputs, final = run(cell, q)
        return (outputs * weights).sum() + (final * final_weights).sum()

    p = {**p, "x": x, "initial": initial}
    outputs, final = run(cell, p)
    return outputs.real, final.real, rnn_reference.gradients(loss, p)


def golden(cell, x):
    p = parameters_of(cell)
    shape = (LAYERS * 2, BATCH, rnn_reference.CELLS[cell][1], HIDDEN)
    initial, weights, final_weights = uniform(*shape), uniform(BATCH, STEPS, 2 * HIDDEN), \
        uniform(*shape)
    result = by_reference(cell, p, x, initial, weights, final_weights)
    if cell in TORCH_CELLS:
        reference, result = result, by_torch(cell, p, x, initial, weights, final_weights)
        for a, b in zip(result[:2], reference[:2]):
            np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)
        for name, gradient in result[2].items():
            np.testing.assert_allclose(reference[2][name], gradient, rtol=1e-10, atol=1e-12)
    outputs, final, gradients = result
    arrays = {**p, "initial": initial, "weights": weights, "final_weights": final_weights,
              "outputs": outputs, "final": final,
              **{"d." + name: gradient for name, gradient in gradients.items()}}
    return {f"{cell}.{name}": array for name, array in arrays.items()}


def main():
    torch.manual_seed(SEED)
    x = uniform(BATCH, STEPS, INPUT)
    arrays = {"x": x}
    for cell in list(TORCH_CELLS) + OTHER_CELLS:
        arrays.update(golden(cell, x))
    golden_file.save(sys.argv[1], arrays, {"made_by": "tools/make_rnn_sequence_golden.py",
                                           "torch": torch.__version__})


if __name__ == "__main__":
    main()
