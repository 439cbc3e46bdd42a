# SPDX-License-Identifier: MIT
"""Whatever a program has a photo as, as the library reads it: the path or the bytes of a file.

Pixels become a file in memory, too: then grey, transparent and coloured pixels are treated as those
of any file, by the same code.
"""

from __future__ import annotations

import contextlib
import io
import os
import struct
import sys
from typing import (
    IO,
    TYPE_CHECKING,
    Any,
    Iterable,
    Iterator,
    Mapping,
    NamedTuple,
    Optional,
    Union,
)

from ._errors import RangeError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from PIL.Image import Image

    Photo = Union[
        str,
        "os.PathLike[str]",
        "os.PathLike[bytes]",
        bytes,
        bytearray,
        memoryview,
        IO[bytes],
        npt.NDArray[np.uint8],
        Image,
    ]

_KINDS = {1: b"GRAYSCALE", 2: b"GRAYSCALE_ALPHA", 3: b"RGB", 4: b"RGB_ALPHA"}


class File(NamedTuple):
    """A picture file."""

    path: Optional[bytes]
    """With data, the name for messages."""
    data: Optional[bytes] = None


def _path(path: Union[str, bytes]) -> File:
    name = os.fsencode(path)
    if b"\0" in name:
        raise RangeError(f"a path with a null byte: {path!r}")
    return File(name)


def _name(name: object) -> Optional[bytes]:
    return os.fsencode(name) if isinstance(name, str) and "\0" not in name else None


def _pixels(height: int, width: int, depth: int, pixels: Union[bytes, memoryview]) -> File:
    """A picture in netpbm's PAM format."""
    header = b"P7\nWIDTH %d\nHEIGHT %d\nDEPTH %d\nMAXVAL 255\nTUPLTYPE %s\nENDHDR\n"
    return File(None, b"".join((header % (width, height, depth, _KINDS[depth]), pixels)))


def _array(array: memoryview) -> File:
    """An array of one dimension is a file's bytes, one of two or three is pixels."""
    shape = array.shape or ()
    if array.format != "B":
        raise TypeError(f"an array of format {array.format!r}; expected uint8")
    if len(shape) == 1:
        return File(None, array.tobytes())
    height, width, *depth = shape
    if len(depth) > 1 or (depth and depth[0] not in _KINDS) or 0 in shape:
        raise RangeError(
            f"an array of shape {shape}; expected (height, width) or (height, width, 1 to 4)"
        )
    pixels = array if array.c_contiguous else array.tobytes()
    return _pixels(height, width, depth[0] if depth else 1, pixels)


def _colours(info: Mapping[str, Any]) -> Any:
    """The chunks of a PNG file that say what its numbers mean, which Pillow does not apply."""
    from PIL.PngImagePlugin import PngInfo

    chunks = PngInfo()
    for name, chunk in (("gamma", b"gAMA"), ("chromaticity", b"cHRM")):
        if name in info:
            values = info[name] if isinstance(info[name], tuple) else (info[name],)
            numbers = [round(value * 100000) for value in values]
            chunks.add(chunk, struct.pack(f">{len(numbers)}I", *numbers))
    if "srgb" in info:
        chunks.add(b"sRGB", bytes([info["srgb"]]))
    return chunks


def _pillow(image: Image) -> File:
    """What Pillow has read; colours that are not sRGB's, and transparent ones, take a PNG file."""
    from PIL import ImageOps

    name = _name(getattr(image, "filename", None))
    image.load()
    with contextlib.suppress(Exception):  # damaged EXIF turns nothing
        image = ImageOps.exif_transpose(image) or image
    profile = image.info.get("icc_profile")
    if image.mode not in ("1", "I", "I;16", "L", "LA", "P", "RGB", "RGBA"):
        profile = None  # of inks, or such; Pillow's conversion gives sRGB
        image = image.convert({"La": "LA", "PA": "RGBA", "RGBa": "RGBA"}.get(image.mode, "RGB"))
    depth = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4}.get(image.mode)
    if depth and not profile and not {"gamma", "transparency"} & set(image.info):
        return _pixels(image.height, image.width, depth, image.tobytes())._replace(path=name)
    stream = io.BytesIO()
    colours = _colours(image.info)
    image.save(stream, "PNG", compress_level=0, icc_profile=profile, exif=b"", pnginfo=colours)
    return File(name, stream.getvalue())


def _stream(stream: IO[bytes]) -> File:
    data = stream.read()
    if not isinstance(data, bytes):
        raise TypeError("a file that was opened as text; expected one opened as 'rb'")
    return File(_name(getattr(stream, "name", None)), data)


def to_file(photo: Any) -> File:
    """Raises TypeError for what is no photo, RangeError for pixels that are none."""
    if isinstance(photo, (str, os.PathLike)):
        return _path(os.fspath(photo))
    if isinstance(photo, bytes):
        return File(None, photo)
    pillow = sys.modules.get("PIL.Image")
    if pillow and isinstance(photo, pillow.Image):
        return _pillow(photo)
    if callable(getattr(photo, "read", None)):
        return _stream(photo)
    try:
        array = memoryview(photo)
    except TypeError:
        raise TypeError(
            "expected a photo: a path, bytes, a binary file, a Pillow image or an array of uint8, "
            f"not {type(photo).__name__}"
        ) from None
    return _array(array)


def _is_photo(photo: object) -> bool:
    """Whether to_file takes it, without reading it."""
    if isinstance(photo, (str, os.PathLike)) or callable(getattr(photo, "read", None)):
        return True
    pillow = sys.modules.get("PIL.Image")
    if pillow and isinstance(photo, pillow.Image):
        return True
    try:
        array = memoryview(photo)  # type: ignore[arg-type]
    except (TypeError, ValueError, BufferError):
        return False
    shape = array.shape or ()
    return array.format == "B" and (len(shape) < 3 or (len(shape) == 3 and shape[2] in _KINDS))


def to_iterator(photos: Iterable[Any]) -> Iterator[Any]:
    """Raises TypeError for a single photo, whose letters, bytes or rows would each count as one."""
    if _is_photo(photos):
        raise TypeError(f"expected a list of photos, not one photo ({type(photos).__name__})")
    try:
        return iter(photos)
    except TypeError:
        raise TypeError(f"expected a list of photos, not {type(photos).__name__}") from None
