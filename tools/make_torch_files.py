#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes tests/data/exchange/*.pth and most of fuzz/corpus/fuzz_exchange/: weights as torch.save
writes them.  Needs PyTorch.  usage: make_torch_files.py REPOSITORY

Tensor `x` has the numbers x(i) = i / 8 - 1 in order of its elements; tests compute them anew."""
import argparse
import collections
import io
import pathlib
import zipfile

import torch


def numbers(*shape, dtype=torch.float32):
    count = int(torch.tensor(shape).prod())
    return (torch.arange(count, dtype=torch.float64) / 8 - 1).reshape(shape).to(dtype)


def state():
    """Each type, tensors that are views of others, and what a state_dict has beside them."""
    base = numbers(4, 6)
    return collections.OrderedDict([
        ("plain", numbers(2, 3)),
        ("half", numbers(5, dtype=torch.float16)),
        ("bfloat", numbers(5, dtype=torch.bfloat16)),
        ("double", numbers(5, dtype=torch.float64)),
        ("turned", base.t()),           # [6][4], strides 1 and 6
        ("part", base[1:3, 2:5]),       # the same storage, from element 8
        ("scalar", torch.tensor(0.5)),
        ("empty", torch.zeros(0, 3)),
        ("steps", torch.tensor(7)),     # int64: passed over
        ("parameter", torch.nn.Parameter(numbers(3))),
    ])


class Unknown:
    """A class that the reader does not know, and must not make."""


def rezip(data, change):
    """The archive with its entries as change(name, bytes) gives them; None leaves one out."""
    old, new = zipfile.ZipFile(io.BytesIO(data)), io.BytesIO()
    with zipfile.ZipFile(new, "w", zipfile.ZIP_STORED) as archive:
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                archive.writestr(zipfile.ZipInfo(name), content)
    return new.getvalue()


def saved(value, **options):
    file = io.BytesIO()
    torch.save(value, file, **options)
    return file.getvalue()


def files():
    small = collections.OrderedDict(weight=numbers(2, 2))
    yield "state", saved(state())
    yield "protocol4", saved(state(), pickle_protocol=4)
    yield "legacy", saved(state(), _use_new_zipfile_serialization=False)
    model = torch.nn.DataParallel(torch.nn.Linear(3, 2))
    with torch.no_grad():
        model.module.weight.copy_(numbers(2, 3))
        model.module.bias.copy_(numbers(2))
    optimiser = torch.optim.SGD(model.parameters(), 0.1, momentum=0.9)
    yield "checkpoint", saved({"epoch": 3, "loss": 0.25, "best": torch.tensor(0.5),
                               "optimizer": optimiser.state_dict(),
                               "arguments": argparse.Namespace(lr=0.1),
                               "state_dict": model.state_dict()})
    yield "whole", saved(model.module)
    yield "unknown", saved(collections.OrderedDict(weight=numbers(2), other=Unknown()))
    yield "sparse", saved({"weight": numbers(2), "sparse": torch.eye(2).to_sparse()})
    yield "numbers", saved({"epoch": 3})
    yield "short_storage", rezip(saved(small), lambda name, content:
                                 content[:12] if name.endswith("/data/0") else content)
    yield "no_storage", rezip(saved(small), lambda name, content:
                              None if name.endswith("/data/0") else content)
    pickle = zipfile.ZipFile(io.BytesIO(saved(small))).read("archive/data.pkl")
    for name, old, new in [("offset", b"QK\x00", b"QK\x01"),          # ends behind the storage
                           ("stride", b"K\x02K\x01\x86", b"K\x09K\x01\x86"),
                           ("repeat", b"K\x02K\x02\x86q\x09", b"K\xffK\xff\x86q\x09"),
                           ("no_memo", b"h\x00", b"h\xf0")]:
        assert old in pickle, name
        yield name, rezip(saved(small), lambda entry, content, old=old, new=new:
                          content.replace(old, new) if entry.endswith("data.pkl") else content)


def big_endian():
    with zipfile.ZipFile(file := io.BytesIO(), "w", zipfile.ZIP_STORED) as archive:
        old = zipfile.ZipFile(io.BytesIO(saved({"weight": numbers(2)})))
        for name in old.namelist():
            archive.writestr(zipfile.ZipInfo(name), old.read(name))
        archive.writestr(zipfile.ZipInfo("archive/byteorder"), b"big")
    return file.getvalue()


def packed():
    with zipfile.ZipFile(file := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:
        old = zipfile.ZipFile(io.BytesIO(saved({"weight": numbers(64)})))
        for name in old.namelist():
            archive.writestr(zipfile.ZipInfo(name), old.read(name), zipfile.ZIP_DEFLATED)
    return file.getvalue()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("repository", type=pathlib.Path)
    root = parser.parse_args().repository
    made = dict(files())
    made["big"], made["packed"] = big_endian(), packed()
    for name, data in made.items():
        (root / "tests/data/exchange" / (name + ".pth")).write_bytes(data)
        (root / "fuzz/corpus/fuzz_exchange" / name).write_bytes(data)


if __name__ == "__main__":
    main()
