# SPDX-License-Identifier: MIT
"""How to write, as the library takes it."""

from __future__ import annotations

import ctypes
import operator
from collections import abc
from typing import Any, Iterable, Literal, Mapping, Optional, TypedDict, Union

from . import _header
from ._errors import RangeError

_SAMPLING = ("temperature", "top_k", "top_p", "seed")


class Writing(TypedDict, total=False):
    """Options of all methods that write captions.  None stands for the default.

    beam             unfinished captions that the search keeps, to 64; default: the model's way
    max_words        the longest caption, 1 to 64; default 20
    length_exponent  captions compare by log-probability / length ** this; default 0.7
    allow_repeats    allow "a dog dog" and "a man a man"
    keywords         so many keywords for each photo, or "auto": all that are likely; default none
    plain            a noun below this probability becomes the word of its class: "an animal" for
                     "a dog"; 0 to below 1, for English; default 0: none does
    differ           with n above 1: how much the captions differ, 0 to 10; 0: they are the best of
                     one search, which differ in few words; default 0.5
    forbid           words that no caption and no keyword has; "a dog" forbids the two in a row
    sample           draw the captions at random instead of searching; only then:
    temperature      above 0; below 1 likely words become likelier; default 1
    top_k            draw from the k most probable words only, k up to 1024
    top_p            draw from the most probable words that have this share of the probability
    seed             equal seeds draw equal captions; default 0
    """

    beam: Optional[int]
    max_words: Optional[int]
    length_exponent: Optional[float]
    allow_repeats: Optional[bool]
    keywords: Union[int, Literal["auto"], None]
    plain: Optional[float]
    differ: Optional[float]
    forbid: Optional[Iterable[str]]
    sample: Optional[bool]
    temperature: Optional[float]
    top_k: Optional[int]
    top_p: Optional[float]
    seed: Optional[int]


def natural(name: str, value: Any, bits: int = 8 * ctypes.sizeof(ctypes.c_size_t)) -> int:
    """A number that fits into the library's types, which would wrap it around."""
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name}: expected a whole number, not {type(value).__name__}") from None
    if not 0 <= number < 1 << bits:
        raise RangeError(f"{name}={number}; expected a number from 0 to {(1 << bits) - 1}")
    return number


def _real(name: str, value: Any) -> float:
    if isinstance(value, (str, bytes, bytearray)):  # float() would read numbers in them
        raise TypeError(f"{name}: expected a number, not {type(value).__name__}")
    try:
        return float(value)
    except TypeError:
        raise TypeError(f"{name}: expected a number, not {type(value).__name__}") from None
    except OverflowError as error:
        raise RangeError(f"{name}: {error}") from None


def text(name: str, value: str) -> bytes:
    if not isinstance(value, str):
        raise TypeError(f"{name}: expected str, not {type(value).__name__}")
    if "\0" in value:
        raise RangeError(f"{name}={value!r}: a text with a null character")
    try:
        return value.encode()
    except UnicodeEncodeError:
        raise RangeError(f"{name}={value!r}: a text that is not Unicode") from None


def _forbidden(writing: _header.captioner_writing, words: Iterable[str]) -> None:
    if isinstance(words, str) or not isinstance(words, abc.Iterable):
        raise TypeError(f"forbid: expected a list of str, not {type(words).__name__}")
    texts = [text("forbid", word) for word in words]
    writing.forbidden = (ctypes.c_char_p * len(texts))(*texts)
    writing.forbidden_count = len(texts)


def _keywords_of(value: str) -> int:
    if value != "auto":
        raise RangeError(f"keywords={value!r}; expected a number, or 'auto'")
    return _header.CAPTIONER_KEYWORDS_AUTO


def to_struct(n: int, options: Mapping[str, Any]) -> _header.captioner_writing:
    """Raises TypeError for an option that there is not, RangeError for one out of range."""
    writing = _header.captioner_writing(**_header.CAPTIONER_WRITING_DEFAULT)
    writing.best = natural("n", n)
    for name, value in options.items():
        if name not in Writing.__annotations__:
            raise TypeError(f"there is no option {name!r}")
        if value is None:
            continue
        if name in _SAMPLING and not options.get("sample"):
            raise RangeError(f"{name} has an effect only with sample=True")
        if name == "forbid":
            _forbidden(writing, value)
        elif name == "keywords" and isinstance(value, str):
            writing.keywords = _keywords_of(value)
        elif name in ("length_exponent", "temperature", "top_p", "plain", "differ"):
            setattr(writing, name, _real(name, value))
        else:
            setattr(writing, name, natural(name, value, 64 if name == "seed" else 31))
    return writing
