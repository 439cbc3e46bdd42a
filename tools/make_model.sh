#!/bin/bash
# SPDX-License-Identifier: MIT
# Remakes the shipped model from the data that it was trained on.
# usage: tools/make_model.sh DATA [OUTPUT]
# DATA holds flickr8k/ (Flickr8k.token.txt, flickr8kzhc.caption.txt, the split lists, images/), coco/
# (captions.tsv, images/), text/flickr30k-captions.txt, text/coco-captions.txt and
# weights/alexnet.safetensors.  OUTPUT is models/pretrained/caption.safetensors unless given.
# CAPTION names the program (build/app/caption), SEED the training's (1).  What is made on the way
# goes to a folder beside OUTPUT, ending in .work; a run that was interrupted goes on.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
if [ $# -lt 1 ] || [ $# -gt 2 ]; then
    sed -n '4,9s/^# //p' "$0" >&2
    exit 2
fi
data=$1
output=${2:-$root/models/pretrained/caption.safetensors}
caption=${CAPTION:-$root/build/app/caption}
work=$output.work
mkdir -p "$work"
cat "$data"/text/{flickr30k,coco}-captions.txt >"$work/text.txt"

# 300 of the COCO photos are for measuring, never for training.
awk -F'\t' -v work="$work" '
    !($1 in number) { number[$1] = photos++ }
    { dev = number[$1] % 9 == 0 && number[$1] < 2700
      print > (work "/coco-" (dev ? "dev" : "train") ".tsv") }' "$data/coco/captions.tsv"
photos=(--data "$data/flickr8k" --data "$work/coco-train.tsv" --images "$data/coco/images"
        --cache "$work/features")

# train NAME OPTION...: a stage, which goes on from its checkpoint where there is one
train() {
    local model=$work/$1.safetensors resume=()

    shift
    if [ -e "$model.checkpoint" ]; then
        resume=(--resume)
    fi
    "$caption" train --output "$model" --seed "${SEED:-1}" --patience 0 --no-consensus "$@" \
        "${resume[@]}"
}

# finish LANGUAGE FROM TO OPTION...: TO is the model FROM with a consensus, calibrated
finish() {
    local language=$1 from=$work/$2.safetensors to=$work/$3.safetensors

    shift 3
    "$caption" consensus --lang "$language" "$@" --model "$from" --output "$to" --overwrite
    "$caption" calibrate --lang "$language" "${sets[@]}" --split dev --model "$to"
}

# What people say, also of photos that are not there; what they say of these photos; what scores.
english=("${photos[@]}" --encoder "$data/weights/alexnet.safetensors")
train words "${english[@]}" --text "$work/text.txt" --epochs 5 --image-dropout 0.5 --min-count 15
train photos "${english[@]}" --start "$work/words.safetensors" --epochs 2 --rate 3e-4 \
    --image-dropout 0.5
train english "${english[@]}" --start "$work/photos.safetensors" --text "$work/text.txt" --scst \
    --samples 5 --batch 64 --epochs 3 --rate 1e-4 --schedule linear --image-dropout 0.6

# COCO's photos count less, or its way of speaking would be heard too much; with Chinese, 95 MB are
# all there is.
sets=(--data "$data/flickr8k" --data "$work/coco-dev.tsv" --images "$data/coco/images"
      --cache "$work/features-dev")
finish en english english-finished "${photos[@]}" --weight 1 --weight 0.3 --landmarks 5600 \
    --directions 192 --seen 5

# Chinese, by characters.
sets=(--data "$data/flickr8k/flickr8kzhc.caption.txt" --cache "$work/features-zh")
train chinese "${sets[@]}" --lang zh --encoder "$work/english-finished.safetensors" --hidden 320 \
    --epochs 9 --min-count 3 --image-dropout 0.5
finish zh chinese both "${sets[@]}" --landmarks 0 --directions 160 --seen 6

measure() {
    "$caption" eval --model "$work/both.safetensors" --overwrite "$@"
}
measure --data "$data/flickr8k" --split dev --cache "$work/features-flickr8k" --json "$work/scores.json"
measure --data "$work/coco-dev.tsv" --images "$data/coco/images" --split all \
    --cache "$work/features-coco" --json "$work/scores-coco.json"
measure "${sets[@]}" --lang zh --split dev --people --json "$work/scores-zh.json"
cp "$work/both.safetensors" "$output.new"
mv "$output.new" "$output"
