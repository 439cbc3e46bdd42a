#!/bin/bash
# SPDX-License-Identifier: MIT
# What a training will read, before it does: vectors of other networks, captions in the photos.
. "$(dirname "$0")/lib.sh"
export CAPTION_MODEL=$MODEL
mkdir photos
number_of=0
for name in a b c d e f g h i j k l; do # one picture, and files that differ
    number_of=$((number_of + 1))
    { cat "$SOURCE/tests/data/images/grey.jpg"; echo $number_of; } >photos/$name.jpg
    echo "thing $((number_of % 3)) on a table" >photos/$name.txt
done
small=(--hidden 8 --min-count 1 --batch 4 --epochs 1 --warmup 0 --threads 2 --patience 0)

begin "features are read back as vectors: a model of them captions no photos, and says so"
run "$CAPTION" features -o v.npy photos
code 0
that test "$(sed -n 2p v.npy.names)" = photos/b.jpg
run "$CAPTION" train --data photos --vectors v.npy -o v.safetensors "${small[@]}"
code 0; err_like "12 photos|1[01] photos"
run "$CAPTION" -m v.safetensors photos/a.jpg
code 1; out_is ""; err_lines 1
err_like "v.safetensors: was trained on 4096 numbers per photo that another network made"
run "$CAPTION" eval --data photos --vectors v.npy -m v.safetensors --split all
code 0; out_like "photos      12"
run "$CAPTION" eval --data photos -m v.safetensors
code 1; err_like "cannot look at photos itself"
run "$CAPTION" features -o v2.safetensors photos
code 0
run "$CAPTION" train --data photos --vectors v2.safetensors -o v2.st "${small[@]}"
code 0
that cmp v.safetensors v2.st

begin "vectors of any width, without the photos themselves"
printf "\x93NUMPY\x01\x00\x46\x00%-69s\n" "{'descr': '<f4', 'fortran_order': False, 'shape': (12, 4), }" >w.npy
for i in 1 2 3 4; do tail -c 48 "$SOURCE/tests/data/npy/f4.npy"; done >>w.npy
for photo in photos/*.txt; do printf 'far/%s.jpg\t%s\n' "$(basename "$photo" .txt)" "$(cat "$photo")"; done >table.tsv
cut -f 1 table.tsv | sort -r >names
run "$CAPTION" train --data table.tsv --vectors w.npy --vectors-names names -o w.safetensors "${small[@]}"
code 0
run "$CAPTION" eval --data table.tsv --vectors w.npy --vectors-names names -m w.safetensors --split all
code 0
run "$CAPTION" train --data table.tsv --vectors w.npy -o w2.safetensors "${small[@]}"
code 0; err_like "w.npy: comes without names; its rows are taken to be in the order of the data"
run "$CAPTION" eval --data photos --vectors w.npy -m v.safetensors
code 1; err_like "w.npy: 4 numbers per photo, and v.safetensors reads 4096"
sed -i 1d names
run "$CAPTION" train --data table.tsv --vectors w.npy --vectors-names names -o w3.safetensors "${small[@]}"
code 1; err_lines 1; err_like "names: 11 names of 12 rows"
that test ! -e w3.safetensors

begin "what needs an encoder is refused with vectors"
for option in --finetune-cnn "--text table.tsv" "--encoder $MODEL"; do
    run "$CAPTION" train --data photos --vectors v.npy -o x.safetensors $option
    code 2; err_like "--vectors and ${option%% *} do not go together"
done
run "$CAPTION" calibrate --data photos --vectors v.npy -m v.safetensors
code 1; err_like "cannot look at photos itself"

begin "captions in the photos' own metadata: XMP, IPTC, EXIF and sidecars, of a person"
mkdir -p own/below
for name in Caption-Abstract Description ImageDescription rich; do
    cp "$SOURCE/tests/data/metadata/$name.jpg" own/
done
said="own: the captions are the descriptions in the photos' own metadata"
for name in a b c d e f g h; do
    cp photos/$name.jpg own/below/
    cat >own/below/$name.xmp <<XMP
<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>
<rdf:Description xmlns:dc='http://purl.org/dc/elements/1.1/'><dc:description><rdf:Alt>
<rdf:li xml:lang='x-default'>Une chose</rdf:li><rdf:li xml:lang='en'>A thing on
a table</rdf:li></rdf:Alt></dc:description></rdf:Description></rdf:RDF>
XMP
done
cp photos/k.jpg photos/l.jpg own/below # nothing is said of them, or a camera says it, as of rich.jpg
sed "s/Une chose/OLYMPUS DIGITAL CAMERA/; s/A thing on/OLYMPUS DIGITAL CAMERA/; s/^a table//" \
    own/below/a.xmp >own/below/l.jpg.xmp
if [ "$METADATA" = yes ]; then
    run "$CAPTION" train --data own -o own.safetensors "${small[@]}"
    code 0; err_like "$said"; err_like "3 photos without a caption"
    err_like "vocabulary: [0-9]+ words"
    grep -aq 'granny' own.safetensors || problem "no 'granny'"
    grep -aq 'thing' own.safetensors || problem "no 'thing'"
    if grep -aq -e chose -e olympus own.safetensors; then problem "words of no caption"; fi
    "$CAPTION" --write-metadata own/below/k.jpg 2>/dev/null
    run "$CAPTION" train --data own -o own2.safetensors "${small[@]}"
    code 0
    that cmp own.safetensors own2.safetensors # what the program says itself does not count
    run "$CAPTION" train --data photos -o x.safetensors "${small[@]}" --captions-in-photos
    code 1; err_like "photos: no captions in|neither a captions file"
    run "$CAPTION" train --data table.tsv -o x.safetensors --captions-in-photos
    code 1; err_like "table.tsv: expected a folder of photos"
else
    run "$CAPTION" train --data own -o own.safetensors --captions-in-photos
    code 1; err_like "support for metadata is not built in"
fi

finish
