#!/bin/bash
# SPDX-License-Identifier: MIT
# Remakes a shipped model from the data that it was trained on.
# usage: tools/make_model.sh [--coco] DATA [OUTPUT]
# DATA holds flickr8k/ (Flickr8k.token.txt, flickr8kzhc.caption.txt, the split lists, images/), coco/
# (captions.tsv, images/), text/flickr30k-captions.txt, text/coco-captions.txt and
# weights/alexnet.safetensors.  OUTPUT is models/pretrained/caption.safetensors unless given.
# --coco: the model whose decoder learnt from COCO's captions alone, which are under CC BY 4.0; OUTPUT
# is models/pretrained/caption-coco.safetensors unless given.
# CAPTION names the program (build/app/caption), SEED the training's (1).  What is made on the way
# goes to a folder beside OUTPUT, ending in .work; a run that was interrupted goes on.  Products are
# in bf16 where the processor has them, as when the shipped models were made.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
name=caption coco_alone=
if [ "${1-}" = --coco ]; then
    name=caption-coco coco_alone=yes
    shift
fi
if [ $# -lt 1 ] || [ $# -gt 2 ]; then
    sed -n '4,12s/^# //p' "$0" >&2
    exit 2
fi
data=$1
output=${2:-$root/models/pretrained/$name.safetensors}
caption=${CAPTION:-$root/build/app/caption}
work=$output.work
mkdir -p "$work"
products=()
if grep -qsw avx512_bf16 /proc/cpuinfo; then
    products=(--bf16)
fi

# 300 of the COCO photos are for measuring, never for training.
awk -F'\t' -v work="$work" '
    !($1 in number) { number[$1] = photos++ }
    { dev = number[$1] % 9 == 0 && number[$1] < 2700
      print > (work "/coco-" (dev ? "dev" : "train") ".tsv") }' "$data/coco/captions.tsv"
coco_dev=(--data "$work/coco-dev.tsv" --images "$data/coco/images" --cache "$work/features-coco")

# train NAME OPTION...: a stage, which goes on from its checkpoint where there is one
train() {
    local model=$work/$1.safetensors resume=()

    shift
    if [ -e "$model.checkpoint" ]; then
        resume=(--resume)
    fi
    "$caption" train --output "$model" --seed "${SEED:-1}" --patience 0 --no-consensus \
        "${products[@]}" "$@" "${resume[@]}"
}

# finish LANGUAGE FROM TO OPTION...: TO is the model FROM with a consensus, calibrated on "${sets[@]}"
finish() {
    local language=$1 from=$work/$2.safetensors to=$work/$3.safetensors

    shift 3
    "$caption" consensus --lang "$language" "$@" --model "$from" --output "$to" --overwrite
    "$caption" calibrate --lang "$language" "${sets[@]}" --model "$to"
}

measure() { # MODEL NAME OPTION...
    local model=$work/$1.safetensors scores=$work/scores-$2.json

    shift 2
    "$caption" eval --model "$model" --json "$scores" --overwrite "$@"
}

# english EPOCHS MIN-COUNT ABOUT: what people say, also of photos that are not there; what they say of
# these photos; what scores.
english() {
    local from=("${photos[@]}" --encoder "$data/weights/alexnet.safetensors")

    train words "${from[@]}" --text "$work/text.txt" --epochs "$1" --image-dropout 0.5 \
        --min-count "$2"
    train photos "${from[@]}" --start "$work/words.safetensors" --epochs 2 --rate 3e-4 \
        --image-dropout 0.5
    train english "${from[@]}" --start "$work/photos.safetensors" --text "$work/text.txt" --scst \
        --samples 5 --batch 64 --epochs 1 --rate 1e-4 --schedule linear --image-dropout 0.6 --about "$3"
}

if [ "$coco_alone" ]; then
    cp "$data/text/coco-captions.txt" "$work/text.txt"
    photos=(--data "$work/coco-train.tsv" --images "$data/coco/images" --cache "$work/features")
    sets=("${coco_dev[@]}" --split all)
    english 4 8 "captions of COCO, under CC BY 4.0"
    finish en english whole "${photos[@]}" --directions 192 --seen 4
else
    cat "$data"/text/{flickr30k,coco}-captions.txt >"$work/text.txt"
    photos=(--data "$data/flickr8k" --data "$work/coco-train.tsv" --images "$data/coco/images"
            --cache "$work/features")
    sets=(--data "$data/flickr8k" --data "$work/coco-dev.tsv" --images "$data/coco/images"
          --cache "$work/features-dev" --split dev)
    english 5 15 "captions of Flickr8k and Flickr30k, for research and education, and of COCO, CC BY 4.0"
    # COCO's photos count less, or its way of speaking would be heard too much.  95 MB are all there
    # is, and to English they are worth most as directions.
    finish en english english-finished "${photos[@]}" --weight 1 --weight 0.3 --landmarks 5600 \
        --directions 384 --seen 5

    # Chinese, by characters.
    photos=(--data "$data/flickr8k/flickr8kzhc.caption.txt" --cache "$work/features-zh")
    sets=("${photos[@]}" --split dev)
    train chinese "${photos[@]}" --lang zh --encoder "$work/english-finished.safetensors" \
        --hidden 320 --epochs 9 --min-count 3 --image-dropout 0.5 --image-rank 192 \
        --about "captions of Flickr8k-CN, for research and education"
    finish zh chinese whole "${photos[@]}" --landmarks 2000 --directions 160 --seen 6
    measure whole zh "${sets[@]}" --lang zh --people
fi
measure whole flickr8k --data "$data/flickr8k" --split dev --cache "$work/features-flickr8k"
measure whole coco "${coco_dev[@]}" --split all
cp "$work/whole.safetensors" "$output.new"
mv "$output.new" "$output"
