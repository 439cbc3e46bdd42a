#!/bin/bash
# SPDX-License-Identifier: MIT
# Remakes the shipped model from the data that it was trained on.
# usage: tools/make_model.sh DATA [OUTPUT]
# DATA holds flickr8k/ (Flickr8k.token.txt, the split lists, images/), coco/ (captions.tsv, images/) and
# weights/alexnet.safetensors.  OUTPUT is models/pretrained/caption.safetensors unless given.
# CAPTION names the program (build/app/caption).  The features of the photos, the checkpoint and the curve
# go to a folder beside OUTPUT, ending in .work; a run that was interrupted goes on.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
if [ $# -lt 1 ] || [ $# -gt 2 ]; then
    sed -n '4,8s/^# //p' "$0" >&2
    exit 2
fi
data=$1
output=${2:-$root/models/pretrained/caption.safetensors}
caption=${CAPTION:-$root/build/app/caption}
work=$output.work

mkdir -p "$work"
resume=()
[ -e "$work/model.safetensors.checkpoint" ] && resume=(--resume)
"$caption" train --data "$data/flickr8k" --data "$data/coco/captions.tsv" \
    --encoder "$data/weights/alexnet.safetensors" --cache "$work/features" \
    --output "$work/model.safetensors" --epochs 10 --batch 100 --hidden 512 --dropout 0.5 \
    --image-dropout 0.3 --smoothing 0.1 --min-count 5 --storage int8 --seed 1 "${resume[@]}"
"$caption" calibrate --data "$data/flickr8k" --data "$data/coco/captions.tsv" --split dev \
    --cache "$work/features" --model "$work/model.safetensors"
"$caption" eval --data "$data/flickr8k" --split dev --model "$work/model.safetensors" \
    --json "$work/scores.json"
cp "$work/model.safetensors" "$output.new"
mv "$output.new" "$output"
