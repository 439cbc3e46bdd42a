# SPDX-License-Identifier: MIT
"""Finds and loads libcaption, and finds its model."""

from __future__ import annotations

import ctypes
import functools
import os

from . import _header, _places


def _place(variable: str, installed: str) -> str:
    """The file that the environment names, or the one that was installed with this module."""
    here = os.path.dirname(os.path.abspath(__file__))
    beside = os.path.join(here, os.path.relpath(installed, _places.PACKAGE))
    return os.environ.get(variable) or os.path.normpath(beside)


def model_path() -> str:
    """The model of CAPTION_MODEL or, as `caption` takes it, the usual one or the other one."""
    usual = _place("CAPTION_MODEL", _places.MODEL)
    if os.environ.get("CAPTION_MODEL") or os.path.exists(usual):
        return usual
    other = os.path.join(os.path.dirname(usual), "caption-coco.safetensors")
    return other if os.path.exists(other) else usual


@functools.lru_cache(maxsize=None)
def library() -> ctypes.CDLL:
    """The library, loaded by the first captioner; ctypes releases the GIL while it runs."""
    path = _place("CAPTION_LIBRARY", _places.LIBRARY)
    try:
        loaded = ctypes.CDLL(path)
        for name, (result, parameters) in _header.FUNCTIONS.items():
            function = getattr(loaded, name)
            function.restype, function.argtypes = result, parameters
    except (OSError, AttributeError) as error:  # no library, or one of another version
        raise ImportError(
            f"libcaption cannot be loaded: {error}; CAPTION_LIBRARY may name another", path=path
        ) from None
    return loaded
