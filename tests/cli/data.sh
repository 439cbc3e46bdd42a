#!/bin/bash
# SPDX-License-Identifier: MIT
# The forms of a data set: one set in each form trains the same model.
. "$(dirname "$0")/lib.sh"
export CAPTION_MODEL=$MODEL
mkdir set set/train set/val
n=0
for photo in "$SOURCE"/tests/data/images/{adobe,grey,rgb,progressive,large,ink}.jpg; do
    n=$((n + 1))
    split=train; [ $n -lt 5 ] || split=val
    cp "$photo" set/$split/00$n.jpg
    echo "Thing number $n, on a table" >set/$split/00$n.txt
done
small=(--hidden 8 --min-count 1 --batch 4 --epochs 1 --warmup 0 --threads 1 --beam 1 --patience 0)
small+=(--cache cache --no-consensus)
trains() { # the model of the data, which is the first one's
    rm -f m.safetensors*
    run "$CAPTION" train --data "$1" "${small[@]}" -o m.safetensors --overwrite
    code 0
    [ -e first ] || cp m.safetensors first
    that cmp m.safetensors first
}
each() { # a line per photo: its name, its split and its caption in a printf
    for photo in set/*/*.jpg; do
        split=${photo#set/}
        printf "$1" "${photo#${2:-}}" "${split%%/*}" "$(cat "${photo%.jpg}.txt")"
    done
}

begin "JSON lists, JSONL, maps and tables train one model, and an imagefolder, too"
(each ',{"file_path": "%s", "split": "%s", "captions": ["%s"]}' | sed '1s/^,/[/' && echo ']') >list.json
trains list.json
that test -s first
each '{"image": "%s", "split": "%s", "caption": "%s"}\n' >list.jsonl
trains list.jsonl
(printf '\xEF\xBB\xBFfilename;split;title\r\n' && each '%s;%s;%s\r\n') >list.csv
trains list.csv
(printf 'path\tsplit\ttext\n' && each '%s\t%s\t%s\n' | tr / '\\') >list.tsv
trains list.tsv
err_like "list.tsv: 6 photos were found under other names: set.train.001.jpg, .*, \.\.\."
for split in train val; do
    (echo 'file_name,text' && each '%s,%s,"%s"\n' set/$split/ | grep ",$split," | sed "s/,$split,/,/") \
        >set/$split/metadata.csv
done
trains set
rm set/*/metadata.csv

if [ "$TAR" = yes ]; then
    begin "the photos of tar files train the same model, wherever they lie in them"
    for split in train val; do
        (cd set/$split && tar --format=pax --exclude '004*' -cf ../../$split-0000.tar ./*)
    done
    (cd set/train && tar --format=gnu -cf ../../train-0001.tar 004.txt 004.jpg)
    trains '{train-0000,train-0001,val-0000}.tar'
    mkdir shards && mv ./*.tar shards
    trains shards
    run "$CAPTION" eval -m first --data shards --split all --beam 1
    code 0; out_like "^photos      [26] "

    begin "a tar that is cut, or compressed, is one clear line"
    head -c 9000 shards/train-0000.tar >cut.tar
    run "$CAPTION" train --data cut.tar -o x.safetensors "${small[@]}"
    code 1; err_lines 1; err_like "^caption: cut.tar"
    gzip -c shards/val-0000.tar >val.tar.gz
    run "$CAPTION" eval --data val.tar.gz
    code 1; err_lines 1; err_like "val.tar.gz: a compressed tar is not read.*gunzip"
else
    begin "tar files are refused in a build without them"
    touch x.tar
    run "$CAPTION" eval --data x.tar
    code 1; err_lines 1; err_like "x.tar: support of tar files is not built in .install libarchive-dev"
fi

begin "what caption writes for trainers is read back"
run "$CAPTION" -q -f imagefolder -o set/metadata.jsonl set
code 0
run "$CAPTION" eval --data set --split all --beam 1
code 0; out_like "^photos      6 "

begin "what is left out is counted and named"
printf 'set/train/001.jpg\tA dog\nset/train/002.jpg\t...\nset/train/001.jpg\tA dog\nset/val/005.jpg\tA cat\n' >t.tsv
run "$CAPTION" eval --data t.tsv --data t.tsv --split all --beam 1
code 0; out_like "^photos      2 "
err_like "t.tsv: 1 photo without a caption was left out: set/train/002.jpg"
err_like "t.tsv: 1 caption without a word was left out: set/train/002.jpg"
err_like "t.tsv: 1 row that repeats another was left out: line 3"
err_like "t.tsv: 2 photos are in an earlier set, too"

finish
