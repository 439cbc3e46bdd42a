#!/bin/bash
# The model of this tree, as a user gets it: found without being named, small enough, and not blind.
. "$(dirname "$0")/lib.sh"
shipped=$SOURCE/models/pretrained/caption.safetensors
[ -e "$shipped" ] || { echo "1..0 # SKIP this tree has no shipped model"; exit 0; }

begin "the program finds the model of its own tree, and sees the cat"
run "$CAPTION" "$SAMPLES/cat.jpg"
code 0; err_is ""; out_lines 1; out_like "(^| )cat( |$)"

begin "every sample photo gets a sentence of several words"
run "$CAPTION" --quiet "$SAMPLES"
code 0; err_is ""; out_lines "$(ls "$SAMPLES"/*.jpg | wc -l)"
that test "$(cut -f 2 .out | awk 'NF < 3' | wc -l)" -eq 0

begin "it takes at most 80 MB"
that test "$(stat -c %s "$shipped")" -le 80000000

begin "meson install brings it along"
prefix=$(sed -n 's/^#define APP_FULL_DATADIR "\(.*\)\/share"$/\1/p' "$BUILD/app/paths.h")
DESTDIR=$work/stage run meson install -C "$BUILD" --no-rebuild --quiet
code 0
run "$work/stage$prefix/bin/caption" "$SAMPLES/cat.jpg"
code 0; out_like "(^| )cat( |$)"

finish
