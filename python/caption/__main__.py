# SPDX-License-Identifier: MIT
"""python -m caption PHOTO...: a caption per line, as the program `caption` prints them."""

from __future__ import annotations

import argparse
import io
import os
import sys

from . import Captioner, CaptionError


def _visible(text: object) -> str:
    """Names may contain characters that a terminal obeys."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in str(text))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m caption", description="Captions photos.")
    parser.add_argument("photos", nargs="+", metavar="PHOTO")
    parser.add_argument("-m", "--model", help="the model file")
    parser.add_argument("-l", "--language", help="of the captions")
    arguments = parser.parse_args()
    failures = 0
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="surrogateescape")  # paths are printed as they are
    try:
        with Captioner(arguments.model, language=arguments.language) as captioner:
            results = captioner.caption_iter(arguments.photos, return_exceptions=True)
            for photo, result in zip(arguments.photos, results):
                if isinstance(result, Exception):
                    failures += 1
                    print(f"caption: {_visible(result)}", file=sys.stderr)
                else:
                    name = _visible(photo) if sys.stdout.isatty() else photo
                    print(result if len(arguments.photos) == 1 else f"{name}\t{result}")
    except (CaptionError, ImportError) as error:
        sys.exit(f"caption: {_visible(error)}")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
