#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A step of distilling fc6 and fc7 in PyTorch: pool5 from bytes, loss of a linear head, gradient, clipping, Adam.
Prints one JSON line.  The peer of `bench_distill`; see bench/run."""
import argparse, json, statistics, time

parser = argparse.ArgumentParser()
for name, value in dict(batch=256, threads=2).items():
    parser.add_argument("--" + name, type=int, default=value)
parser.add_argument("--secs", type=float, default=8)
a = parser.parse_args()

import torch
import torch.nn as nn

torch.set_num_threads(a.threads)
torch.manual_seed(0)
WIDTHS = (1280, 1280, 1500)


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Sequential(nn.Linear(9216, 4096), nn.ReLU(), nn.Dropout(0.5),
                                nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout(0.5))
        self.head = nn.Linear(4096, sum(WIDTHS))

    def forward(self, x):
        return self.head(nn.functional.normalize(self.fc(x)) * 64)


model = Model()
optimiser = torch.optim.Adam(model.parameters(), 1e-6)
pool5 = torch.randint(0, 256, (a.batch, 9216), dtype=torch.uint8) * (torch.rand(a.batch, 9216) < 0.3)
steps = torch.rand(a.batch, 1) / 25
targets = torch.randint(-21, 22, (a.batch, sum(WIDTHS)), dtype=torch.int8)


def step():
    optimiser.zero_grad(set_to_none=True)
    parts = model(pool5.float() * steps) - targets.float() * (6 / 127)
    sum((part ** 2).mean() for part in parts.split(WIDTHS, 1)).backward()
    nn.utils.clip_grad_norm_(model.parameters(), 5)
    optimiser.step()


step()
times, begin = [], time.perf_counter()
while time.perf_counter() - begin < a.secs or len(times) < 3:
    start = time.perf_counter()
    step()
    times.append(time.perf_counter() - start)
print(json.dumps(dict(
    peer="torch " + torch.__version__, what="distill step", photos=a.batch, threads=a.threads,
    ms_med=round(1e3 * statistics.median(times)), ms_best=round(1e3 * min(times)),
    photos_s_med=round(a.batch / statistics.median(times), 1), n=len(times))))
