#!/bin/bash
# The type hints of the module, by mypy: a program that uses it has the types that it should.
# usage: check_types.sh PYTHON SOURCE_ROOT        (PYTHONPATH is the build's python/)
# Skipped (exit code 77) where mypy or numpy is not installed.
unset LD_PRELOAD # Python's own tools need no sanitizer
python=$1 source=$2
"$python" -c 'import mypy, numpy' 2>/dev/null || { echo "mypy or numpy is not installed"; exit 77; }
work=$(mktemp -d "${TMPDIR:-/tmp}/caption-types.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
options=(--config-file "$source/pyproject.toml" --cache-dir "$work/cache")
cd "$PYTHONPATH" && "$python" -m mypy "${options[@]}" -p caption || exit 1

cat >"$work/use.py" <<'END'
import pathlib
from typing import List
import numpy as np
import caption
with caption.Captioner("model", language="en") as captioner:
    reveal_type(captioner.caption("photo.jpg", 3, beam=3, keywords="auto", forbid=["a"]))
array = np.zeros((2, 2, 3), np.uint8)
photos: List["caption.Photo"] = [pathlib.Path("a.jpg"), b"", array, open("a.jpg", "rb")]
reveal_type(captioner.caption_batch(photos))
reveal_type(captioner.caption_batch(photos, return_exceptions=True))
reveal_type(captioner.features(photos))
captioner.caption("photo.jpg", bean=3)
captioner.caption(3)
END
MYPYPATH=$PYTHONPATH "$python" -m mypy "${options[@]}" "$work/use.py" >"$work/found"
for expected in '6: note: Revealed type is "caption._results.Result"' \
    '9: note: Revealed type is "builtins.list\[caption._results.Result\]"' \
    '10: note: Revealed type is .*list\[Union\[caption._results.Result, builtins.Exception\]\]"' \
    '11: note: Revealed type is "numpy.ndarray' '12: error: Unexpected keyword argument "bean"' \
    '13: error: Argument 1 to "caption" .* has incompatible type "int"' 'Found 2 errors'; do
    grep -q "$expected" "$work/found" || { echo "not found: $expected"; cat "$work/found"; exit 1; }
done
echo "the types are as promised"
