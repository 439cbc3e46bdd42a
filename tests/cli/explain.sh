#!/bin/bash
# The picture of what in the photo drove each word.
. "$(dirname "$0")/lib.sh"
export CAPTION_MODEL=$MODEL
is_png() { [ "$(head -c 8 "$1" | od -An -tx1 | tr -d ' \n')" = 89504e470d0a1a0a ]; }

begin "the caption is printed as without, and the picture written"
run "$CAPTION" "$SAMPLES/cat.jpg"
caption=$out
run "$CAPTION" --explain cat.png "$SAMPLES/cat.jpg"
code 0; out_is "$caption"; err_is ""
that is_png cat.png

begin "a photo that has its caption is explained all the same"
cp "$SAMPLES/cat.jpg" told.jpg
run "$CAPTION" -q --sidecar txt told.jpg
code 0
for again in 1 2; do
    run "$CAPTION" --explain told.png --sidecar txt told.jpg
    code 0; out_is "$caption"; err_is ""
    that is_png told.png
    rm told.png
done

begin "one photo is expected, and no more"
for inputs in "$SAMPLES" "$SAMPLES/cat.jpg $SAMPLES/coffee.jpg"; do
    run "$CAPTION" --explain many.png $inputs
    code 2; out_is ""
    err_is "caption: --explain takes exactly one photo (see 'caption --help')"
done
that test ! -e many.png

begin "a photo that cannot be read leaves the picture that was there"
cp cat.png before.png
run "$CAPTION" --explain cat.png nowhere.jpg
code 1; out_is ""; err_lines 1
that cmp -s cat.png before.png

begin "nothing but an older explanation is written over, and never the photo"
cp "$SAMPLES/cat.jpg" mine.jpg
run "$CAPTION" --explain mine.jpg "$SAMPLES/coffee.jpg"
code 2; out_is ""; err_like "^caption: mine.jpg: is a picture \(JPEG\), and --explain would write over it; name another file"
that cmp -s mine.jpg "$SAMPLES/cat.jpg"
run "$CAPTION" --explain cat.png cat.png
code 2; err_like "^caption: cat.png: cannot be both a photo and --explain"
that cmp -s cat.png before.png

begin "a drawing is no photo of a search, and stays known as a drawing"
mkdir drawings
cp cat.png drawings
cp "$SAMPLES/cat.jpg" drawings
run "$CAPTION" -q drawings
code 0; out_is "drawings/cat.jpg	$caption"
run "$CAPTION" --write-metadata cat.png
code 1; err_like "cat.png: is a drawing or a thumbnail of this program"
that cmp -s cat.png before.png
run "$CAPTION" --explain cat.png "$SAMPLES/cat.jpg"
code 0; out_is "$caption"

begin "a picture that cannot be written is named"
run "$CAPTION" --explain nowhere/cat.png "$SAMPLES/cat.jpg"
code 1; err_like "nowhere/cat.png"

finish
