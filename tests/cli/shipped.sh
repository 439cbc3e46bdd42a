#!/bin/bash
# The model of this tree, as a user gets it: found without being named, small enough, and not blind.
. "$(dirname "$0")/lib.sh"
shipped=$SOURCE/models/pretrained/caption.safetensors
[ -e "$shipped" ] || { echo "1..0 # SKIP this tree has no shipped model"; exit 0; }

begin "the program finds the model of its own tree, and sees the cat"
run "$CAPTION" "$SAMPLES/cat.jpg"
code 0; err_is ""; out_lines 1; out_like "(^| )cat( |$)"

begin "no caption has a word that is forbidden, however it is found"
words() { tr -s "' " '\n\n' <.out | grep -cix -e cat -e a; }
for how in "" "--beam 1" "--beam 3 --best 5" "--sample --best 40 --temperature 1.3" "--sample --best 40 --top-p 0.95" \
    "--sample --best 40 --top-k 20 --top-p 0.9"; do
    run "$CAPTION" $how "$SAMPLES/cat.jpg"
    code 0; that test "$(words)" -ge 1
    run "$CAPTION" $how --forbid CAT --forbid a "$SAMPLES/cat.jpg"
    code 0; err_is ""; that test "$(words)" -eq 0; that test "$(grep -c . .out)" -ge 1
done
run "$CAPTION" --forbid 'a cat' --best 30 "$SAMPLES/cat.jpg"
code 0; that test "$(grep -cw 'a cat' .out)" -eq 0; that test "$(grep -cw -e a -e cat .out)" -ge 1
run "$CAPTION" --forbid xyzzy "$SAMPLES/cat.jpg"
code 0; out_like "(^| )cat( |$)"
err_is "caption: --forbid 'xyzzy': no caption could have it: the model does not know the word 'xyzzy'"
run "$CAPTION" --forbid 'xyzzy cat' "$SAMPLES/cat.jpg"
code 0
err_is "caption: --forbid 'xyzzy cat': no caption could have it: the model does not know the word 'xyzzy'; give the others each by itself"
run "$CAPTION" --keywords 3 -f tsv "$SAMPLES/cat.jpg"
keywords() { awk -F '\t' '{ for (i = 1; i <= NF && NR == 1; i++) if ($i == "keywords") at = i; if (NR > 1) print $at }' .out; }
code 0; that test "$(keywords | tr ',' '\n' | grep -c .)" -eq 3; first=$(keywords | sed 's/,.*//')
run "$CAPTION" --keywords 3 -f tsv --forbid "$first" "$SAMPLES/cat.jpg"
code 0; that test "$(keywords | tr ',' '\n' | grep -c .)" -eq 3; that test "$(keywords | grep -cw "$first")" -eq 0
run "$CAPTION" --quiet --forbid xyzzy "$SAMPLES/cat.jpg"
code 0; err_is ""

begin "the best captions differ, and the first of them is that of one alone"
different_words() { tr -s ' ' '\n' <.out | sort -u | grep -c .; }
run "$CAPTION" "$SAMPLES/coffee.jpg"
code 0; alone=$out
run "$CAPTION" --best 5 --differ 0 "$SAMPLES/coffee.jpg"
code 0; out_lines 5; that test "${out%%$'\n'*}" = "$alone"; few=$(different_words)
run "$CAPTION" --best 5 "$SAMPLES/coffee.jpg"
code 0; out_lines 5; that test "${out%%$'\n'*}" = "$alone"; that test "$(sort -u .out | grep -c .)" -eq 5
that test "$(different_words)" -gt "$few"

begin "keywords are base forms, the most probable first, and auto takes those that are likely"
probabilities() { grep -o '"probability":[0-9.]*' .out | cut -d : -f 2; }
run "$CAPTION" --keywords 12 -f jsonl "$SAMPLES/cat.jpg"
code 0; err_is ""; out_like '"keyword":"cat"'; that test "$(probabilities | wc -l)" -eq 12
that test "$(probabilities)" = "$(probabilities | sort -rn)"
that test "$(grep -Eo '"keyword":"(a|the|is|on|cats|sits|red|two)"' .out | wc -l)" -eq 0
likely=$(probabilities | awk '$1 > 0.4' | wc -l)
run "$CAPTION" --keywords auto -f jsonl "$SAMPLES/cat.jpg"
code 0; that test "$(probabilities | wc -l)" -eq "$likely"

begin "a doubtful noun gets a plainer word, and the words that were found stay beside it"
"$CAPTION" -q -f jsonl "$SAMPLES" >found
changed=no
for least in 0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9; do
    run "$CAPTION" -q -f jsonl --plain $least "$SAMPLES"
    code 0; err_is ""
    cmp -s .out found || changed=yes
    that test "$(sed 's/"caption":"[^"]*"//g' .out)" = "$(sed 's/"caption":"[^"]*"//g' found)"
    that test "$(grep -Ewc 'a (animal|instrument)|an (person|child|vehicle)' .out)" -eq 0
done
that test $changed = yes
short=(-n 64 --differ 0 --max-words 5) # of which some differ in their noun alone
"$CAPTION" -q "${short[@]}" "$SAMPLES" >found
fewer=no # captions: those that become the same are one
for least in 0.35 0.65 0.75; do
    run "$CAPTION" -q "${short[@]}" --plain $least "$SAMPLES"
    code 0; that test -z "$(sort .out | uniq -d)"
    [ "$(wc -l <.out)" -ge "$(wc -l <found)" ] || fewer=yes
done
that test $fewer = yes

begin "every sample photo gets a sentence of several words"
run "$CAPTION" --quiet "$SAMPLES"
code 0; err_is ""; out_lines "$(ls "$SAMPLES"/*.jpg | wc -l)"
that test "$(cut -f 2 .out | awk 'NF < 3' | wc -l)" -eq 0

# A model between its training and its calibration has nothing to show here.
if "$CAPTION" info "$shipped" | grep -q '^decoder.en.calibration '; then
    begin "a blank wall and noise get next to no confidence, each photo more"
    { printf 'P6 64 64 255\n'; head -c 12288 /dev/zero | tr '\0' '\320'; } >wall.ppm
    { printf 'P5 64 64 255\n'; for i in $(seq 64); do echo $i | sha256sum | head -c 64; done; } >noise.pgm
    run "$CAPTION" --quiet --any-picture --format tsv wall.ppm noise.pgm "$SAMPLES"
    code 0
    awk -F '\t' 'NR > 1 { print ($1 ~ /^(wall|noise)/ ? "nothing" : "photo"), $4 }' .out >confidences
    that test "$(awk '$1 == "nothing" && $2 < 0.1' confidences | wc -l)" -eq 2
    that test "$(awk '$1 == "photo" && $2 < 0.1' confidences | wc -l)" -eq 0

    begin "a page, a wall and noise are no photos, and photos are"
    awk 'BEGIN { # lines of words in letters of bars
        print "P2 320 240 255"
        for (y = 0; y < 240; y++)
            for (x = 0; x < 320; x++) {
                letter = (int(y / 12) * 7919 + int(x / 4) * 1103) % 65536 % 251
                ink = x > 20 && x < 296 && y > 14 && y < 226 && y % 12 < 7 && letter % 6 > 0
                print ink && (x % 4 == letter % 3 || y % 12 == letter % 7) ? 30 : 250
            }
    }' >page.pgm
    run "$CAPTION" --quiet --format jsonl page.pgm wall.ppm noise.pgm "$SAMPLES"
    code 0; out_lines $((3 + $(ls "$SAMPLES"/*.jpg | wc -l)))
    that test "$(grep -c '"not_a_photo":true' .out)" -eq 3
    that test "$(grep '"not_a_photo":true' .out | grep -c -e page.pgm -e wall.ppm -e noise.pgm)" -eq 3

    begin "a blank wall alone gets no caption, but a line that says why"
    hardly="^caption: wall.ppm: hardly a photo of anything .*--any-picture"
    run "$CAPTION" wall.ppm
    code 0; out_is ""; err_lines 1; err_like "$hardly"
    run "$CAPTION" -q wall.ppm
    code 0; out_is ""; err_is ""
    run "$CAPTION" --any-picture wall.ppm
    code 0; out_lines 1; err_is ""
    run "$CAPTION" --keywords auto wall.ppm
    code 0; out_is ""; err_lines 1

    begin "several pictures of nothing that are named are told each, whatever is written"
    { printf 'P6 64 64 255\n'; head -c 12288 /dev/zero; } >black.ppm
    for how in "--sidecar txt" "--sidecar txt -f tsv" "-f imagefolder" "--template {caption}" ""; do
        run "$CAPTION" $how wall.ppm black.ppm
        code 0
        err_lines 2; err_like "$hardly"; that grep -q "^caption: black.ppm: hardly" .err
        that test "$(ls ./*.txt 2>/dev/null | wc -l)" -eq 0
        run "$CAPTION" -q $how wall.ppm black.ppm
        code 0; err_is ""
    done

    begin "a row without a caption stays, also where any picture is captioned"
    run "$CAPTION" -q -o one.tsv wall.ppm
    code 0; cp one.tsv before
    run "$CAPTION" --any-picture -o one.tsv wall.ppm
    code 0; err_like '^caption: wall.ppm: skipped, .*--existing overwrite'; that cmp one.tsv before
    run "$CAPTION" --any-picture -o one.tsv --sidecar txt wall.ppm
    code 0; err_is ""; that cmp one.tsv before; that test -s wall.txt
    run "$CAPTION" --any-picture -o one.tsv --existing overwrite wall.ppm
    code 0; out=$(cat one.tsv); out_like $'\nwall.ppm\t1\t'
    rm wall.txt one.tsv
    if [ "$METADATA" = yes ]; then
        begin "a caption of ours in what is no photo after all goes where captions are replaced, a person's stays"
        mkdir after
        for how in overwrite replace; do
            cp "$SOURCE"/tests/data/images/grey.{png,tif} after
            run "$CAPTION" -q --any-picture --write-metadata --sidecar xmp --sidecar txt after
            code 0; that test "$(ls after | wc -l)" -eq 6; rm after/*.txt
            run "$CAPTION" --write-metadata --sidecar xmp --sidecar txt after # which changes nothing
            code 0; err_like "2 hardly photos of anything"; that test "$(ls after/*.xmp | wc -l)" -eq 2
            run "$CAPTION" --write-metadata --sidecar xmp --existing $how after
            code 0; err_like "^0 captioned, 0 skipped, 0 failed, 2 hardly photos of anything"
            that test "$(ls after/*.xmp 2>/dev/null | wc -l)" -eq 0
            for kind in png tif; do that cmp after/grey.$kind "$SOURCE/tests/data/images/grey.$kind"; done
            rm after/*
        done
        cp "$SOURCE/tests/data/images/grey.png" after
        run "$CAPTION" -q --any-picture --sidecar xmp after
        sed -i "/xml:lang/s|>[^<]*</rdf:li>|>granny</rdf:li>|" after/grey.png.xmp
        for how in overwrite replace; do
            run "$CAPTION" -q --sidecar xmp --existing $how after
            code 0; that grep -q '>granny<' after/grey.png.xmp
        done
        rm -r after
    fi
    run "$CAPTION" --any-picture -f jsonl wall.ppm
    code 0; out_like '"not_a_photo":true,"captions":.."caption":"'

    begin "a blank wall has a row without a caption, once, and is nothing for trainers"
    mkdir some; cp wall.ppm "$SAMPLES/cat.jpg" some
    for file in rows.txt rows.tsv rows.csv rows.json rows.jsonl rows.html some/metadata.jsonl; do
        again='0 captioned, 2 skipped, 0 failed in '
        [ $file != some/metadata.jsonl ] || again='0 captioned, 1 skipped, 0 failed, 1 hardly photos'
        run "$CAPTION" --keywords 3 -o $file some
        code 0; err_like "^1 captioned, 0 skipped, 0 failed, 1 hardly photos of anything in "
        cp $file before
        run "$CAPTION" --keywords 3 -o $file some
        code 0; err_like "^$again"; that cmp before $file
    done
    out=$(cat rows.txt); out_like $'(^|\n)some/wall.ppm\t\t(\n|$)'
    out=$(cat rows.tsv); out_like $'\nsome/wall.ppm\t0\t\t\t\t\t(\n|$)'
    out=$(cat rows.jsonl); out_like '"not_a_photo":true,"keywords":..,"captions":..[}]'
    that test "$(grep -c 'hardly a photo of anything</p>' rows.html)" -eq 1
    that test "$(grep -c wall some/metadata.jsonl)" -eq 0

    begin "on a terminal a person sees the confidence, and elsewhere nobody"
    run "$ON_TERMINAL" "$CAPTION" "$SAMPLES/cat.jpg"
    [ "$status" -ne 125 ] || skip $err
    code 0; out_lines 1; out_like ' cat .*[a-z]  .[0-9]+ %.$'
    run "$ON_TERMINAL" "$CAPTION" -q "$SAMPLES/cat.jpg" wall.ppm
    code 0; out_lines 2; out_like $'cat.jpg\t.*[a-z]  .[0-9]+ %.\nwall.ppm\t.hardly a photo of anything.$'
    run "$ON_TERMINAL" "$CAPTION" -f text "$SAMPLES/cat.jpg"
    code 0; out_like '[a-z]$'
    run "$ON_TERMINAL" "$CAPTION" --template '{caption}' "$SAMPLES/cat.jpg"
    code 0; out_like '[a-z]$'
    run "$ON_TERMINAL" "$CAPTION" -o seen.txt "$SAMPLES/cat.jpg"
    code 0; out=$(cat seen.txt); out_like '[a-z]$'
    run "$CAPTION" "$SAMPLES/cat.jpg"
    code 0; out_like '[a-z]$'

    begin "a blank wall gets no sidecar, is explained, and counts beside what fails"
    run "$CAPTION" --sidecar txt some
    code 0; that test "$(ls some/*.txt)" = some/cat.txt
    run "$CAPTION" -q --explain why.png wall.ppm
    code 0; out_lines 1; that test -s why.png
    rm -r some
fi

begin "it writes Chinese, too, and English where nobody asks"
run "$CAPTION" --lang zh "$SAMPLES/coffee.jpg"
code 0; err_is ""; out_lines 1; out_like '^[^ -~]{4,}$'; chinese=$(cat .out)
run "$CAPTION" "$SAMPLES/coffee.jpg"
code 0; out_like '^[a-z ]+$'; english=$(cat .out)
run "$CAPTION" --lang en,zh "$SAMPLES/coffee.jpg"
code 0; out_is "$english"$'\n'"$chinese"

begin "it takes at most 95 MB"
that test "$(stat -c %s "$shipped")" -le 95000000

begin "the other model sees the cat, too, and says what it learnt from"
if [ -e "${shipped%.*}-coco.safetensors" ]; then
    run "$CAPTION" -m coco "$SAMPLES/cat.jpg"
    code 0; err_is ""; out_lines 1; out_like "(^| )cat( |$)"
    run "$CAPTION" --model coco --version
    code 0; out_like "learnt from captions of COCO, under CC BY 4.0"
    that test "$(stat -c %s "${shipped%.*}-coco.safetensors")" -le 80000000
fi

begin "meson install brings it along"
prefix=$(sed -n 's/^#define APP_FULL_DATADIR "\(.*\)\/share"$/\1/p' "$BUILD/app/paths.h")
DESTDIR=$work/stage run meson install -C "$BUILD" --no-rebuild --quiet
code 0
run "$work/stage$prefix/bin/caption" "$SAMPLES/cat.jpg"
code 0; out_like "(^| )cat( |$)"

begin "a training on a few photos begins with it, and keeps its consensus and calibration"
mkdir few
cp "$SAMPLES"/*.jpg few
for photo in few/*.jpg; do echo "A zorgblatt and a zorgblatt" >"${photo%.jpg}.txt"; done
quick=(--epochs 1 --batch 4 --no-mirror --storage f32 --cache cache)
run "$CAPTION" train --data few -o few.safetensors "${quick[@]}"
code 0; err_like "^begins with .*new words: 1, .*: zorgblatt.*consensus is that of the start.*calibration is that of the start"
run "$CAPTION" info few.safetensors
code 0; out_like 'decoder.en.consensus +\{"photos": [0-9]{4}'; out_like 'decoder.en.calibration +\{"of": "the model that'
out_like 'decoder.en.keywords +\{"of":'

begin "but not the calibration where it takes what is trained on for no photos"
mkdir nothing
for i in 1 2 3 4; do
    (printf 'P6\n8 8\n255\n' && yes "$i" | head -c 192) >nothing/$i.ppm
    echo "Nothing" >nothing/$i.txt
done
run "$CAPTION" train --data nothing -o nothing.safetensors "${quick[@]}"
code 0; err_like "not calibrated: the start's calibration takes [1-4] photos for none"
run "$CAPTION" info nothing.safetensors
code 0; that test "${out/decoder.en.calibration/}" = "$out"
finish
