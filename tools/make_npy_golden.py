#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/data/npy/ with NumPy: the same rows in each form of .npy that data/npy.c reads, and
the forms that it refuses.

usage: make_npy_golden.py (in the root of the source tree; needs numpy)
"""
import io
import pathlib
import warnings

import numpy as np
from numpy.lib import format as npy

FOLDER = pathlib.Path("tests/data/npy")
SEEDS = pathlib.Path("fuzz/corpus/fuzz_vectors")
# row r, column c: (-1)^c (r + 1) (c + 1) / 4, exact in all types
ROWS = np.array([[(-1) ** c * (r + 1) * (c + 1) / 4 for c in range(4)] for r in range(3)])


def save(name, array, version=None):
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # version 3.0 is seldom needed
        npy.write_array(file, array, version=version)
    (FOLDER / f"{name}.npy").write_bytes(file.getvalue())
    return file.getvalue()


FOLDER.mkdir(exist_ok=True)
SEEDS.mkdir(exist_ok=True)
for name in ("f2", "f4", "f8"):
    data = save(name, ROWS.astype("<" + name))
    (SEEDS / name).write_bytes(b"far/a.jpg\nb.jpg\nc.jpg\n\0" + data)
save("version2", ROWS.astype("<f4"), (2, 0))
(SEEDS / "order").write_bytes(b"\0" + save("version3", ROWS.astype("<f4"), (3, 0)))
save("deep", ROWS.astype("<f4").reshape(3, 4, 1, 1))
save("refused_fortran", np.asfortranarray(ROWS))
save("refused_big_endian", ROWS.astype(">f4"))
save("refused_integers", ROWS.astype("<i4"))
save("refused_complex", ROWS.astype("<c8"))
save("refused_fields", np.zeros((2, 2), dtype=[("x", "<f4"), ("y", "<f4")]))
save("refused_objects", np.array([[{}, {}], [{}, {}]], dtype=object))
save("refused_scalar", np.array(1.0))
save("refused_vector", ROWS[0])
save("refused_empty", np.zeros((0, 4)))
