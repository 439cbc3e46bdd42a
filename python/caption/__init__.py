# SPDX-License-Identifier: MIT
"""Sentences for photos.

>>> import caption
>>> captioner = caption.Captioner()
>>> print(captioner.caption("samples/cat.jpg"))  # doctest: +SKIP
a cat is sitting on top of a table
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._captioner import Captioner
from ._errors import (
    CancelledError,
    CaptionError,
    ClosedError,
    FileError,
    FormatError,
    MissingFileError,
    OutOfMemoryError,
    RangeError,
    UnknownError,
    UnsupportedError,
)
from ._places import VERSION as __version__
from ._results import Caption, Keyword, Result, Word
from ._writing import Writing

if TYPE_CHECKING:
    from ._photo import Photo
else:
    Photo = Any  # its parts may not be installed

__all__ = [
    "CancelledError",
    "Caption",
    "CaptionError",
    "Captioner",
    "ClosedError",
    "FileError",
    "FormatError",
    "Keyword",
    "MissingFileError",
    "OutOfMemoryError",
    "Photo",
    "RangeError",
    "Result",
    "UnknownError",
    "UnsupportedError",
    "Word",
    "Writing",
    "__version__",
]

for _public in map(globals().get, __all__):  # tracebacks name what a program can import
    if getattr(_public, "__module__", "").startswith("caption."):
        _public.__module__ = __name__
