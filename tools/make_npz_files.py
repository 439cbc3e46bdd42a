#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes tests/data/exchange/*.npz and their copies in fuzz/corpus/fuzz_exchange/.  Needs NumPy.
usage: make_npz_files.py REPOSITORY"""
import pathlib
import sys

import numpy

root = pathlib.Path(sys.argv[1])
arrays = {
    "plain": (numpy.arange(6, dtype="<f4") / 8 - 1).reshape(2, 3),
    "half": (numpy.arange(5) / 8 - 1).astype("<f2"),
    "double": numpy.arange(5, dtype="<f8") / 8 - 1,
    "scalar": numpy.float32(0.5),
    "turned": numpy.asfortranarray((numpy.arange(6, dtype="<f4") / 8 - 1).reshape(2, 3)),
    "steps": numpy.int64(7),                                     # passed over, as the next two
    "big": numpy.zeros(3, ">f4"),
    "objects": numpy.array([None, {}], dtype=object),
}
for folder, ending in ("tests/data/exchange", ".npz"), ("fuzz/corpus/fuzz_exchange", ""):
    with open(root / folder / ("arrays" + ending), "wb") as file:
        numpy.savez(file, **arrays)
    with open(root / folder / ("packed_arrays" + ending), "wb") as file:
        numpy.savez_compressed(file, plain=numpy.zeros((9, 9), "<f4"))
