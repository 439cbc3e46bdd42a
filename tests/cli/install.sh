#!/bin/bash
# Installed programs find their model, wherever the installation was moved to.
. "$(dirname "$0")/lib.sh"
cp "$SAMPLES/cat.jpg" cat.jpg
prefix=$(sed -n 's/^#define APP_FULL_DATADIR "\(.*\)\/share"$/\1/p' "$BUILD/app/paths.h")
expected=$("$CAPTION" --model "$MODEL" cat.jpg)

begin "meson install puts program, man page and completion in their places"
DESTDIR=$work/stage run meson install -C "$BUILD" --no-rebuild --quiet
code 0
installed=$work/stage$prefix
that test -x "$installed/bin/caption"
that test -f "$installed/share/man/man1/caption.1"
that test -f "$installed/share/bash-completion/completions/caption"
that test -f "$installed/share/zsh/site-functions/_caption"
that test -f "$installed/share/fish/vendor_completions.d/caption.fish"
units=$installed/lib/systemd/system
if [ -e "$BUILD/app/caption.service" ]; then
    that grep -qx "ExecStart=$prefix/bin/caption serve --idle 600" "$units/caption.service"
    that test -f "$units/caption.socket"
fi

begin "the installed program finds the model beside it"
mkdir -p "$installed/share/caption"
ln -sf "$MODEL" "$installed/share/caption/caption.safetensors"
run "$installed/bin/caption" cat.jpg
code 0; err_is ""; out_is "$expected"

begin "it still does after the installation has moved"
mv "$installed" elsewhere
run elsewhere/bin/caption cat.jpg
code 0; out_is "$expected"
if [ "$METADATA" = yes ]; then
    run elsewhere/bin/caption -q --sidecar xmp cat.jpg
    code 0; err_is ""
    that test -s cat.jpg.xmp
fi
ln -s "$work/elsewhere/bin/caption" link
run ./link cat.jpg
code 0; out_is "$expected"

begin "the other model is found by its name, unless a file has it, and is used where it is alone"
ln -sf "$MODEL" elsewhere/share/caption/caption-coco.safetensors
for model in "-m coco" "--model coco" "-m elsewhere/share/caption/caption-coco.safetensors"; do
    run elsewhere/bin/caption $model cat.jpg
    code 0; err_is ""; out_is "$expected"
done
CAPTION_MODEL=coco run elsewhere/bin/caption cat.jpg
code 0; out_is "$expected"
run elsewhere/bin/caption info coco
code 0; out_like "^file +$work/elsewhere/share/caption/caption-coco.safetensors"
run elsewhere/bin/caption features -m coco -o elsewhere/share/caption/caption-coco.safetensors cat.jpg
code 2; err_like "caption-coco.safetensors"; that cmp "$MODEL" elsewhere/share/caption/caption-coco.safetensors
echo "no model" >coco
run elsewhere/bin/caption -m coco cat.jpg
code 1; err_like "^caption: coco: "
rm coco
run elsewhere/bin/caption -m tokyo cat.jpg
code 1; err_is "caption: tokyo: No such file or directory"
mv elsewhere/share/caption/caption.safetensors .
run elsewhere/bin/caption cat.jpg
code 0; err_is ""; out_is "$expected"
mv caption.safetensors elsewhere/share/caption

begin "a program is built against the installed library alone with pkg-config, and captions"
stage=$work/stage
DESTDIR=$stage meson install -C "$BUILD" --no-rebuild --quiet
library=$(dirname "$(find "$stage$prefix" -name caption.pc)")
that test -f "$stage$prefix/include/caption/captioner.h"
export PKG_CONFIG_LIBDIR=$library PKG_CONFIG_SYSROOT_DIR=$stage
sanitize=()
[ "$SANITIZE" = none ] || sanitize=("-fsanitize=$SANITIZE")
run $CC "${sanitize[@]}" "$SOURCE/docs/example.c" $(pkg-config --cflags --libs caption) -o example
code 0
LD_LIBRARY_PATH=${library%/pkgconfig} run ./example "$MODEL" cat.jpg
code 0; out_like "$expected"

begin "without a model it says where it looked"
rm elsewhere/share/caption/caption*.safetensors
if ls "$prefix"/share/caption/caption*.safetensors >/dev/null 2>&1; then
    echo "# $prefix has a model installed; not tried"
else
    run elsewhere/bin/caption cat.jpg
    code 1; out_is ""; err_lines 1; err_like "^caption: no model: none at .*--model"
fi

finish
