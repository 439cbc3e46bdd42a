# SPDX-License-Identifier: MIT
"""What can go wrong.  Each error is also the built-in one that such a failure usually is."""

from __future__ import annotations

import errno
from typing import Dict, Type

from . import _header


class CaptionError(Exception):
    """What the library could not do; its text says which file, and what is wrong with it."""


class OutOfMemoryError(CaptionError, MemoryError):
    """There is not enough memory."""


class FileError(CaptionError, OSError):
    """A file cannot be read."""


class MissingFileError(FileError, FileNotFoundError):
    """There is no such file."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.errno = errno.ENOENT


class FormatError(CaptionError, ValueError):
    """A photo or a model is malformed, truncated or of another kind."""


class UnsupportedError(FormatError):
    """A picture format that this build does not read, or a model of a newer version."""


class RangeError(CaptionError, ValueError):
    """An option or a picture is out of range."""


class UnknownError(CaptionError, LookupError):
    """The model has no such word or language."""


class ClosedError(CaptionError, ValueError):
    """The captioner was closed; a file that is closed raises a ValueError, too."""


class CancelledError(CaptionError):
    """The progress function ended the call."""


_CLASSES: Dict[int, Type[CaptionError]] = {
    _header.CAPTIONER_NOMEM: OutOfMemoryError,
    _header.CAPTIONER_IO: FileError,
    _header.CAPTIONER_FORMAT: FormatError,
    _header.CAPTIONER_VERSION: UnsupportedError,
    _header.CAPTIONER_SHAPE: FormatError,
    _header.CAPTIONER_RANGE: RangeError,
    _header.CAPTIONER_NOTFOUND: MissingFileError,
    _header.CAPTIONER_UNSUPPORTED: UnsupportedError,
    _header.CAPTIONER_CANCELLED: CancelledError,
}


def to_exception(
    error: _header.captioner_error, missing: Type[CaptionError] = MissingFileError
) -> CaptionError:
    """The exception for what the library reports; `missing` is what was not found."""
    found = _CLASSES.get(error.status, CaptionError)
    text = error.text.decode("utf-8", "surrogateescape")
    return (missing if found is MissingFileError else found)(text)
