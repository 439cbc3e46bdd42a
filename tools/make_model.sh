#!/bin/bash
# SPDX-License-Identifier: MIT
# Remakes the shipped model from the data that it was trained on.
# usage: tools/make_model.sh DATA [OUTPUT]
# DATA holds flickr8k/ (Flickr8k.token.txt, the split lists, images/), coco/ (captions.tsv,
# images/), text/flickr30k-captions.txt and weights/alexnet.safetensors.  OUTPUT is
# models/pretrained/caption.safetensors unless given.
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
text=$data/text/flickr30k-captions.txt

mkdir -p "$work"

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
    "$caption" train "${photos[@]}" --encoder "$data/weights/alexnet.safetensors" \
        --output "$model" --seed "${SEED:-1}" --patience 0 --no-consensus "$@" "${resume[@]}"
}

# What people say, also of photos that are not there; what they say of these photos; what scores.
train words --text "$text" --epochs 5 --image-dropout 0.5 --min-count 15
train photos --start "$work/words.safetensors" --epochs 2 --rate 3e-4 --image-dropout 0.5
train model --start "$work/photos.safetensors" --text "$text" --scst --samples 5 --batch 64 \
    --epochs 5 --rate 1e-4 --schedule linear --image-dropout 0.6

# COCO's photos count less, or its way of speaking would be heard too much; 80 MB is all there is.
"$caption" consensus "${photos[@]}" --weight 1 --weight 0.3 --directions 232 --seen 6 \
    --landmarks 0 --model "$work/model.safetensors" --output "$work/calibrated.safetensors" \
    --overwrite
"$caption" calibrate "${photos[@]}" --split dev --model "$work/calibrated.safetensors"
"$caption" eval --data "$data/flickr8k" --split dev --model "$work/calibrated.safetensors" \
    --json "$work/scores.json"
"$caption" eval --data "$work/coco-dev.tsv" --images "$data/coco/images" --split all \
    --model "$work/calibrated.safetensors" --json "$work/scores-coco.json"
cp "$work/calibrated.safetensors" "$output.new"
mv "$output.new" "$output"
