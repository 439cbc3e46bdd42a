#!/bin/bash
# The installed module finds its library and its model, wherever the installation was moved to.
. "$(dirname "$0")/../cli/lib.sh"
preload=${LD_PRELOAD:-}
unset LD_PRELOAD CAPTION_LIBRARY PYTHONPATH
python() { LD_PRELOAD=$preload PYTHONPATH=$modules run "$PYTHON" "$@"; }
expected=$("$CAPTION" --model "$MODEL" "$SAMPLES/cat.jpg")

begin "meson install installs the module where the Python of the build looks"
DESTDIR=$work/stage run meson install -C "$BUILD" --no-rebuild --quiet
code 0
package=$(find stage -path '*/caption/_header.py')
package=${package%/_header.py}
modules=$work/${package%/caption}
that test -f "$package/py.typed"
searched=$("$PYTHON" -I -c 'import sys; print(*sys.path, sep="\n")')
case $modules in
    "$work"/stage/usr/l*) that grep -qxF "${modules#"$work/stage"}" <<<"$searched" ;;
esac # other prefixes are the user's affair
that test "$(find stage -name '*.py' | wc -l)" -eq "$(find "$package" -name '*.py' | wc -l)"

begin "it captions with the model that is installed"
prefix=${package%/lib*}
mkdir -p "$prefix/share/caption"
ln -sf "$MODEL" "$prefix/share/caption/caption.safetensors"
python -c "import caption; print(caption.Captioner().caption('$SAMPLES/cat.jpg'))"
code 0; err_is ""; out_is "$expected"

begin "it still does after the installation has moved"
mv "$prefix" elsewhere
modules=$work/elsewhere${modules#"$work/$prefix"}
python -m caption "$SAMPLES/cat.jpg"
code 0; err_is ""; out_is "$expected"

begin "the other model is used where it is alone"
mv elsewhere/share/caption/caption.safetensors elsewhere/share/caption/caption-coco.safetensors
python -m caption "$SAMPLES/cat.jpg"
code 0; err_is ""; out_is "$expected"

begin "without a model it says where it looked"
rm elsewhere/share/caption/caption-coco.safetensors
python -m caption "$SAMPLES/cat.jpg"
code 1; out_is ""; err_is "caption: $work/elsewhere/share/caption/caption.safetensors: No such file or directory"
finish
