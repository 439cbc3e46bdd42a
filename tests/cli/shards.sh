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
for i in 1 2; do
    run "$CAPTION" -q --shard $i/2 --sidecar txt other
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

begin "the parts together are the file of one run, byte for byte, in each format"
mkdir -p many/1 many/1.b many/2
for name in 1/x.jpg 1.b/x.jpg 1.jpg 2/a.jpg 2.png; do
    cp "$SAMPLES/cat.jpg" many/$name
done
cp "$SAMPLES/cat.jpg" $'many/new\nline, \"\t\xff.jpg'
for as in json text 'csv -n 2 --keywords 2' 'imagefolder --keywords 2'; do
    set -- $as
    [ $1 = imagefolder ] && rm $'many/new\nline, \"\t\xff.jpg'
    rm -f many/*.rows
    for i in 1 2; do
        run "$CAPTION" -q --shard $i/2 -f $as -o many/part-$i.rows many
        code 0; err_is ""
    done
    run "$CAPTION" -q -f $as -o many/whole.rows many
    run "$CAPTION" merge -f $1 -o many/all.rows many/part-2.rows many/part-1.rows
    code 0; err_is ""; out_is ""
    that cmp many/all.rows many/whole.rows
    run "$CAPTION" merge -f $1 --expect many many/part-*.rows
    code 0; err_is ""; that cmp .out many/whole.rows
done

begin "a part that is missing, double, cut or of another run is named, and nothing is written"
run "$CAPTION" merge part-1.jsonl part-3.jsonl -o merged.jsonl
code 1; out_is ""
err_is "caption: part 2 of 3 is missing: no file has photos of --shard 2/3
caption: 1 problem: nothing was written"
run "$CAPTION" merge part-1.jsonl part-2.jsonl part-2.jsonl -o merged.jsonl
code 1; err_is "caption: part-2.jsonl: is given twice; nothing was written"
cp part-2.jsonl again.jsonl
run "$CAPTION" merge part-1.jsonl part-2.jsonl again.jsonl -o merged.jsonl
code 1; err_like "is in part-2.jsonl and again in again.jsonl"
: >empty.jsonl
run "$CAPTION" merge part-1.jsonl empty.jsonl part-3.jsonl
code 0; err_is "caption: empty.jsonl: has no photo; --expect shows whether some are missing"
run "$CAPTION" merge part-1.jsonl empty.jsonl part-3.jsonl --expect album
code 1; out_is ""
head -c -20 part-2.jsonl >cut.jsonl
run "$CAPTION" merge part-1.jsonl cut.jsonl part-3.jsonl -o merged.jsonl
code 1; err_like "cut.jsonl: what stands at byte [0-9]+ is no whole jsonl row"
sed 's/"language":"en"/"language":"de"/' part-3.jsonl >other.jsonl
run "$CAPTION" merge part-1.jsonl part-2.jsonl other.jsonl -o merged.jsonl
code 1; err_like "other.jsonl: its captions are of model .*, language de; those before are of model "
cat part-1.jsonl part-2.jsonl >both.jsonl
run "$CAPTION" merge both.jsonl part-3.jsonl -o merged.jsonl
code 1; err_like "both.jsonl: is no part of 2: album/.* is of --shard"
tac all.jsonl >turned.jsonl
tac part-1.jsonl >turned-1.jsonl
run "$CAPTION" merge turned-1.jsonl part-2.jsonl part-3.jsonl -o merged.jsonl
code 1; err_like "stands behind a photo that a directory has after it"
run "$CAPTION" merge part-1.jsonl album/notes.md part-3.jsonl -o merged.jsonl
code 1; err_like "album/notes.md: "
run "$CAPTION" merge part-1.jsonl -o merged.jsonl
code 2; err_like "one part alone may be one of many"
that test ! -e merged.jsonl

begin "what is expected is compared, and gives the order"
run "$CAPTION" merge turned.jsonl --expect names -o merged.jsonl
code 0; that test "$(sort merged.jsonl)" = "$(sort all.jsonl)"
run "$CAPTION" -q --files-from names -f jsonl
that cmp merged.jsonl .out
cp album/1.jpg album/9.jpg; head -c 100 album/1.jpg >album/broken.jpg
mv album/2.jpg two.jpg
run "$CAPTION" merge part-*.jsonl --expect album -o merged-2.jsonl
code 1
err_is "caption: album/9.jpg: no part has it
caption: album/broken.jpg: no part has it
caption: album/2.jpg: is in part-$(grep -l album/2.jpg part-*.jsonl | tr -dc 123).jsonl, and is not expected
caption: 3 problems: nothing was written"
mv two.jpg album/2.jpg; rm album/9.jpg
run "$CAPTION" -q --errors failed.tsv -f jsonl album
run "$CAPTION" merge part-*.jsonl --expect album --errors failed.tsv -o merged-2.jsonl
code 0; err_is ""; that cmp merged-2.jsonl all.jsonl

begin "a file that is there is replaced only if that is asked, and if it is rows"
run "$CAPTION" merge part-*.jsonl -o merged-2.jsonl
code 1; err_is "caption: merged-2.jsonl: is there already; --overwrite replaces it"
run "$CAPTION" merge part-*.jsonl -o merged-2.jsonl --overwrite
code 0; that cmp merged-2.jsonl all.jsonl
cp names notes.jsonl
run "$CAPTION" merge part-*.jsonl -o notes.jsonl --overwrite
code 1; that cmp names notes.jsonl
cp part-1.jsonl kept.jsonl
run "$CAPTION" merge part-*.jsonl -o part-1.jsonl --overwrite
code 2; that cmp part-1.jsonl kept.jsonl
run "$CAPTION" merge part-*.jsonl -o page.html
code 2; err_like "expected parts in text, tsv"

finish
