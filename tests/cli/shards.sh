#!/bin/bash
# Captioning shared out among runs, and their parts put together again.
. "$(dirname "$0")/lib.sh"
export CAPTION_MODEL=$MODEL
mkdir -p album/below
for i in 1 2 3 4 5 6; do cp "$SAMPLES/cat.jpg" album/$i.jpg; done
cp "$SAMPLES/coffee.jpg" album/below/7.jpg
cp "$SAMPLES/coffee.jpg" album/below/8.jpg
echo nothing >album/notes.md

begin "each photo belongs to one shard, in any order of the names"
for i in 1 2 3; do
    run "$CAPTION" -q --shard $i/3 -o part-$i.jsonl album
    code 0; err_is ""
done
run "$CAPTION" -q -o all.jsonl album
code 0
that test "$(sort part-*.jsonl)" = "$(sort all.jsonl)"
find album -name '*.jpg' | sort -r >names
run "$CAPTION" -q --shard 2/3 --files-from names -f jsonl
code 0; that test "$(sort .out)" = "$(sort part-2.jsonl)"

begin "an interrupted shard goes on"
head -n 1 part-1.jsonl >gone-on.jsonl
run "$CAPTION" -q --shard 1/3 -o gone-on.jsonl album
code 0; that cmp gone-on.jsonl part-1.jsonl

begin "sidecars of all shards together are those of one run"
cp -r album other
cp "$SAMPLES/cat.jpg" other/1.JPG
cp -r other whole
for i in 1 2 3 4; do
    run "$CAPTION" -q --shard $i/4 --sidecar txt other
    code 0
done
run "$CAPTION" -q --sidecar txt whole
that diff -r other whole

begin "a shard without photos is no failure, unlike a directory without any"
mkdir alone empty; cp album/1.jpg alone
codes=
for i in 1 2; do run "$CAPTION" --shard $i/2 alone; code 0; codes+=$(grep -c . .out); done
that test "$codes" = 10 -o "$codes" = 01
run "$CAPTION" -q --shard 1/2 empty
code 1; err_is "caption: empty: no photos in this directory"

begin "what is no shard is refused"
for shard in 0/3 4/3 3 1/x 1/; do
    run "$CAPTION" --shard $shard album
    code 2; out_is ""; err_like "--shard '$shard': expected I/N"
done
run "$CAPTION" --shard 1/2 --in-step album
code 2; err_like "not for --in-step"
run "$CAPTION" --shard 1/2 - <album/1.jpg
code 2; err_like "not for standard input"

finish
