# SPDX-License-Identifier: MIT
"""Writes numpy arrays as float32 to a safetensors file, the format of the golden files."""
import json
import struct

import numpy as np


def save(path, arrays, metadata):
    """arrays: name -> array; metadata: name -> text."""
    header, offset, parts = {"__metadata__": metadata}, 0, []
    for name, array in arrays.items():
        data = np.ascontiguousarray(array, dtype="<f4")
        header[name] = {"dtype": "F32", "shape": list(data.shape),
                        "data_offsets": [offset, offset + data.nbytes]}
        offset += data.nbytes
        parts.append(data.tobytes())
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-(8 + len(text)) % 64)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(parts))
