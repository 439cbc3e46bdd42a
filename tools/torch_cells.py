#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""torch_cells.py [SECONDS]: bench_cells for PyTorch's recurrent layers, the same sizes and lines."""
import json
import statistics
import sys
import time

import torch

BATCH, HIDDEN, STEPS = 64, 512, 16


def measure(net, seconds):
    x = torch.rand(STEPS, BATCH, HIDDEN, requires_grad=True)
    forward, backward = [], []
    end = time.monotonic() + seconds
    while len(forward) < 6 or time.monotonic() < end:
        start = time.monotonic()
        h = net(x)[0]
        middle = time.monotonic()
        h.backward(torch.ones_like(h))
        backward.append(time.monotonic() - middle)
        forward.append(middle - start)
    return [1e3 * statistics.median(times[1:]) / STEPS for times in (forward, backward)]


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 5
    torch.manual_seed(1)
    for threads in (1, 2):
        torch.set_num_threads(threads)
        for name, kind in {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "vanilla": torch.nn.RNN}.items():
            forward, backward = measure(kind(HIDDEN, HIDDEN), seconds)
            print(json.dumps({"peer": "torch " + torch.__version__, "cell": name, "threads": threads,
                              "batch": BATCH, "hidden": HIDDEN, "steps": STEPS,
                              "forward_ms_step": round(forward, 3),
                              "backward_ms_step": round(backward, 3)}))


if __name__ == "__main__":
    main()
