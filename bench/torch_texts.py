#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Text systems in PyTorch, and beside the same nets in textrnn.

usage: torch_texts.py step [OPTION]...                         a training step, timed; see bench/run
       torch_texts.py lm TEXTRNN TRAIN DEV [OPTION]...         a language model by characters
       torch_texts.py translate TEXTRNN TRAIN DEV [OPTION]...  a translator with additive attention

`lm` and `translate` train both sides in turn, from the same weights, for the same number of updates
on the same texts: Adam, gradients clipped at 5, a cosine behind a warm-up, no dropout.  A language
model also gets the same batches in the same order; a translator's are drawn anew each round.  PyTorch
writes its weights as a file of textrnn, so `textrnn eval` measures both.  The time of textrnn is
that of the whole program, with the start, the texts and the file; that of PyTorch is its loop
alone.  Each result is one line of JSON."""
import argparse
import collections
import json
import math
import os
import re
import statistics
import struct
import subprocess
import sys
import tempfile
import time

PAD, START, END, UNKNOWN, FIRST = range(5)  # docs/format.md
CLIP, WARMUP = 5, 0.02


def parse():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1].replace("usage: ", "", 1))
    parser.add_argument("what", choices=("step", "lm", "translate"))
    parser.add_argument("files", nargs="*")
    for name, value in dict(batch=64, T=64, E=512, H=512, V=100).items():
        parser.add_argument("--" + name, type=int, default=value)
    parser.add_argument("--threads", type=int, default=2,
                        help="step: PyTorch's own; otherwise both sides', PyTorch's in OpenBLAS")
    parser.add_argument("--secs", type=float, default=8, help="step: how long")
    parser.add_argument("--cell", choices=("lstm", "gru"), default="lstm")
    parser.add_argument("--min-count", type=int, default=1, help="rarer tokens are unknown")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--rate", type=float, default=0.003)
    parser.add_argument("--rounds", type=int, default=1, help="of both sides")
    options = parser.parse_args()
    if len(options.files) != (0 if options.what == "step" else 3):
        parser.error("which files?")
    return options


def choose_blas(options):
    """Before torch is there: OpenBLAS falls back to SSE3 on processors newer than itself."""
    with open("/proc/cpuinfo", encoding="ascii") as file:
        flags = file.read()
    if "avx2" in flags:
        os.environ.setdefault("OPENBLAS_CORETYPE", "SKYLAKEX" if "avx512f" in flags else "Haswell")
    if options.what != "step":
        os.environ["OPENBLAS_NUM_THREADS"] = str(options.threads)


a = parse()
choose_blas(a)

import torch
import torch.nn as nn
import torch.nn.functional as F

CELLS = {"lstm": nn.LSTM, "gru": nn.GRU}

# ---- The nets; their parameters have the names of a file of textrnn ----


class LanguageModel(nn.Module):
    def __init__(self, vocabulary):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, a.E)
        self.rnn = CELLS[a.cell](a.E, a.H)
        self.output = nn.Linear(a.H, vocabulary)

    def forward(self, x, state):
        h, state = self.rnn(self.embedding(x), state)
        return self.output(h), state


class Encoder(nn.Module):
    def __init__(self, vocabulary):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, a.E)
        self.rnn = CELLS[a.cell](a.E, a.H // 2, bidirectional=True)

    def forward(self, x, lengths):
        packed = nn.utils.rnn.pack_padded_sequence(self.embedding(x), lengths, enforce_sorted=False)
        h, state = self.rnn(packed)
        return nn.utils.rnn.pad_packed_sequence(h)[0], state


class Attention(nn.Module):
    """The score of Bahdanau et al. behind the recurrent step: docs/recurrent-nets.md#attention."""

    def __init__(self):
        super().__init__()
        self.key = nn.Linear(a.H, a.H, bias=False)
        self.query = nn.Linear(a.H, a.H, bias=False)
        self.energy = nn.Linear(a.H, 1, bias=False)
        self.combination = nn.Linear(2 * a.H, a.H, bias=False)

    def forward(self, h, memory, lengths):
        keys = self.key(memory)
        e = self.energy(torch.tanh(self.query(h)[:, None] + keys[None])).squeeze(-1)  # [t][s][b]
        beyond = torch.arange(len(memory))[:, None] >= lengths[None]
        weights = e.masked_fill(beyond, -math.inf).softmax(1)
        context = torch.einsum("tsb,sbh->tbh", weights, memory)
        return torch.tanh(self.combination(torch.cat((context, h), 2)))


class Decoder(LanguageModel):
    def __init__(self, vocabulary):
        super().__init__(vocabulary)
        self.attention = Attention()

    def forward(self, x, state, memory, lengths):
        h, _ = self.rnn(self.embedding(x), state)
        return self.output(self.attention(h, memory, lengths))


class Translator(nn.Module):
    def __init__(self, sources, targets):
        super().__init__()
        self.encoder = Encoder(sources)
        self.decoder = Decoder(targets)

    def forward(self, source, lengths, x):
        memory, state = self.encoder(source, lengths)
        parts = [torch.cat((s[0], s[1]), 1)[None] for s in (state if a.cell == "lstm" else [state])]
        return self.decoder(x, tuple(parts) if a.cell == "lstm" else parts[0], memory, lengths)


def carried(state):
    return tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()


def update(optimiser, model, logits, targets):
    """Learns from the targets that are not PAD."""
    loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=PAD)
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), CLIP)
    optimiser.step()


# ---- A step alone ----


def time_steps():
    torch.set_num_threads(a.threads)
    torch.manual_seed(0)
    model = LanguageModel(a.V)
    optimiser = torch.optim.Adam(model.parameters(), 1e-3)
    x, y = (torch.randint(1, a.V, (a.T, a.batch)) for _ in range(2))

    def step(state):
        logits, state = model(x, state)
        update(optimiser, model, logits, y)
        return carried(state)

    state = step(step(None))
    times, begin = [], time.perf_counter()
    while time.perf_counter() - begin < a.secs or len(times) < 3:
        start = time.perf_counter()
        state = step(state)
        times.append(time.perf_counter() - start)
    print(json.dumps(dict(
        peer="torch " + torch.__version__, what="train step", batch=a.batch, T=a.T, E=a.E, H=a.H,
        V=a.V, threads=a.threads,
        params_M=round(sum(p.numel() for p in model.parameters()) / 1e6, 2),
        ms_med=round(1e3 * statistics.median(times), 1), ms_best=round(1e3 * min(times), 1),
        steps_s_med=round(1 / statistics.median(times), 2), n=len(times))))


# ---- Texts, and files of textrnn ----


def vocabulary_of(tokens):
    """By falling frequency, ties in byte order: the ids that textrnn gives."""
    counts = collections.Counter(tokens)
    known = [t for t, n in counts.items() if n >= a.min_count]
    return sorted(known, key=lambda t: (-counts[t], t.encode()))


def ids_of(tokens, vocabulary):
    numbers = {token: FIRST + i for i, token in enumerate(vocabulary)}
    return torch.tensor([numbers.get(token, UNKNOWN) for token in tokens])


def read_text(name):
    with open(name, encoding="utf-8", newline="") as file:
        return file.read()


def read_pairs(name):
    """Those that are cut into tokens in one way only, as lists."""
    pairs = [line.split("\t")[:2] for line in read_text(name).split("\n") if "\t" in line]
    return [(source.split(), list(target)) for source, target in pairs
            if re.fullmatch(r"([A-Za-z]+|[.,])( ([A-Za-z]+|[.,]))*", source) and
            re.fullmatch(r"[\u4e00-\u9fff。，]+", target)]


def write_pairs(pairs, name):
    with open(name, "w", encoding="utf-8") as file:
        for source, target in pairs:
            file.write(" ".join(source) + "\t" + "".join(target) + "\n")


def write_model(name, model, task, vocabulary, targets=None):
    """docs/format.md"""
    def lines(tokens):
        return "".join({"\n": "\\n", "\\": "\\\\"}.get(t, t) + "\n" for t in tokens)

    config = dict(task=task, unit="char" if task == "lm" else "word", target_unit="char",
                  cell=a.cell, layers=1, embedding=a.E, hidden=a.H, bidirectional=task != "lm",
                  pooled=False)
    metadata = {"kind": "textrnn", "text.vocabulary": lines(vocabulary)}
    if task == "translate":
        config["attention"] = "additive"
        metadata["text.targets"] = lines(targets)
    metadata["format_version"] = "2" if task == "translate" else "1"
    metadata["text.config"] = json.dumps(config)
    header, body = {"__metadata__": metadata}, b""
    for key, tensor in model.state_dict().items():
        values = (tensor.squeeze(0) if "energy" in key else tensor).contiguous().numpy()
        header["text." + key] = dict(dtype="F32", shape=values.shape,
                                     data_offsets=[len(body), len(body) + values.nbytes])
        body += values.tobytes()
    text = json.dumps(header, ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    with open(name, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + body)


# ---- Both sides ----


def factor(progress):
    """Of the rate."""
    if progress < WARMUP:
        return progress / WARMUP
    return 0.5 * (1 + math.cos(math.pi * (progress - WARMUP) / (1 - WARMUP)))


def lm_batches(text):
    """The chunks of an epoch: a.batch parts of the text side by side, a.T characters each."""
    length = (len(text) - 1) // a.batch
    x, y = (text[i:i + a.batch * length].view(a.batch, length).t() for i in (0, 1))
    return [(x[at:at + a.T], y[at:at + a.T]) for at in range(0, length, a.T)]


def lm_logits(model, batch, state):
    logits, state = model(batch[0], state)
    return logits, batch[1], carried(state)


def pair_batches(pairs):
    order = torch.randperm(len(pairs)).tolist()
    return [[pairs[i] for i in order[at:at + a.batch]] for at in range(0, len(pairs), a.batch)]


def pair_logits(model, batch, _):
    pad = nn.utils.rnn.pad_sequence
    ends = [torch.cat((torch.tensor([START]), target, torch.tensor([END]))) for _, target in batch]
    logits = model(pad([source for source, _ in batch]), torch.tensor([len(s) for s, _ in batch]),
                   pad([target[:-1] for target in ends]))
    return logits, pad([target[1:] for target in ends]), None


def train_torch(model, batches_of, logits_of):
    """Seconds and updates."""
    begin, done = time.perf_counter(), 0
    optimiser = torch.optim.Adam(model.parameters(), a.rate)
    for _ in range(a.epochs):
        batches, state = batches_of(), None
        for batch in batches:
            rate = a.rate * factor((done + 0.5) / (a.epochs * len(batches)))
            optimiser.param_groups[0]["lr"] = rate
            logits, targets, state = logits_of(model, batch, state)
            update(optimiser, model, logits, targets)
            done += 1
    return time.perf_counter() - begin, done


def train_textrnn(program, data, start, output, *options):
    begin = time.perf_counter()
    subprocess.run([program, "train", "--data", data, "--start", start, "-o", output, "--overwrite",
                    "--quiet", "--dev-share", "0", "--dropout", "0", "--batch", str(a.batch),
                    "--epochs", str(a.epochs), "--rate", str(a.rate), "--clip", str(CLIP),
                    "--warmup", str(WARMUP), "--min-count", str(a.min_count),
                    "--threads", str(a.threads), *options], check=True)
    return time.perf_counter() - begin


def measured(program, model, dev):
    """What `textrnn eval` prints."""
    done = subprocess.run([program, "eval", "--model", model, "--data", dev], check=True,
                          capture_output=True, text=True)
    return " ".join(done.stdout.split())


def compare(program, data, dev, make_model, write, sides):
    """sides: of PyTorch, what it learns from; of textrnn, its own options."""
    batches_of, logits_of, options = sides
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        start, ours, theirs = (f"{folder}/{name}" for name in ("start", "textrnn", "torch"))
        torch.manual_seed(1)
        initial = make_model()
        write(start, initial)
        print(json.dumps(dict(start=measured(program, start, dev), cell=a.cell, batch=a.batch,
                              E=a.E, H=a.H, threads=a.threads,
                              parameters=sum(p.numel() for p in initial.parameters()))), flush=True)
        for round_ in range(a.rounds):
            seconds = train_textrnn(program, data, start, ours, "--seed", str(round_), *options)
            print(json.dumps(dict(side="textrnn", seconds=round(seconds, 1),
                                  eval=measured(program, ours, dev))), flush=True)
            model = make_model()
            model.load_state_dict(initial.state_dict())
            seconds, updates = train_torch(model, batches_of, logits_of)
            write(theirs, model)
            print(json.dumps(dict(side="torch " + torch.__version__, updates=updates,
                                  seconds=round(seconds, 1),
                                  eval=measured(program, theirs, dev))), flush=True)


def compare_lm(program, data, dev):
    text = read_text(data)
    vocabulary = vocabulary_of(text)
    batches = lm_batches(ids_of(text, vocabulary))
    compare(program, data, dev, lambda: LanguageModel(FIRST + len(vocabulary)),
            lambda name, model: write_model(name, model, "lm", vocabulary),
            (lambda: batches, lm_logits, ("--steps", str(a.T))))


def compare_translate(program, data, dev):
    pairs, held_out = read_pairs(data), read_pairs(dev)
    sources = vocabulary_of(token for source, _ in pairs for token in source)
    targets = vocabulary_of(token for _, target in pairs for token in target)
    texts = [(ids_of(source, sources), ids_of(target, targets)) for source, target in pairs]
    with tempfile.TemporaryDirectory() as folder:
        write_pairs(pairs, f"{folder}/train.tsv")
        write_pairs(held_out, f"{folder}/dev.tsv")
        compare(program, f"{folder}/train.tsv", f"{folder}/dev.tsv",
                lambda: Translator(FIRST + len(sources), FIRST + len(targets)),
                lambda name, model: write_model(name, model, "translate", sources, targets),
                (lambda: pair_batches(texts), pair_logits, ()))


def main():
    if a.what == "step":
        time_steps()
    elif a.what == "lm":
        compare_lm(*a.files)
    else:
        compare_translate(*a.files)


main()
