#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A training step of a language model in PyTorch: loss, gradient, clipping by norm, Adam; the state is carried on.
Prints one JSON line.  The peer of `bench_train_step -f 0`; see bench/run."""
import argparse, json, statistics, time

parser = argparse.ArgumentParser()
for name, value in dict(batch=64, T=64, E=512, H=512, V=100, threads=2).items():
    parser.add_argument("--" + name, type=int, default=value)
parser.add_argument("--secs", type=float, default=8)
a = parser.parse_args()

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_num_threads(a.threads)
torch.manual_seed(0)


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(a.V, a.E)
        self.rnn = nn.LSTM(a.E, a.H)
        self.output = nn.Linear(a.H, a.V)

    def forward(self, x, state):
        h, state = self.rnn(self.embedding(x), state)
        return self.output(h), state


model = Model()
optimiser = torch.optim.Adam(model.parameters(), 1e-3)
x = torch.randint(0, a.V, (a.T, a.batch))
y = torch.randint(0, a.V, (a.T, a.batch))
state = (torch.zeros(1, a.batch, a.H), torch.zeros(1, a.batch, a.H))


def step(state):
    optimiser.zero_grad(set_to_none=True)
    logits, state = model(x, state)
    F.cross_entropy(logits.reshape(-1, a.V), y.reshape(-1)).backward()
    nn.utils.clip_grad_norm_(model.parameters(), 5)
    optimiser.step()
    return tuple(s.detach() for s in state)


for _ in range(2):
    state = step(state)
times, begin = [], time.perf_counter()
while time.perf_counter() - begin < a.secs or len(times) < 3:
    start = time.perf_counter()
    state = step(state)
    times.append(time.perf_counter() - start)
print(json.dumps(dict(
    peer="torch " + torch.__version__, what="train step", batch=a.batch, T=a.T, E=a.E, H=a.H, V=a.V,
    threads=a.threads, params_M=round(sum(p.numel() for p in model.parameters()) / 1e6, 2),
    ms_med=round(1e3 * statistics.median(times), 1), ms_best=round(1e3 * min(times), 1),
    steps_s_med=round(1 / statistics.median(times), 2), n=len(times))))
