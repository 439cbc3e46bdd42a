#!/bin/bash
# Many photos: lists, formats, files that are gone on with, failures.
. "$(dirname "$0")/lib.sh"
export CAPTION_MODEL=$MODEL
mkdir -p album/below
cp "$SAMPLES/cat.jpg" album/1.jpg
cp "$SAMPLES/coffee.jpg" album/2.jpg
cp "$SAMPLES/cat.jpg" album/below/3.jpg
head -c 5000 album/1.jpg >album/broken.jpg
awkward=$'new\nline\ttab"quote\\back,\xff.jpg'
cp album/1.jpg "album/below/$awkward"

begin "a broken photo is named, the others are done, and the summary counts them"
run "$CAPTION" album
code 1; out_lines 4; err_lines 2
err_like "^caption: album/broken.jpg: "; err_like $'(^|\n)4 captioned, 0 skipped, 1 failed in '

begin "--errors lists what failed"
run "$CAPTION" -q --errors failed.tsv album nothing.jpg
code 1
that test "$(cut -f 1 failed.tsv)" = "album/broken.jpg
nothing.jpg"

begin "--no-recursive stays in the directory"
run "$CAPTION" -q --no-recursive album
code 1; out_lines 2

begin "directories of other programs are passed over, unless they are named"
mkdir -p synced/@eaDir/1.jpg 'synced/#recycle' 'synced/Previews.lrdata'
cp album/1.jpg synced/1.jpg
for place in @eaDir/1.jpg '#recycle' Previews.lrdata; do cp album/2.jpg "synced/$place/x.jpg"; done
run "$CAPTION" --sidecar txt synced
code 0; err_like "^1 captioned"; err_like "passed over 3 directories of other programs, the first: synced/"
that test "$(find synced -name '*.txt')" = synced/1.txt
run "$CAPTION" -q -f tsv synced/@eaDir synced/1.jpg
code 0; err_is ""; out_lines 3
printf 'synced/#recycle\n' >named
run "$CAPTION" -q --files-from named
code 0; out_lines 1

begin "--exclude passes over names and paths"
run "$CAPTION" -q --exclude below/ --exclude 'broken*' album
code 0; that test "$(cut -f 1 .out | tr '\n' ' ')" = "album/1.jpg album/2.jpg "
run "$CAPTION" -q --exclude /1.jpg --exclude below/3.jpg --exclude 'broken*' --exclude 'new*' album
code 0; that test "$(cut -f 1 .out)" = album/2.jpg
run "$CAPTION" -q --exclude '*' album/1.jpg
code 0; out_lines 1
run "$CAPTION" --exclude '' album
code 2

begin "--exclude takes what a shell completes, and refuses what can mean nothing"
here=$PWD
for pattern in below ./below below// //below album/below album/below/ ./album/below; do
    run "$CAPTION" --exclude "$pattern" --exclude 'broken*' album/
    code 0; out_lines 2; err_lines 1
done
run "$CAPTION" --exclude "$here/album/below" --exclude 'broken*' "$here/album"
code 0; out_lines 2; err_lines 1
cd album
for pattern in ./below below/ .//below; do
    run "$CAPTION" --exclude "$pattern" --exclude 'broken*' .
    code 0; out_lines 2; err_lines 1
done
cd ..
for pattern in . ./ / // .. ../below below/../x '[' 'x[a' 'x\'; do
    run "$CAPTION" --exclude "$pattern" album
    code 2; out_is ""; err_lines 1
    that test "${err:0:$((20 + ${#pattern}))}" = "caption: --exclude $pattern:"
done

begin "--exclude reports a pattern that excluded nothing, and a directory of which nothing is left"
run "$CAPTION" --exclude belwo --exclude 'broken*' --exclude below --exclude '3*' album
code 0; out_lines 2; err_lines 3
err_like $'\ncaption: --exclude belwo: excluded nothing\ncaption: --exclude 3[*]: excluded nothing'
run "$CAPTION" -q --exclude belwo --exclude 'broken*' album
code 0; err_is ""
mkdir bare
run "$CAPTION" -q --exclude '*' album bare album/1.jpg
code 1; out_lines 1
err_is "caption: album: no photos in this directory but what --exclude passes over
caption: bare: no photos in this directory"
rmdir bare

begin "a list of names is captioned after the operands, in its order"
printf 'album/2.jpg\n\nalbum/below\nmissing.jpg\n' >list
run "$CAPTION" -q --files-from list album/1.jpg
code 1
that test "$(cut -f 1 .out | head -n 3)" = "album/1.jpg
album/2.jpg
album/below/3.jpg"
err_is "caption: missing.jpg: No such file or directory"
find album -name '*.jpg' -print0 | "$CAPTION" -q --files-from - --null -f csv >found.csv 2>.err
that test "$(grep -c below found.csv)" -eq 2
cp album/2.jpg $'album/cr.jpg\r'
printf '\xef\xbb\xbfalbum/2.jpg\r\n\r\nalbum/cr.jpg\r\nalbum/1.jpg\r' >windows
run "$CAPTION" -q --files-from windows -f csv
code 0; err_is ""; that test "$(tail -n +2 .out | cut -d , -f 1 | tr -d '"\r\n')" = "album/2.jpgalbum/cr.jpgalbum/1.jpg"
rm $'album/cr.jpg\r'
printf 'album/1.jpg\0album/2.jpg\0' >nuls
run "$CAPTION" -q --files-from nuls
code 1; out_is ""; err_is "caption: nuls: a NUL in line 1; give --null if it ends a name"
printf '\xff\xfea\0l\0\n\0' >utf16
run "$CAPTION" -q --files-from utf16
code 1; err_is "caption: utf16: is UTF-16; save it as UTF-8"
run "$CAPTION" --files-from nowhere
code 1; err_is "caption: nowhere: No such file or directory"
run "$CAPTION" --null album
code 2; err_like "files-from"

begin "what a writer left unfinished is no photo"
mkdir left
cp album/1.jpg left/a.jpg
for name in a.jpg.tmp123.0 a.jpg.xmp.tmp123.0 .caption-unfinished-0; do
    cp album/2.jpg left/$name
done
run "$CAPTION" left
code 0; out_lines 1; err_like "^1 captioned, 0 skipped, 0 failed"
run "$CAPTION" -q left/a.jpg left/a.jpg.tmp123.0
code 0; out_lines 2
run "$CAPTION" -q --sidecar txt left
code 0
that test "$(ls -A left | tr '\n' ' ')" = "a.jpg a.jpg.tmp123.0 a.jpg.xmp.tmp123.0 a.txt "

begin "each format goes on with its file, and captions a photo once"
for format in txt tsv csv json jsonl; do
    file=out.$format
    run "$CAPTION" -q -o $file album/1.jpg "album/below/$awkward"
    code 0; out_is ""; err_is ""
    cp $file before
    run "$CAPTION" -o $file album/below
    code 0; err_like $'(^|\n)1 captioned, 1 skipped, 0 failed'
    run "$CAPTION" -o $file album
    code 1; err_like $'(^|\n)1 captioned, 3 skipped, 1 failed'
    cp $file whole
    run "$CAPTION" -o $file album
    code 1; err_like $'(^|\n)0 captioned, 4 skipped, 1 failed'
    that cmp whole $file
    # what a kill in the middle of a write leaves: the last row is torn
    head -c -30 whole >$file
    run "$CAPTION" -o $file album
    err_like $'(^|\n)1 captioned, 3 skipped'
    that cmp whole $file
    that test "$(grep -c "2.jpg" $file)" -eq 1
done

begin "files with keywords are gone on with, by a command that asks for keywords"
for format in txt tsv csv jsonl; do
    file=words.$format
    run "$CAPTION" -q --keywords 2 -o $file album/1.jpg
    code 0; out_is ""; err_is ""
    run "$CAPTION" --keywords 2 -o $file album/below
    code 0; err_like $'(^|\n)2 captioned, 0 skipped, 0 failed'
    cp $file whole
    head -c -12 whole >$file
    run "$CAPTION" -q --keywords 2 -o $file album/1.jpg album/below
    code 0; that cmp whole $file
    [ $format != jsonl ] || continue
    run "$CAPTION" -q -o $file album
    code 1; err_like "^caption: $file: was begun with --keywords, .*left as it is"
    that cmp whole $file
    run "$CAPTION" -q --keywords 2 -o out.$format album
    code 1; err_like "^caption: out.$format: was begun without --keywords, .*left as it is"
done

begin "keywords stand behind or below the caption"
run "$CAPTION" album/1.jpg
caption=$out
run "$CAPTION" --keywords 2 album/1.jpg
code 0; out_lines 2; out_like "^$caption"$'\n[^\t]+, [^\t]+$'
words=${out#*$'\n'}
run "$CAPTION" -q --keywords 2 album/1.jpg album/2.jpg
code 0; that test "$(head -n 1 .out)" = "album/1.jpg"$'\t'"$caption"$'\t'"$words"
run "$CAPTION" --keywords 2 -f tsv album/1.jpg
code 0; that test "$(cut -f 7 .out | tail -n 1)" = "$words"

begin "imagefolder names photos from its folder, goes on with its file, and reports what it cannot name"
run "$CAPTION" -o album/metadata.jsonl album
code 1; err_like $'(^|\n)3 captioned, 0 skipped, 2 failed'
err_like $'(^|\n)caption: album/below/new.nline.*: imagefolder has no names with a backslash, or that are not UTF-8'
cp album/metadata.jsonl whole
that test "$(cut -d'"' -f 4 whole | tr '\n' ' ')" = "1.jpg 2.jpg below/3.jpg "
that test "$(grep -c '^{"file_name":"[^"]*","text":"[^"]*"}$' whole)" -eq 3
cd album
run "$CAPTION" -o metadata.jsonl . ../album/1.jpg "$here/album/2.jpg"
cd ..
code 1; err_like $'(^|\n)0 captioned, 5 skipped, 2 failed'; that cmp whole album/metadata.jsonl
head -c -30 whole >album/metadata.jsonl
run "$CAPTION" -o album/metadata.jsonl album
code 1; err_like $'(^|\n)1 captioned, 2 skipped, 2 failed'; that cmp whole album/metadata.jsonl
run "$CAPTION" -q -f imagefolder album/2.jpg
code 0; that test "$(cut -d'"' -f 4 .out)" = album/2.jpg
cp album/1.jpg outside.jpg
run "$CAPTION" -q -o album/metadata.jsonl outside.jpg
code 1; err_is "caption: outside.jpg: lies outside of album/, from which imagefolder counts names; write metadata.jsonl into a folder that all photos are below"
that cmp whole album/metadata.jsonl
rm album/metadata.jsonl outside.jpg

begin "a template words the rows, in a file that is not gone on with"
run "$CAPTION" -q --template '{name}: {caption}' album/2.jpg album/1.jpg
code 0; that test "$(tail -n 1 .out)" = "1.jpg: $caption"
lines=$out
run "$CAPTION" -q --template '{name}: {caption}' -o lines.anything album/2.jpg album/1.jpg
code 0; out_is ""; that test "$(cat lines.anything)" = "$lines"
run "$CAPTION" -q --template '{name}: {caption}' -o lines.anything album/1.jpg
code 1; err_like "^caption: lines.anything: is there, .*--existing append or replace"
that test "$(cat lines.anything)" = "$lines"
run "$CAPTION" -q --template '{name}: {caption}' -o lines.anything --existing append album/1.jpg
code 0; that test "$(cat lines.anything)" = "$lines"$'\n'"1.jpg: $caption"
run "$CAPTION" --template '{captoin}' album/1.jpg
code 2; err_like '^caption: --template: no field is called .captoin.; did you mean .caption.\?'
run "$CAPTION" --template '{keywords}' album/1.jpg
code 2; err_like 'needs --keywords'
run "$CAPTION" --template '{path}' -f tsv album/1.jpg
code 2; err_like 'without --format'

begin "a prefix and a suffix are part of every caption"
run "$CAPTION" -q --prefix 'sks, ' --suffix '!' album/1.jpg
code 0; out_is "sks, $caption!"
run "$CAPTION" -q --prefix 'sks, ' -f jsonl album/1.jpg
code 0; out_like "\"caption\":\"sks, $caption\""
run "$CAPTION" -q --prefix 'sks, ' --sidecar txt album/1.jpg
code 0; that test "$(cat album/1.txt)" = "sks, $caption"; rm album/1.txt
for text in $'a\nb' $'\xff' $'\e[1m'; do
    run "$CAPTION" --prefix "$text" album/1.jpg
    code 2; err_like '^caption: --prefix: expected UTF-8 without control characters'
    run "$CAPTION" --suffix "$text" album/1.jpg
    code 2; err_like '^caption: --suffix: expected UTF-8 without control characters'
done

begin "JSON and CSV are what their readers expect"
command -v python3 >/dev/null || echo "# python3 is not here: not checked"
! command -v python3 >/dev/null || that python3 - <<'END'
import csv, json, os
names = [os.fsencode(f) for f in ("album/1.jpg", "album/2.jpg", "album/below/3.jpg")]
rows = json.load(open("out.json"))
assert rows == [json.loads(line) for line in open("out.jsonl")]
assert {r["path"].encode() for r in rows if "path_hex" not in r} == set(names)
odd, = [r for r in rows if "path_hex" in r]
assert os.path.exists(bytes.fromhex(odd["path_hex"]))
assert all(c["words"] and 0 <= c["confidence"] <= 1 for r in rows for c in r["captions"])
table = list(csv.DictReader(open("out.csv", newline="", errors="surrogateescape")))
assert {os.fsencode(r["path"]) for r in table} == set(names) | {bytes.fromhex(odd["path_hex"])}
assert open("out.csv", "rb").read().count(b"\r\n") == 5
END

begin "csv guards what a spreadsheet would run, and finds the photo again"
mkdir formulas
for name in =1+1 +1 -1 @x $'\tx' $'\rx' $'\nx' "'=x" "''-x" "'x" x=1 "=a,b" '"=x'; do
    cp album/1.jpg "formulas/$name"
done
cd formulas
run "$CAPTION" -q -o ../guarded.csv -- *
code 0; err_is ""
cp ../guarded.csv ../before
run "$CAPTION" -o ../guarded.csv -- *
cd ..
code 0
that cmp before guarded.csv
that test "$(grep -c '' guarded.csv)" -eq 15 # the head, 13 rows, and a line's end in a name
that test "$(grep -acE $'^"?[=+@\t\r-]' guarded.csv)" -eq 0
for row in "'=1+1,1," "'+1,1," "'-1,1," "'@x,1," "''=x,1," "'''-x,1," "'x,1," "x=1,1," "\"'=a,b\",1,"; do
    that grep -qF "$row" guarded.csv
done
cd formulas
run "$CAPTION" -q --csv-raw -f csv -- =1+1 "'=x"
cd ..
code 0; out_like $'\n=1\\+1,1,.*\n\'=x,1,'
run "$CAPTION" --csv-raw -f tsv album
code 2; err_like "csv-raw needs the format csv"

begin "the best captions come in rows of their own, and below a confidence none"
run "$CAPTION" -f tsv --best 3 album/1.jpg
code 0; out_lines 4
that test "$(cut -f 2 .out | tr '\n' ' ')" = "rank 1 2 3 "
run "$CAPTION" --sample --differ 1 album/1.jpg
code 2; err_like "--differ is of the search, and has no part in --sample"
run "$CAPTION" --best 2 --differ 11 album/1.jpg
code 2; err_like "--differ: 11 is not between 0 and 10"
run "$CAPTION" --min-confidence 1 album/below
code 0; out_is ""; err_like $'(^|\n)0 captioned.* 2 below the confidence'

begin "overwrite writes again, append adds"
run "$CAPTION" -q --existing overwrite -o out.tsv album/2.jpg
code 0
that test "$(grep -c '' out.tsv)" -eq 2
run "$CAPTION" -q --existing append -o out.tsv album/2.jpg
that test "$(grep -c '' out.tsv)" -eq 3

begin "a run that only fails replaces nothing"
cp out.tsv before
run "$CAPTION" -q --existing overwrite -o out.tsv missing.jpg
code 1; that cmp out.tsv before
run "$CAPTION" -q --existing replace -o out.tsv missing.jpg missing
code 1; that cmp out.tsv before
run "$CAPTION" -q --existing overwrite -o out.tsv missing.jpg album/1.jpg
code 1; that test "$(grep -c '' out.tsv)" -eq 2

begin "a run that puts no photo replaces nothing, and begins a file"
cp out.tsv before
for how in overwrite replace; do
    run "$CAPTION" -q --existing $how -o out.tsv --files-from /dev/null
    code 0; that cmp out.tsv before
    run "$CAPTION" -q --existing $how --min-confidence 1 -o out.tsv album/1.jpg
    code 0; that cmp out.tsv before
    run "$CAPTION" -q --existing $how -o new.tsv --files-from /dev/null
    code 0; that test "$(grep -c '' new.tsv)" -eq 1
    rm new.tsv
done

begin "a file that is something else is left as it is"
echo "my diary" >diary.csv
for how in skip overwrite append; do
    run "$CAPTION" -o diary.csv --existing $how album/1.jpg
    code 1; err_lines 1; err_like "^caption: diary.csv: .*replace"
    that test "$(cat diary.csv)" = "my diary"
done
run "$CAPTION" -o diary.csv --existing replace album/1.jpg
code 0; that grep -q '^album/1.jpg,1,' diary.csv
echo '{"file_name":"1.jpg","additional_feature":"my own"}' >album/metadata.jsonl
cp album/metadata.jsonl before
run "$CAPTION" -o album/metadata.jsonl --existing overwrite album/1.jpg
code 1; err_like "^caption: album/metadata.jsonl: .*replace"
that cmp album/metadata.jsonl before
rm album/metadata.jsonl
run "$CAPTION" -o diary album/1.jpg
code 2; err_like "format"

begin "rows to which a person added something are left as they are"
for format in json jsonl; do
    run "$CAPTION" -q -o rated.$format album/1.jpg
    sed -i 's/"captions"/"rating":5,"captions"/' rated.$format
    cp rated.$format before
    for how in skip overwrite append; do
        run "$CAPTION" -q -o rated.$format --existing $how album/1.jpg
        code 1; err_like "^caption: rated.$format: .*--existing replace"
        that cmp rated.$format before
    done
done

begin "a foreign file that looks like the format is left as it is"
printf '[\n  {\n    "id": 1\n  }\n]\n' >data.json
printf 'album/1.jpg\tmy dog Rex' >names.txt
printf '{"path":"album/1.jpg","label":7}' >labels.jsonl
for file in data.json names.txt labels.jsonl; do
    cp $file before
    run "$CAPTION" -o $file album/1.jpg album/2.jpg
    code 1; err_like "^caption: $file: what stands at byte [0-9]+ is no .*left as it is"
    that cmp before $file
done

begin "a torn row is completed by the photo that it is of, and by no other"
run "$CAPTION" -q -o torn.txt album/1.jpg album/2.jpg
cp torn.txt whole
head -c -5 whole >torn.txt
cp torn.txt before
run "$CAPTION" -q -o torn.txt album/below/3.jpg
code 1; err_like "^caption: torn.txt: what stands at byte [0-9]+ is no whole row"
that cmp before torn.txt
run "$CAPTION" -q -o torn.txt album/1.jpg album/2.jpg
code 0
that cmp whole torn.txt

begin "an output that is removed during the run is an error"
mkdir gone; mkfifo photos
"$CAPTION" -o gone/out.tsv --files-from photos >.out 2>.err &
exec 3>photos
echo album/1.jpg >&3
until [ -s gone/out.tsv ]; do sleep 0.01; done
rm -r gone
echo album/2.jpg >&3
exec 3>&-
wait $!; status=$? err=$(cat .err)
code 1; err_like "caption: gone/out.tsv: it was removed or replaced during the run"

begin "a list of failures that is removed during the run is an error"
mkdir gone
"$CAPTION" -q --errors gone/failed.tsv --files-from photos >.out 2>.err &
exec 3>photos
echo album/broken.jpg >&3
until [ -s gone/failed.tsv ]; do sleep 0.01; done
rm -r gone
exec 3>&-
wait $!; status=$? err=$(cat .err)
code 1; err_like "caption: gone/failed.tsv: it was removed or replaced during the run"

begin "a full disk under the output is an error"
run "$CAPTION" -q -o /dev/full -f jsonl album/1.jpg
code 1; err_is "caption: /dev/full: No space left on device"

begin "a run that is asked to end says how to go on, and goes on"
mkdir many
for i in $(seq 150); do ln album/1.jpg many/$i.jpg; done
"$CAPTION" -j 1 -o many.tsv many >.out 2>.err &
until [ -s many.tsv ]; do sleep 0.01; done
kill -TERM $!
wait $!; status=$? err=$(cat .err)
code 143; err_like $'interrupted; the same command again'
that test "$(grep -c '' many.tsv)" -lt 151
run "$CAPTION" -q -o many.tsv many
code 0
that test "$(cut -f 1 many.tsv | sort -u | grep -c many/)" -eq 150
that test "$(grep -c '' many.tsv)" -eq 151

begin "JSON on stdout is whole, also of nothing"
run "$CAPTION" -q -f json album/broken.jpg
code 1; out_is "[

]"

finish
