# SPDX-License-Identifier: MIT
"""Captions as Python has them: copied, so that they outlive the captioner."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Tuple


@dataclass(frozen=True)
class Word:
    """A word of a caption, as it is in the model's vocabulary."""

    text: str
    log_prob: float
    """The natural logarithm of its probability where it stands."""

    def __str__(self) -> str:
        return self.text

    @property
    def probability(self) -> float:
        return math.exp(self.log_prob)


@dataclass(frozen=True)
class Caption:
    """A sentence for a photo; str() gives its text."""

    text: str
    confidence: float
    """0 to 1: the share of its content that somebody would mention (docs/confidence.md)."""
    log_prob: float
    """Of the whole caption, its end counted."""
    end_log_prob: float
    """Of ending there."""
    words: Tuple[Word, ...]

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Keyword:
    """A word to find the photo by; str() gives its text."""

    text: str
    probability: float
    """That at least one of several people who describe the photo uses it."""

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Result:
    """What the model has to say about a photo; str() gives the best caption."""

    captions: Tuple[Caption, ...]
    """The best first."""
    keywords: Tuple[Keyword, ...]
    """The most probable first; none unless they were asked for."""
    not_a_photo: bool
    """The picture is hardly a photo of anything, and its captions mean nothing."""

    def __str__(self) -> str:
        return self.best.text

    @property
    def best(self) -> Caption:
        return self.captions[0]


def _copy_caption(caption: Any) -> Caption:
    words = tuple(
        Word(word.text.decode(), word.log_prob) for word in caption.words[: caption.word_count]
    )
    return Caption(
        caption.text.decode(), caption.confidence, caption.log_prob, caption.end_log_prob, words
    )


def copy_result(result: Any) -> Result:
    """A copy of what a pointer to a struct captioner_result shows."""
    found = result.contents
    return Result(
        tuple(_copy_caption(caption) for caption in found.captions[: found.count]),
        tuple(
            Keyword(keyword.text.decode(), keyword.probability)
            for keyword in found.keywords[: found.keyword_count]
        ),
        bool(found.not_a_photo),
    )
