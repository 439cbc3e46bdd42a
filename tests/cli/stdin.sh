#!/bin/bash
# Photos and names that come through standard input: at once, in step, and in bounds.
. "$(dirname "$0")/lib.sh"
export CAPTION_MODEL=$MODEL
mkdir album
cp "$SAMPLES/cat.jpg" album/cat.jpg
cp "$SAMPLES/coffee.jpg" album/coffee.jpg
head -c 5000 album/cat.jpg >album/broken.jpg
echo film >album/cat.mov # which belongs to cat.jpg

fed() { # FILE COMMAND...: with the file at the other end of a pipe
    local file=$1
    shift
    status=0
    cat "$file" | "$@" >"$work/.out" 2>"$work/.err"
    status=${PIPESTATUS[1]}
    out=$(cat "$work/.out") err=$(cat "$work/.err")
}
run "$CAPTION" album/cat.jpg
cat=$out
run "$CAPTION" album/coffee.jpg
coffee=$out

# ---- A photo ----

begin "a photo on standard input gets the caption of its file"
for photo in "$SAMPLES"/*.jpg "$SOURCE"/fuzz/corpus/fuzz_image/{preview.dng,grey.pgm}; do
    run "$CAPTION" "$photo"
    expected=$out
    fed "$photo" "$CAPTION" -
    code 0; out_is "$expected"; err_is ""
done
status=0
out=$("$CAPTION" - <album/cat.jpg 2>.err) || status=$?
code 0; out_is "$cat"
out=$({ head -c 3 >/dev/null; "$CAPTION" -; } < <(printf 'abc'; cat album/cat.jpg))
out_is "$cat" # from where it stands
fed album/cat.jpg "$CAPTION" -- -
code 0; out_is "$cat"

begin "rows call it -, and another one is added each time"
fed album/cat.jpg "$CAPTION" -f text -
code 0; out_is $'-\t'"$cat"
fed album/cat.jpg "$CAPTION" -f jsonl -
code 0; out_like '^\{"path":"-",.*"captions":\[\{'
for photo in cat coffee; do
    fed album/$photo.jpg "$CAPTION" -o rows.tsv -
    code 0; out_is ""; err_is ""
done
that test "$(cut -f 1,3 rows.tsv | tail -n 2)" = $'-\t'"$cat"$'\n-\t'"$coffee"
fed album/cat.jpg "$CAPTION" -q -o rows.tsv --existing overwrite -
code 0; that test "$(grep -c '' rows.tsv)" -eq 2

begin "an explanation of it is that of its file"
run "$CAPTION" -q --explain file.png album/cat.jpg
code 0
fed album/cat.jpg "$CAPTION" -q --explain pipe.png -
code 0; out_is "$cat"; that cmp file.png pipe.png

begin "what is no photo is named"
fed /dev/null "$CAPTION" -
code 1; out_is ""; err_is "caption: standard input: the file is empty"
echo "no photo" >text
fed text "$CAPTION" --errors failed.tsv -
code 1; out_is ""; err_is "caption: standard input: not an image of any known format"
that test "$(cat failed.tsv)" = $'-\t-: standard input: not an image of any known format'
fed album/broken.jpg "$CAPTION" -
code 1; out_is ""; err_like "^caption: standard input: "
run "$CAPTION" - <&-
code 1; out_is ""

begin "what needs the photo's file is refused"
for options in --write-metadata "--gallery page.html" "-f gallery" "-o page.html" "--sidecar txt" \
    "--sidecar xmp" "-f imagefolder"; do
    fed album/cat.jpg "$CAPTION" $options -
    code 2; out_is ""; err_lines 1; err_like "needs the photo's file, and - is standard input"
done
that test ! -e page.html

begin "it is the one photo of its command, and the one use of standard input"
for inputs in "- -" "- album/cat.jpg" "album/cat.jpg -" "- --files-from text" "- --files-from -"; do
    fed album/cat.jpg "$CAPTION" $inputs
    code 2; out_is ""; err_like "^caption: - is one photo from standard input, and goes alone"
done
cp album/cat.jpg rows.jsonl
status=0
"$CAPTION" -o rows.jsonl - <rows.jsonl 2>.err || status=$?
err=$(cat .err)
code 2; err_like "cannot be both"; that cmp rows.jsonl album/cat.jpg

begin "a file of that name is ./-, or comes from a list or a directory"
mkdir dash
cp album/cat.jpg dash/-
cd dash
for inputs in ./- "--files-from ../dashes" .; do
    echo - >../dashes
    fed ../album/coffee.jpg "$CAPTION" -q -f tsv $inputs
    code 0; that test "$(tail -n 1 ../.out | cut -f 3)" = "$cat"
done
cd ..

begin "standard input that is a terminal is not waited for"
command -v script >/dev/null || skip "script is not here"
run script -qec "'$CAPTION' -" /dev/null
that grep -q "standard input is the terminal" .out

# ---- Names ----

asked() { # NAME: what the coprocess answers to it, one line, in $out
    printf '%s\n' "$1" >&"${names[1]}"
    out=
    IFS= read -r -t 600 out <&"${names[0]}" || problem "no answer to $1"
}
asks() { # COMMAND...: as the coprocess `names`
    coproc names { exec "$@" 2>.err; }
    process=$names_PID
}
ended() {
    local write=${names[1]}
    exec {write}>&-
    status=0
    wait $process || status=$?
    err=$(cat .err)
}

begin "each name is answered before the next is written, in step"
for format in text tsv csv jsonl; do
    asks "$CAPTION" -q --files-from - --in-step -f $format
    for turn in 1 2; do
        for name in album/cat.jpg missing.jpg album/broken.jpg album/cat.mov album/coffee.jpg; do
            asked $name
            while [[ $out == path* ]]; do IFS= read -r -t 600 out <&"${names[0]}"; done # the head
            that grep -qF "$name" <<<"$out"
            case $format-$name in
            *-album/cat.jpg) that grep -qF "$cat" <<<"$out" ;;
            *-album/coffee.jpg) that grep -qF "$coffee" <<<"$out" ;;
            text-*) out_is "$name"$'\t' ;;
            tsv-*) out_is "$name"$'\t0\t\t\t\t' ;;
            csv-*) out_is "$name,0,,,,"$'\r' ;;
            jsonl-*) out_like '"error":"[^"]+","captions":\[\]\}$' ;;
            esac
        done
    done
    ended
    code 1; err_lines 4
done

begin "a line about a photo stands behind the rows of earlier ones"
printf '%s\n' album/cat.jpg missing.jpg album/coffee.jpg >list
"$CAPTION" -q --files-from - <list >both 2>&1
that test "$(cut -c 1-9 both | tr '\n' ' ')" = "album/cat caption:  album/cof "

begin "names that end with NUL are taken one at a time, too, and the last needs no end"
mkfifo nul
"$CAPTION" -q -0 --files-from - <nul >.out 2>.err &
process=$!
exec 5>nul
printf 'album/cat.jpg\0album/cof' >&5
until grep -q . .out || ! kill -0 $process; do sleep 0.05; done
printf 'fee.jpg' >&5
exec 5>&-
status=0
wait $process || status=$?
code 0; that test "$(cut -f 1 .out)" = $'album/cat.jpg\nalbum/coffee.jpg'

begin "names that come at once are captioned together, in their order"
for i in $(seq 100); do printf 'album/cat.jpg\nalbum/coffee.jpg\nmissing%s\n' $i; done >many
fed many "$CAPTION" -q --in-step --files-from -
code 1; out_lines 300; that test "$(cut -f 1 .out)" = "$(cat many)"

begin "who waits for names uses no time"
asks "$CAPTION" -q --files-from -
asked album/cat.jpg
comes_to_rest $process
kill -TERM $process
status=0
wait $process || status=$?
code 143; that grep -q interrupted .err

begin "--in-step is refused where it would keep nobody in step"
for options in "-o x.tsv" "-f imagefolder" "-f gallery" "--template {caption}"; do
    run "$CAPTION" --in-step $options album
    code 2; out_is ""; err_like "^caption: --in-step"
done
fed /dev/null "$CAPTION" --in-step album/cat.jpg
code 0; out_is $'album/cat.jpg\t'"$cat"

begin "a list without ends of names is bounded"
head -c 3000000 /dev/zero >zeros
fed zeros "$CAPTION" --files-from -
code 1; err_like "caption: -: name 1 has more than 1048576 bytes"

# ---- What docs/outputs.md says ----

example() { # LANGUAGE: the example of that language
    sed -n '/^## As a coprocess/,$p' "$SOURCE/docs/outputs.md" | sed -n "/^\`\`\`$1/,/^\`\`\`\$/p" | sed '/^```/d'
}
mkdir bin
printf '#!/bin/sh\nexec "%s" "$@"\n' "$CAPTION" >bin/caption
chmod +x bin/caption

begin "the documented coprocess works in bash"
example bash >example.sh
that test -s example.sh
cd album
PATH=$work/bin:$PATH run bash ../example.sh
cd ..
out_is "broken.jpg shows: nothing known
cat.jpg shows: $cat
coffee.jpg shows: $coffee"

begin "the documented coprocess works in Python"
command -v python3 >/dev/null || skip "python3 is not here"
example python >example.py
that test -s example.py
cat >>example.py <<'END'
captioner = Captioner()
for name in ("cat.jpg", "broken.jpg", "coffee.jpg"):
    try:
        print(captioner.caption("album/" + name))
    except ValueError as error:
        print("failed:", error)
captioner.close()
END
! command -v python3 >/dev/null || { PATH=$work/bin:$PATH run python3 example.py
    that test "$(sed -n 1p .out)" = "$cat"
    that grep -q '^failed: album/broken.jpg: ' .out
    that test "$(sed -n 3p .out)" = "$coffee"; }
finish
