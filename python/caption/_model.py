# SPDX-License-Identifier: MIT
"""A model that is loaded: its life, and what is known about it."""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import os
import threading
from typing import Any, Dict, Iterator, Optional, Tuple, Type, TypeVar, Union

from . import _header, _writing
from ._errors import CaptionError, ClosedError, MissingFileError, UnknownError, to_exception
from ._library import library, model_path
from ._photo import to_file

Self = TypeVar("Self", bound="Model")


def raise_if_failed(
    status: int, error: _header.captioner_error, missing: Type[CaptionError] = MissingFileError
) -> None:
    if status != _header.CAPTIONER_OK:
        raise to_exception(error, missing)


class Model:
    """What a Captioner is, but for what it does with photos."""

    def __init__(
        self,
        model: Union[str, bytes, os.PathLike[str], os.PathLike[bytes], None] = None,
        *,
        language: Optional[str] = None,
        threads: Optional[int] = None,
        max_batch: int = 24,
        max_pixels: Optional[int] = None,
    ) -> None:
        self._handle: Any = None
        self._lock = threading.Lock()
        self._user: Optional[int] = None
        self._process = os.getpid()
        self._library = library()
        self._model = os.fsdecode(model_path() if model is None else model)
        options = _header.captioner_options(
            threads=_writing.natural("threads", threads or 0),
            max_batch=_writing.natural("max_batch", max_batch),
            max_pixels=_writing.natural("max_pixels", max_pixels or 0),
            language=None if language is None else _writing.text("language", language),
        )
        path = to_file(self._model).path
        handle = ctypes.POINTER(_header.captioner)()
        error = _header.captioner_error()
        status = self._library.captioner_load(path, options, handle, error)
        there = language is not None and os.path.exists(self._model)
        raise_if_failed(status, error, UnknownError if there else MissingFileError)
        self._handle = handle
        self.max_batch = max(max_batch, 1)

    # ---- Its life ----

    def close(self) -> None:
        """Gives back the model's memory; the captioner cannot be used afterwards."""
        if self._process != os.getpid():
            return  # the library's threads, which it would wait for, are not in this process
        with contextlib.suppress(ClosedError), self._in_use() as handle:
            self._handle = None
            self._library.captioner_destroy(handle)

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __del__(self) -> None:
        with contextlib.suppress(AttributeError):  # __init__ did not come far
            self.close()

    def __reduce__(self) -> Any:
        raise TypeError("a Captioner cannot be pickled; make one in each process")

    def __repr__(self) -> str:
        state = "" if self._handle else " (closed)"
        return f"<caption.Captioner of {self._model!r}{state}>"

    @contextlib.contextmanager
    def _in_use(self) -> Iterator[Any]:
        """The library's captioner, for one thread at a time."""
        if self._process != os.getpid():
            raise RuntimeError("the captioner belongs to another process; make one in each")
        if self._user == threading.get_ident():
            raise RuntimeError("the captioner is busy; a progress function cannot use it")
        with self._lock:
            if not self._handle:
                raise ClosedError("the captioner is closed")
            self._user = threading.get_ident()
            try:
                yield self._handle
            finally:
                self._user = None

    # ---- About the model ----

    def check_words(self, text: str) -> None:
        """Raises UnknownError where no caption could have the word, or the words in a row.

        >>> captioner.check_words("xyzzy")
        Traceback (most recent call last):
            ...
        caption.UnknownError: the model does not know the word 'xyzzy'
        """
        error = _header.captioner_error()
        with self._in_use() as handle:
            status = self._library.captioner_check_words(
                handle, _writing.text("text", text), error
            )
        raise_if_failed(status, error, UnknownError)

    def _about(self, name: str, *arguments: Any) -> Any:
        with self._in_use() as handle:
            value = getattr(self._library, name)(handle, *arguments)
        return value.decode("utf-8", "replace") if isinstance(value, bytes) else value

    @property
    def model(self) -> str:
        """The path of the model file."""
        return self._model

    @property
    def language(self) -> str:
        """The language of the captions."""
        return str(self._about("captioner_language"))

    @property
    def languages(self) -> Tuple[str, ...]:
        """The languages in the model file."""
        texts = (self._about("captioner_language_at", index) for index in itertools.count())
        return tuple(itertools.takewhile(bool, texts))

    @property
    def cell(self) -> str:
        """The kind of recurrent net, such as "lstm"."""
        return str(self._about("captioner_cell"))

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that tell model files apart."""
        return str(self._about("captioner_fingerprint"))

    @property
    def feature_count(self) -> int:
        """How many numbers the encoder gives for a photo."""
        return int(self._about("captioner_feature_count"))

    @property
    def vocabulary_size(self) -> int:
        """How many words the model knows."""
        return int(self._about("captioner_vocabulary_size"))

    @property
    def metadata(self) -> Dict[str, str]:
        """The model file's metadata (docs/format.md)."""
        entries: Dict[str, str] = {}
        key, value = ctypes.c_char_p(), ctypes.c_char_p()
        with self._in_use() as handle:
            for index in itertools.count():
                if not self._library.captioner_metadata_at(handle, index, key, value):
                    return entries
                entries[(key.value or b"").decode()] = (value.value or b"").decode()
        raise AssertionError("itertools.count() ended")
