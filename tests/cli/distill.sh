#!/bin/bash
# An encoder trained on photos without captions, towards made-up features of a teacher.
. "$(dirname "$0")/lib.sh"
export CAPTION_MODEL=$MODEL
mkdir photos captioned
things=(dog cat horse)
number_of=0
for copy in 1 2 3; do # what is behind a JPEG's end makes it another file
    for image in "$SOURCE"/tests/data/images/{cmyk,grey,large,progressive,rgb,ycck}*.jpg "$SAMPLES"/*.jpg; do
        number_of=$((number_of + 1))
        name=$copy$(basename "$image" .jpg)
        if [ $((number_of % 6)) -eq 0 ]; then
            { cat "$image"; echo $copy; } >"photos/$name.jpg"
        else
            { cat "$image"; echo $copy; } >"captioned/$name.jpg"
            echo "A photo of a ${things[number_of % 3]} ." >"captioned/$name.txt"
        fi
    done
done
count=$(ls photos/*.jpg captioned/*.jpg | wc -l)

# teacher NAME FEATURES: int8 features of all photos but the last, whose list is beside it
teacher() {
    local rows=$((count - 1)) header
    ls photos/*.jpg captioned/*.jpg | head -n $rows >"$1-images.txt"
    header="{\"near\":{\"dtype\":\"I8\",\"shape\":[$rows,$2],\"data_offsets\":[0,$((rows * $2))]}}"
    while [ $((${#header} % 8)) -ne 0 ]; do header="$header "; done
    {
        printf "\\x$(printf %02x $((${#header} % 256)))\\x$(printf %02x $((${#header} / 256)))\0\0\0\0\0\0%s" "$header"
        for ((i = 0; i < rows * $2; i++)); do printf "\\x$(printf %02x $((i * 37 % 127)))"; done
    } >"$1.safetensors"
}
teacher told 4
small=(--teacher told.safetensors --from fc7 --batch 64 --epochs 1 --optimiser sgd --rate 1e-3 --threads 2)

begin "photos and a teacher train an encoder, with its curve, checkpoint and cache"
run "$CAPTION" distill --photos photos --data captioned -o new.safetensors "${small[@]}" --words 5
code 0; out_is ""
err_like "left out 1 photos that the teacher does not know"
err_like "epoch 1: loss [0-9.]*; gradient .*; dev: explained .*near .*words"
that test -s new.safetensors -a -s new.safetensors.png -a -s new.safetensors.checkpoint -a -s new.safetensors.pool5
run "$CAPTION" info new.safetensors
code 0; out_like "encoder.training *distill from=fc7.*epoch="; out_like "encoder.scores"
that test "$("$CAPTION" info -t new.safetensors | grep -c decoder)" -eq 0

rm new.safetensors.checkpoint
mkdir few
cp $(ls captioned/* | head -n 16) few
begin "with --model the whole model is written, and its decoder refused until it is trained again"
cp -r photos copies
copied=$(ls photos | wc -l)
first=$(ls photos/*.jpg | head -n 1)
head -c 200 "$first" >photos/cut.jpg
sed -i "1s#.*#cut.jpg#" told-images.txt
run "$CAPTION" distill --photos photos --photos copies -o model.safetensors "${small[@]}" --model "$MODEL" \
    --from conv5 --skip-missing
code 0; err_like "$copied photos are there more than once"; err_like "GB of pixels in memory"
err_like "left out 1 photos that cannot be decoded, the first: .*cut.jpg"
run "$CAPTION" info model.safetensors
out_like "decoder.en.encoder *[0-9a-f]{16}"
for command in "" eval consensus calibrate export; do
    data="--data few"
    [ "$command" != "" ] || data="copies/cat.jpg"
    [ "$command" != export ] || data="-o onnx"
    run "$CAPTION" $command $data -m model.safetensors
    code 1; out_is ""; err_lines 1
    err_like "^caption: model.safetensors: the decoder for 'en' belongs to the encoder [0-9a-f]{16}, and the file has [0-9a-f]{16}: train the decoder again, with --encoder and this file$"
done
run "$CAPTION" train --data few --encoder model.safetensors -o again.safetensors --hidden 8 --min-count 1 \
    --batch 4 --epochs 1 --threads 2 --beam 1
code 0
run "$CAPTION" info --check again.safetensors
code 0
that test "$(grep -oE "[a-z.]*encoder(.fingerprint)? +[0-9a-f]{16}" <<<"$out" | awk '{ print $2 }' | sort -u | wc -l)" -eq 1
run "$CAPTION" -m again.safetensors copies/*.jpg
code 0
run "$CAPTION" train --data few --start model.safetensors -o moved.safetensors --batch 4 --epochs 1 --threads 2 --beam 1
code 0; err_like "the start's decoder knows another encoder: it is trained on for this one, without its consensus"
run "$CAPTION" -m moved.safetensors copies/*.jpg
code 0

begin "what cannot be is said before anything is written"
run "$CAPTION" distill -o x.safetensors --teacher told.safetensors
code 2; err_like "no photos"
run "$CAPTION" distill --photos photos "${small[@]}" -o new.safetensors
code 2; err_like "new.safetensors: a model is there already"
run "$CAPTION" distill --photos photos --teacher absent.safetensors -o x.safetensors
code 1; err_like "absent.safetensors"
echo "my notes" >notes
run "$CAPTION" distill --photos photos "${small[@]}" -o x.safetensors --cache notes
code 1; err_like "not a cache of pool5"
that test "$(cat notes)" = "my notes"
run "$CAPTION" distill --photos photos "${small[@]}" -o x.safetensors --encoder told.safetensors
code 1; err_like "fc6.weight"
that test ! -e x.safetensors
run "$CAPTION" distill --photos photos/cut.jpg --photos photos "${small[@]}" -o x.safetensors
code 1; err_like "1 photos cannot be decoded, the first: photos/cut.jpg.*--skip-missing"
that test ! -e x.safetensors
finish
