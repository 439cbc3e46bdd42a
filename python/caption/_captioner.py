# SPDX-License-Identifier: MIT
"""What a model does with photos."""

from __future__ import annotations

import ctypes
import itertools
import os
from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    Iterable,
    Iterator,
    List,
    Mapping,
    Literal,
    Optional,
    Sequence,
    Tuple,
    Union,
    overload,
)

from . import _header, _writing
from ._errors import MissingFileError, RangeError, UnknownError, to_exception
from ._model import Model, raise_if_failed
from ._photo import File, to_file, to_iterator
from ._results import Caption, Result, copy_result

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from typing_extensions import Unpack

    from ._photo import Photo
    from ._writing import Writing

    Floats = npt.NDArray[np.float32]

_Result = ctypes.POINTER(_header.captioner_result)
_Float = ctypes.POINTER(ctypes.c_float)


def _to_struct(file: File) -> _header.captioner_photo:
    """Borrows from the file."""
    photo = _header.captioner_photo(path=file.path)
    if file.data is not None:
        photo.bytes = ctypes.cast(ctypes.c_char_p(file.data), ctypes.c_void_p)
        photo.size = len(file.data)
    return photo


def _attempt(photo: Photo) -> Union[File, Exception]:
    try:
        return to_file(photo)
    except Exception as error:
        return error


class Captioner(Model):
    """A model that writes sentences for photos.

    >>> import caption
    >>> with caption.Captioner() as captioner:
    ...     result = captioner.caption("samples/cat.jpg", n=3, keywords=5)
    >>> str(result)  # doctest: +SKIP
    'a cat is sitting on top of a table'
    >>> len(result.captions), len(result.keywords)
    (3, 5)
    >>> all(0 <= other.confidence <= 1 for other in result.captions)
    True

    model       the model file; default: CAPTION_MODEL, or the model that is installed
    language    of the captions, for a model with several; default: the model's first
    threads     default: one per core
    max_batch   photos that pass through the network together; 1 takes 15 MB less
    max_pixels  refuse larger pictures before they are decoded; default 250 million

    Threads may share a captioner: calls wait for each other, and other Python threads run
    meanwhile.  Processes may not: each makes its own.
    """

    # ---- Photos to captions ----

    def caption(self, photo: Photo, n: int = 1, **writing: Unpack[Writing]) -> Result:
        """Writes n captions for a photo; caption.Writing lists the other options.

        A photo is a path, a file's bytes, a file that was opened as "rb", a Pillow image, or an
        array of uint8: (height, width) is grey, (height, width, 3) RGB, and a fourth value is
        opacity, over white.

        >>> with open("samples/cat.jpg", "rb") as stream:
        ...     captioner.caption(stream) == captioner.caption("samples/cat.jpg")
        True
        >>> captioner.caption("nothing.jpg")
        Traceback (most recent call last):
            ...
        caption.MissingFileError: nothing.jpg: No such file or directory
        """
        result: Result
        (result,) = self._iterate([photo], n, False, writing)
        return result

    @overload
    def caption_batch(
        self,
        photos: Iterable[Photo],
        n: int = ...,
        *,
        return_exceptions: Literal[False] = ...,
        **writing: Unpack[Writing],
    ) -> List[Result]:
        ...

    @overload
    def caption_batch(
        self,
        photos: Iterable[Photo],
        n: int = ...,
        *,
        return_exceptions: Literal[True],
        **writing: Unpack[Writing],
    ) -> List[Union[Result, Exception]]:
        ...

    def caption_batch(
        self,
        photos: Iterable[Photo],
        n: int = 1,
        *,
        return_exceptions: bool = False,
        **writing: Unpack[Writing],
    ) -> Any:
        """Captions photos together, which is faster than one by one; the captions are the same.

        The first photo that fails raises its error.  With return_exceptions, errors are returned
        in the places of their photos, and the others have their captions.

        >>> results = captioner.caption_batch(["samples/cat.jpg", "no.jpg"], return_exceptions=True)
        >>> [type(result).__name__ for result in results]
        ['Result', 'MissingFileError']
        """
        return list(self._iterate(photos, n, return_exceptions, writing))

    @overload
    def caption_iter(
        self,
        photos: Iterable[Photo],
        n: int = ...,
        *,
        return_exceptions: Literal[False] = ...,
        **writing: Unpack[Writing],
    ) -> Iterator[Result]:
        ...

    @overload
    def caption_iter(
        self,
        photos: Iterable[Photo],
        n: int = ...,
        *,
        return_exceptions: Literal[True],
        **writing: Unpack[Writing],
    ) -> Iterator[Union[Result, Exception]]:
        ...

    def caption_iter(
        self,
        photos: Iterable[Photo],
        n: int = 1,
        *,
        return_exceptions: bool = False,
        **writing: Unpack[Writing],
    ) -> Any:
        """As caption_batch, but an iterator: it takes max_batch photos at a time, as results are
        asked for, so that there may be any number of them.

        >>> import pathlib
        >>> photos = sorted(pathlib.Path("samples").glob("*.jpg"))
        >>> for photo, result in zip(photos, captioner.caption_iter(photos)):
        ...     print(f"{photo}\t{result}")  # doctest: +SKIP
        """
        return self._iterate(photos, n, return_exceptions, writing)

    def _iterate(
        self, photos: Iterable[Photo], n: int, return_exceptions: bool, writing: Mapping[str, Any]
    ) -> Iterator[Any]:
        options = _writing.to_struct(n, writing)

        def run(handle: Any, batch: Any, count: int, errors: Any) -> List[Any]:
            results = (_Result * count)()
            error = _header.captioner_error()
            status = self._library.captioner_caption_batch(
                handle, batch, count, options, results, errors, error
            )
            raise_if_failed(status, error)
            return self._take(results)

        return self._run_batches(to_iterator(photos), run, return_exceptions)

    def _take(self, results: Any) -> List[Optional[Result]]:
        """Copies results and destroys them; None is what has failed."""
        try:
            return [copy_result(result) if result else None for result in results]
        finally:
            for result in results:
                self._library.captioner_result_destroy(result)

    def _run_batches(
        self, photos: Iterator[Photo], run: Callable[..., List[Any]], return_exceptions: bool
    ) -> Iterator[Any]:
        """What run makes of each photo, max_batch at a time, or the photo's error."""
        while batch := [_attempt(photo) for photo in itertools.islice(photos, self.max_batch)]:
            for outcome in self._run_batch(batch, run):
                if isinstance(outcome, Exception) and not return_exceptions:
                    raise outcome
                yield outcome

    def _run_batch(
        self, batch: List[Union[File, Exception]], run: Callable[..., List[Any]]
    ) -> List[Any]:
        files = [file for file in batch if isinstance(file, File)]
        structs = (_header.captioner_photo * len(files))(*map(_to_struct, files))
        errors = (_header.captioner_error * len(files))()
        with self._in_use() as handle:
            results = run(handle, structs, len(files), errors)
        outcomes = iter(
            [
                to_exception(error) if result is None else result
                for result, error in zip(results, errors)
            ]
        )
        return [file if isinstance(file, Exception) else next(outcomes) for file in batch]

    # ---- The two halves ----

    @overload
    def features(
        self, photos: Iterable[Photo], *, return_exceptions: Literal[False] = ...
    ) -> Floats:
        ...

    @overload
    def features(
        self, photos: Iterable[Photo], *, return_exceptions: Literal[True]
    ) -> Tuple[Floats, List[Optional[Exception]]]:
        ...

    def features(self, photos: Iterable[Photo], *, return_exceptions: bool = False) -> Any:
        """The encoder's view of photos: a numpy array of float32 [photos, feature_count].

        With return_exceptions, (array, errors): the row of a photo that failed is zero, and its
        place in the list has its error; the others have None there.

        >>> captioner.features(["samples/cat.jpg"]).shape
        (1, 4096)
        """
        np = _numpy()
        width = self.feature_count

        def run(handle: Any, batch: Any, count: int, errors: Any) -> List[Any]:
            rows = np.zeros((count, width), np.float32)
            read = (ctypes.c_ubyte * count)()
            error = _header.captioner_error()
            status = self._library.captioner_features(
                handle, batch, count, rows.ctypes.data_as(_Float), read, errors, error
            )
            raise_if_failed(status, error)
            return [row if done else None for row, done in zip(rows, read)]

        outcomes = list(self._run_batches(to_iterator(photos), run, return_exceptions))
        rows = np.zeros((len(outcomes), width), np.float32)
        failures: List[Optional[Exception]] = [None] * len(outcomes)
        for index, outcome in enumerate(outcomes):
            if isinstance(outcome, Exception):
                failures[index] = outcome
            else:
                rows[index] = outcome
        return (rows, failures) if return_exceptions else rows

    def caption_features(
        self, features: Any, n: int = 1, **writing: Unpack[Writing]
    ) -> List[Result]:
        """Captions of what features() gave: any array of float32 [photos, feature_count].

        >>> features = captioner.features(["samples/cat.jpg"])
        >>> captioner.caption_features(features) == [captioner.caption("samples/cat.jpg")]
        True
        """
        options = _writing.to_struct(n, writing)
        error = _header.captioner_error()
        found: List[Any] = []
        for block, count in self._blocks(features, self.max_batch):
            results = (_Result * count)()
            with self._in_use() as handle:
                status = self._library.captioner_caption_features(
                    handle, block, count, options, results, error
                )
                raise_if_failed(status, error)
                found += self._take(results)
        return found

    def score_features(self, features: Any, text: str) -> Floats:
        """How well a text fits each photo: a numpy array of float32 [photos].

        The scores order photos for a text, the higher the better; they cannot be compared between
        texts.  UnknownError is raised for a text without words.

        >>> features = captioner.features(["samples/coffee.jpg", "samples/cat.jpg"])
        >>> int(captioner.score_features(features, "a cat").argmax())
        1
        """
        np = _numpy()
        error = _header.captioner_error()
        scores: List[Floats] = [np.zeros(0, np.float32)]
        for block, count in self._blocks(features, 1000):
            scores.append(np.zeros(count, np.float32))
            with self._in_use() as handle:
                status = self._library.captioner_score_features(
                    handle, block, count, _writing.text("text", text),
                    scores[-1].ctypes.data_as(_Float), error,
                )
                raise_if_failed(status, error, UnknownError)
        whole: Floats = np.concatenate(scores)
        return whole

    def _blocks(self, features: Any, most: int) -> Iterator[Tuple[Any, int]]:
        """(features for the library, how many photos they are of), at most so many at a time."""
        array = memoryview(features)
        width = self.feature_count
        if array.format != "f":
            raise TypeError(f"features of format {array.format!r}; expected float32")
        if not array.shape or len(array.shape) > 2 or array.shape[-1] != width:
            raise RangeError(f"features of shape {array.shape}; expected (photos, {width})")
        if len(array.shape) == 1:
            array = array.cast("B").cast("f", (1, width))
        for start in range(0, len(array), most):
            data = array[start : start + most].tobytes()
            yield (
                ctypes.cast(ctypes.c_char_p(data), _Float),
                len(data) // (array.itemsize * width),
            )

    # ---- Why ----

    def explain(
        self,
        photo: Photo,
        caption: Union[Caption, str, Sequence[str]],
        progress: Optional[Callable[[int, int], object]] = None,
    ) -> Floats:
        """Which parts of a photo drove each word: a numpy array of float32 [words, 15, 15].

        A cell tells by how much the logarithm of the word's probability falls when that part of the
        photo is hidden (docs/explain.md).  The caption may be any words of the vocabulary.  This
        takes some seconds: progress(done, total) is called meanwhile and may return False to end it
        with CancelledError.

        >>> captioner.explain("samples/cat.jpg", "a cat").shape  # doctest: +SKIP
        (2, 15, 15)
        """
        np = _numpy()
        words = _words(caption)
        file = to_file(photo)
        side = _header.CAPTIONER_MAP_SIDE
        maps: Floats = np.zeros((len(words), side, side), np.float32)
        rows = (_header.captioner_word * len(words))(*[_header.captioner_word(w) for w in words])
        asked = _header.captioner_caption(words=rows, word_count=len(words))
        error = _header.captioner_error()
        raised: List[BaseException] = []
        reports = _header.captioner_progress(go_on=_reporter(progress, raised))
        with self._in_use() as handle:
            status = self._library.captioner_explain(
                handle, _to_struct(file), asked, reports, maps.ctypes.data_as(_Float), error
            )
        if raised:
            raise raised[0]
        there = file.data is not None or os.path.exists(file.path or b"")
        raise_if_failed(status, error, UnknownError if there else MissingFileError)
        return maps



def _numpy() -> Any:
    try:
        import numpy
    except ImportError as error:
        raise ImportError(f"this method returns a numpy array: {error}") from error
    return numpy


def _words(caption: Union[Caption, str, Sequence[str]]) -> List[bytes]:
    if isinstance(caption, Caption):
        caption = [word.text for word in caption.words]
    elif isinstance(caption, str):
        caption = caption.split()
    return [_writing.text("caption", word) for word in caption]


def _reporter(
    progress: Optional[Callable[[int, int], object]], raised: List[BaseException]
) -> Any:
    """A function for the library.  What is raised while it runs, Ctrl-C also, ends the call."""

    def go_on(context: object, done: int, total: int) -> int:
        try:
            return progress is None or progress(done, total) is not False
        except BaseException as error:
            raised.append(error)
            return False

    function: Any = dict(_header.captioner_progress._fields_)["go_on"]
    return function(go_on)
