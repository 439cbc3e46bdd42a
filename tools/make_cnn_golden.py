#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""make_cnn_golden.py OUT.safetensors: values of tests/cnn/test_cnn_golden.c, from PyTorch in double precision.

A small net with the kinds of layers of AlexNet, in its order. The file holds `x`, the parameters,
the activation of each layer (y.<layer>), `dy` (the gradient of the last one) and every gradient
(d.<parameter>, d.x).
"""
import sys

import torch
import torch.nn.functional as F

import golden_file

SEED = 4
BATCH, CHANNELS, HEIGHT, WIDTH = 3, 3, 27, 23


def layers(p):
    """The net as (name, function) pairs; tests/cnn/test_cnn_golden.c has the same table."""
    return [
        ("conv1", lambda x: F.conv2d(x, p["conv1.weight"], p["conv1.bias"], stride=2)),
        ("relu1", F.relu),
        ("norm1", lambda x: F.local_response_norm(x, 5, alpha=0.5, beta=0.75, k=1.0)),
        ("pool1", lambda x: F.max_pool2d(x, 3, 2)),
        ("conv2", lambda x: F.conv2d(x, p["conv2.weight"], p["conv2.bias"], padding=2, groups=2)),
        ("relu2", F.relu),
        ("norm2", lambda x: F.local_response_norm(x, 3, alpha=0.9, beta=0.6, k=2.0)),
        ("pool2", lambda x: F.max_pool2d(x, 2, 1)),
        ("fc6", lambda x: F.linear(x.flatten(1), p["fc6.weight"], p["fc6.bias"])),
        ("relu6", F.relu),
        ("fc7", lambda x: F.linear(x, p["fc7.weight"], p["fc7.bias"])),
    ]


def uniform(*shape):
    """Numbers that float32 holds exactly, so that both sides start from the same."""
    return (torch.rand(*shape) * 2 - 1).float().double()


def main():
    torch.manual_seed(SEED)
    parameters = {
        "conv1.weight": uniform(8, 3, 5, 5) * 0.25, "conv1.bias": uniform(8) * 0.25,
        "conv2.weight": uniform(12, 4, 5, 5) * 0.25, "conv2.bias": uniform(12) * 0.25,
        "fc6.weight": uniform(16, 12 * 4 * 3) * 0.25, "fc6.bias": uniform(16) * 0.25,
        "fc7.weight": uniform(10, 16) * 0.25, "fc7.bias": uniform(10) * 0.25,
    }
    x = uniform(BATCH, CHANNELS, HEIGHT, WIDTH)
    dy = uniform(BATCH, 10)
    for tensor in [x, *parameters.values()]:
        tensor.requires_grad_()
    arrays = {"x": x, "dy": dy, **parameters}
    y = x
    for name, layer in layers(parameters):
        y = layer(y)
        arrays["y." + name] = y
    y.backward(dy)
    arrays["d.x"] = x.grad
    for name, parameter in parameters.items():
        arrays["d." + name] = parameter.grad
    golden_file.save(sys.argv[1], {name: a.detach().numpy() for name, a in arrays.items()},
                     {"made_by": "tools/make_cnn_golden.py", "torch": torch.__version__})


if __name__ == "__main__":
    main()
