#!/bin/bash
# SPDX-License-Identifier: MIT
# Makes the text models that come with `textrnn` again, and others that docs/textrnn.md measures.
# usage: tools/make_text_models.sh small|large|compared DATA CHECKOUT WORK
# DATA holds flickr8k/ and translate/ as for tools/make_model.sh; CHECKOUT is that of the Tang poems
# (tools/collect-corpus); WORK is a folder for corpora, models and logs.  `small` writes the models
# into models/pretrained/text/.  TEXTRNN names the program (build/app/textrnn).  A training that was
# interrupted goes on; what is done stays.  Needs the packages that tools/collect-corpus names.
set -eu -o pipefail
if [ $# -ne 4 ]; then
    sed -n '4,9s/^# //p' "$0" >&2
    exit 2
fi
root=$(cd "$(dirname "$0")/.." && pwd)
data=$2 checkout=$3 work=$4
textrnn=${TEXTRNN:-$root/build/app/textrnn}
collect=$root/tools/collect-corpus
shipped=$root/models/pretrained/text
mkdir -p "$work"
cd "$work"

# A corpus that is there is complete: its folder or file appears last.
corpus() { # NAME: by collect-corpus, into a folder
    [ -d "$1" ] || { "$collect" "$1" "$1.new"; mv "$1.new" "$1"; }
}
corpus kernel
corpus bible
corpus sections
[ -f tang.txt ] || { "$collect" tang "$checkout" >tang.new; mv tang.new tang.txt; }
if [ ! -f en-dev.txt ]; then
    # Captions, by the split of their photos.
    captions() { # LIST FILE: the lines of the photos of a list, without their names
        awk 'NR == FNR { listed[$1]; next }
             { split($1, photo, "#"); if (photo[1] in listed) { sub(/^[^ \t]*[ \t]/, ""); print } }' \
            "$data/flickr8k/$1" "$data/flickr8k/$2"
    }
    captions Flickr_8k.trainImages.txt flickr8kzhc.caption.txt | tr -d ' ' >zh-train.txt
    cut -f 2 "$data/translate/train.tsv" >>zh-train.txt
    captions Flickr_8k.devImages.txt flickr8kzhc.caption.txt | tr -d ' ' >zh-dev.txt
    captions Flickr_8k.trainImages.txt Flickr8k.token.txt | tr A-Z a-z >en-train.txt
    captions Flickr_8k.devImages.txt Flickr8k.token.txt | tr A-Z a-z >en-dev.txt
    head -n 1500 "$data/translate/dev.tsv" >translate-dev.tsv
fi

# train NAME OPTION...: a model, which goes on from its checkpoint where there is one
train() {
    local name=$1 resume=()

    shift
    [ ! -e "$name.done" ] || return 0
    if [ -e "$name.checkpoint" ]; then
        resume=(--resume)
    fi
    /usr/bin/time -a -o "$name.time" -f '%e s, %U s of a core' \
        "$textrnn" train -o "$name" "$@" "${resume[@]}" 2>&1 | tee -a "$name.log"
    touch "$name.done"
}

kernel=(--data kernel/train --dev kernel/dev --min-count 20)
bible=(--data bible/train --dev bible/dev)
poems=(--data tang.txt --dev-share 0.03)
chinese=(--data zh-train.txt --dev zh-dev.txt --by subword)
english=(--task cloze --data en-train.txt --dev en-dev.txt --batch 32 --embedding 48 --epochs 8
         --rate 0.003 --dropout 0.2)
sections=(--task classify --data sections/train --dev sections/dev --pooled --batch 32 --longest 120)
translate=(--task translate --data "$data/translate/train.tsv" --dev translate-dev.tsv
           --attention additive --longest 40 --batch 32 --smoothing 0.1)

# ship NAME WHAT-IT-KNOWS
ship() {
    mkdir -p "$shipped"
    "$textrnn" pack "$1" -o "$shipped/$1.safetensors" --overwrite --about "$2"
}

small() {
    train c "${kernel[@]}" --hidden 256 --embedding 48 --batch 32 --steps 96 --epochs 4 --rate 0.003 \
        --dropout 0 --shift --bf16
    train prose "${bible[@]}" --hidden 224 --embedding 48 --batch 64 --steps 96 --epochs 5 --rate 0.003 \
        --dropout 0 --shift
    train poems "${poems[@]}" --tied --hidden 192 --embedding 192 --min-count 20 --batch 64 --steps 64 \
        --epochs 10 --rate 0.003 --dropout 0.1 --shift
    train next "${chinese[@]}" --tied --hidden 128 --embedding 128 --vocabulary 1500 --batch 32 --steps 48 \
        --epochs 6 --rate 0.003 --dropout 0.1 --shift
    train fill "${english[@]}" --hidden 64 --min-count 20
    train classify "${sections[@]}" --hidden 32 --embedding 24 --vocabulary 6000 --epochs 5 --rate 0.003 \
        --dropout 0.3
    train translate "${translate[@]}" --hidden 128 --embedding 48 --min-count 15 --epochs 8 --rate 0.003 \
        --dropout 0.2
    ship c "C as the kernel's developers write it, by characters"
    ship prose "English as in the King James Bible, by characters"
    ship poems "poems of the Tang in Chinese, by characters: 《title》author, then lines"
    ship next "descriptions of photos in Chinese, by subwords"
    ship fill "descriptions of photos in English, by words, from both sides"
    ship classify "the section of Debian that a package belongs to, by its description"
    ship translate "descriptions of photos, from English to Chinese"
    du -cb "$shipped"/*.safetensors | tail -n 1
}

large() {
    train large-c "${kernel[@]}" --layers 2 --hidden 512 --embedding 64 --batch 32 --steps 96 --epochs 1 \
        --rate 0.002 --dropout 0 --bf16
    train large-poems "${poems[@]}" --tied --hidden 512 --embedding 512 --min-count 5 --batch 64 \
        --steps 64 --epochs 8 --rate 0.002 --dropout 0.3 --shift --bf16
    train large-prose "${bible[@]}" --hidden 512 --embedding 64 --batch 64 --steps 96 --epochs 6 \
        --rate 0.002 --dropout 0.1 --shift --bf16
    train large-sections "${sections[@]}" --hidden 128 --embedding 96 --epochs 5 --rate 0.002 --dropout 0.4
    train large-translate "${translate[@]}" --hidden 256 --embedding 128 --min-count 3 --epochs 6 \
        --rate 0.002 --dropout 0.3
}

compared() { # with fill and translate
    train fill-one-word "${english[@]}" --by word --min-count 20 --one-way --hidden 113
    train fill-both-char "${english[@]}" --by char --hidden 64
    train fill-one-char "${english[@]}" --by char --one-way --hidden 100
    train plain-translate "${translate[@]}" --attention none --hidden 128 --embedding 48 --min-count 15 \
        --epochs 8 --rate 0.003 --dropout 0.2
}

case $1 in
small | large | compared) "$1" ;;
*) echo "make_text_models: small, large or compared?" >&2; exit 2 ;;
esac
