#!/bin/bash
# What a command reads it does not write, and what is not its own it does not write over.
. "$(dirname "$0")/lib.sh"
export CAPTION_MODEL=$MODEL
mkdir photos
cp "$SAMPLES/cat.jpg" a.jpg
cp "$SAMPLES/coffee.jpg" b.jpg
cp a.jpg b.jpg photos
echo "A cat ." >photos/a.txt
echo "A cup ." >photos/b.txt
printf 'photos/a.jpg\tA cat\nphotos/b.jpg\tA cup\n' >caps.tsv
printf 'a.jpg\nb.jpg\n' >list.txt
printf 'To be or not to be, that is the question.\n' >text.txt
small=(--hidden 4 --min-count 1 --epochs 1 --batch 2 --threads 1)

# stays FILE COMMAND...: refused in one line that names FILE, which is as it was; err_like says more
stays() {
    local file=$1 before

    shift
    before=$(stat -c '%i %s %y %z' "$file")
    run "$@"
    code 2; out_is ""; err_lines 1; err_like "$file"
    [ "$(stat -c '%i %s %y %z' "$file")" = "$before" ] || problem "$file is another: $*"
}

begin "a photo that is named is no output"
for option in -o --gallery --errors --explain; do
    stays a.jpg "$CAPTION" a.jpg --existing overwrite -f tsv $option a.jpg
    err_like "^caption: a.jpg: cannot be both a photo and --[a-z]+ "
done
stays a.jpg "$CAPTION" features a.jpg -o a.jpg

begin "nor by another name: a hard link, a symbolic link, another way to it"
ln a.jpg hard.tsv
ln -s a.jpg soft.tsv
for name in hard.tsv soft.tsv ./a.jpg photos/../a.jpg "$PWD/a.jpg"; do
    stays a.jpg "$CAPTION" a.jpg --existing overwrite -f tsv -o "$name"
    err_like "(is the file a.jpg, which is a photo|cannot be both a photo and --output)"
done
ln caps.tsv hard.safetensors
stays caps.tsv "$CAPTION" train --data caps.tsv -o hard.safetensors
err_like "^caption train: hard.safetensors, which is --output, is the file caps.tsv, which is --data "
ln -s . here
stays caps.tsv "$CAPTION" eval --data caps.tsv --json here/caps.tsv

begin "neither are data, lists, texts and models, of any command"
cp "$MODEL" model.safetensors
cp "$MODEL" teacher.safetensors
model=model.safetensors
for option in -o --curve --cache; do
    for input in "--text text.txt" "--start $model" "--encoder $model" "--teacher teacher.safetensors" "--data caps.tsv"; do
        stays ${input#* } "$CAPTION" train --data photos $input $option ${input#* } -o new.safetensors --overwrite $option ${input#* }
        err_like "cannot be both (--${input%% *}|--[a-z]+) and --[a-z]+ "
    done
done
for option in --json --cache; do
    stays caps.tsv "$CAPTION" eval --data caps.tsv $option caps.tsv
    stays $model "$CAPTION" eval --data caps.tsv -m $model $option $model
done
for command in consensus calibrate; do
    for option in -o --cache; do
        stays caps.tsv "$CAPTION" $command -m $model --data caps.tsv $option caps.tsv
    done
    stays $model "$CAPTION" $command -m $model --data caps.tsv --cache $model
done
stays $model "$CAPTION" calibrate --data caps.tsv -m $model --diagram $model
stays caps.tsv "$CAPTION" calibrate --data caps.tsv -m $model --diagram caps.tsv
stays $model "$CAPTION" features a.jpg -m $model -o $model
stays $model "$CAPTION" import $model -o $model
stays list.txt "$CAPTION" --files-from list.txt -o list.txt
stays list.txt "$CAPTION" --files-from list.txt --errors list.txt
stays list.txt "$CAPTION" --files-from list.txt --gallery list.txt
stays $model "$CAPTION" -m $model a.jpg --errors $model
for option in -o --curve; do
    for input in --data --dev; do
        stays text.txt "$TEXTRNN" train --data photos/a.txt $input text.txt -o new.safetensors $option text.txt
    done
done

begin "the model that is meant when none is named is an input, too"
CAPTION_MODEL=model.safetensors stays $model "$CAPTION" a.jpg -f tsv --existing overwrite -o $model
err_like "cannot be both --model and --output"
CAPTION_MODEL=model.safetensors stays $model "$CAPTION" train --data caps.tsv --overwrite -o $model
err_like "cannot be both --encoder and --output"

begin "what is named after the output is no input either"
cp $model new.safetensors.checkpoint
stays new.safetensors.checkpoint "$CAPTION" train --data caps.tsv --start new.safetensors.checkpoint -o new.safetensors
err_like "cannot be both --start and the checkpoint"
cp caps.tsv new.safetensors.png
stays new.safetensors.png "$CAPTION" train --data new.safetensors.png -o new.safetensors
cp caps.tsv new.safetensors.features
stays new.safetensors.features "$CAPTION" train --data new.safetensors.features -o new.safetensors
cp caps.tsv $model.calibration.png
stays $model.calibration.png "$CAPTION" calibrate --data $model.calibration.png -m $model
rm new.* $model.calibration.png

begin "a list or data that comes from standard input, and standard output in a file, count"
cp list.txt again.txt
cp again.txt before
"$CAPTION" --files-from - -o again.txt <again.txt 2>.err; status=$?; err=$(cat .err)
code 2; err_like "again.txt.*--files-from"
"$CAPTION" --files-from again.txt >>again.txt 2>.err; status=$?; err=$(cat .err)
code 2; err_like "again.txt.*standard output"
that cmp again.txt before
"$CAPTION" a.jpg --gallery page.html >>page.html 2>.err; status=$?; err=$(cat .err)
code 2; err_like "page.html.*standard output"

begin "two outputs are two files"
rm page.html
two() { run "${@:2}"; code 2; out_is ""; err_lines 1; err_like "$1"; }
two "page.html: cannot be both --output and --gallery" "$CAPTION" a.jpg -o page.html --gallery page.html
two "page.html, which is --gallery, is the file page.html" "$CAPTION" a.jpg -o page.html --gallery ./page.html
two "x.tsv: cannot be both --output and --errors" "$CAPTION" a.jpg -o x.tsv --errors x.tsv
two "cannot be both --output and --curve" "$CAPTION" train --data caps.tsv -o x --curve x
two "x.png: cannot be both --cache and the curve" "$CAPTION" train --data caps.tsv -o x --cache x.png
two "x.checkpoint: cannot be both --curve and the checkpoint" "$TEXTRNN" train --data text.txt -o x --curve x.checkpoint
two "cannot be both --cache and --json" "$CAPTION" eval --data caps.tsv --cache x --json x
two "cannot be both --output and --diagram" "$CAPTION" calibrate --data caps.tsv -m $model -o x --diagram x
that test -z "$(ls | grep -e '^x' -e page)"

begin "a photo is not written over by what is no photo, be it an input or not"
for picture in "$SAMPLES/cat.jpg" "$SOURCE"/docs/gallery.png $(ls "$SOURCE"/tests/data/images/*.{webp,gif,bmp,heic,avif} 2>/dev/null); do
    name=p.${picture##*.}
    cp "$picture" "$name"
    stays "$name" "$CAPTION" a.jpg -f tsv --existing overwrite -o "$name"
    err_like "$name: is a picture .*, and --output would write over it; name another file"
    [[ $name == *.jpg || $name == *.png ]] || continue
    stays "$name" "$CAPTION" a.jpg --gallery "$name"
    stays "$name" "$CAPTION" a.jpg --errors "$name"
    stays "$name" "$CAPTION" a.jpg --explain "$name"
    stays "$name" "$CAPTION" train --data caps.tsv -o "$name" --overwrite
    stays "$name" "$CAPTION" train --data caps.tsv -o x --curve "$name"
    stays "$name" "$CAPTION" train --data caps.tsv -o x --cache "$name"
    stays "$name" "$CAPTION" eval --data caps.tsv --json "$name"
    stays "$name" "$CAPTION" calibrate --data caps.tsv --diagram "$name" -m $model
    stays "$name" "$CAPTION" consensus --data caps.tsv -m $model -o "$name"
    stays "$name" "$CAPTION" import $model -o "$name"
    stays "$name" "$TEXTRNN" train --data text.txt -o "$name" --overwrite
    stays "$name" "$TEXTRNN" gradients -o "$name"
done
cp "$SOURCE/docs/gallery.png" x.png
stays x.png "$CAPTION" train --data caps.tsv -o x
err_like "x.png: is a picture .*, and the curve would write over it"
cp a.jpg v.npy
stays v.npy "$CAPTION" features b.jpg -o v.npy
rm x.png v.npy

begin "nothing is written under a name that shows another kind of file"
mkdir names
cp a.jpg caps.tsv text.txt names
# what is written by caption's option | names of something else | names that it may have
while IFS='|' read -r written option wrong right; do
    for name in $wrong; do
        run "$CAPTION" names/a.jpg --errors names/failed $option names/new.$name
        code 2; out_is ""; err_lines 1
        err_like "^caption: names/new.$name: --[a-z]+ writes $written, not .${name##*.}; name another file "
    done
    for name in $right; do
        run "$CAPTION" names/a.jpg -q --max-words 1 $option names/$name
        code 0; that rm names/$name
    done
done <<'TABLE'
captions|-o|jpg JPG heic png webp NEF dng safetensors npy|x.TSV x.html
captions|--gallery|jpg svg safetensors|x.HTML x.htm
the format gallery|--gallery|txt tsv csv json jsonl metadata.jsonl|
the format csv|-f csv -o|txt tsv json jsonl html TSV metadata.jsonl|x.CSV x.out
the format tsv|-f tsv -o|txt csv json html|x .tsv
the format text|-f text -o|tsv csv json|
the format json|-f json -o|txt jsonl html|
the format jsonl|-f jsonl -o|json csv|metadata.jsonl
the format gallery|-f gallery -o|txt json|
captions|-f tsv -o|jpg GIF|
a list of failures|--errors|jpg csv json jsonl html png safetensors npy|x.txt x.log
a PNG|--explain|jpg jpeg txt html tsv json gif safetensors|x
TABLE
that test "$(ls names)" = $'a.jpg\ncaps.tsv\ntext.txt'
# of the other commands: written, command, wrong names
while IFS='|' read -r written command wrong; do
    for name in $wrong; do
        case $command in textrnn*) run "$TEXTRNN" ${command#* } names/new.$name ;; *) run "$CAPTION" $command names/new.$name ;; esac
        code 2; out_is ""; err_lines 1
        err_like "names/new.$name: (--[a-z]+ writes $written, not .$name; name another file|expected a name in) "
    done
done <<'TABLE'
a model|train --data names/caps.tsv -o|jpg txt tsv html npy png json
a PNG|train --data names/caps.tsv -o names/x --curve|jpg txt safetensors
data of its own|train --data names/caps.tsv -o names/x --cache|jpg png
scores in JSON|eval --data names/caps.tsv --json|jpg txt tsv jsonl png
a model|consensus --data names/caps.tsv -o|jpg json
a model|calibrate --data names/caps.tsv -o|png txt
a PNG|calibrate --data names/caps.tsv --diagram|jpg json
features of photos|features names/a.jpg -o|jpg txt json html
a model|import model.safetensors -o|jpg npy csv
a model|textrnn train --data names/text.txt -o|jpg txt csv npy
a PNG|textrnn gradients -o|jpg txt json
TABLE
that test "$(ls names)" = $'a.jpg\ncaps.tsv\ntext.txt'

begin "what a file holds is left as it is by what writes something else"
echo '{"images": []}' >data.json
stays data.json "$CAPTION" eval --data caps.tsv --json data.json
err_like "data.json: is there and contains no scores of 'caption eval' or 'caption check', and --json would write over it"
stays photos/a.txt "$CAPTION" train --data photos -o photos/a.txt --overwrite
err_like "photos/a.txt: is there and contains no model, and --output would write over it"
stays photos/a.txt "$CAPTION" train --data photos -o x --curve photos/a.txt
stays $model "$CAPTION" a.jpg --errors $model
stays $model "$CAPTION" a.jpg -f tsv --existing overwrite -o $model
cp $model other.safetensors
stays other.safetensors "$CAPTION" features a.jpg -o other.safetensors
stays data.json "$CAPTION" features a.jpg -o data.json
stays data.json "$TEXTRNN" gradients -o data.json

begin "a text that begins like a picture is a text"
printf 'BMW.jpg\ta car\nP6 z.jpg\ta cat\n' >made.txt
run "$CAPTION" a.jpg -o made.txt
code 0; that grep -q '^a.jpg' made.txt

begin "a list of failures replaces no other text, whatever it is called and whatever leads to it"
printf '# Photos\n' >README.md
printf '<html></html>\n' >page.html
printf 'nowhere.jpg\ta cat on a chair\n' >earlier.tsv
printf 'nowhere.jpg\tnowhere.jpg: a cat\nb.jpg\ta cat\n' >mixed.tsv
printf 'nowhere' >cut.tsv
printf 'nowhere.jpg\tnowhere.jpg: \0\n' >binary.tsv
for file in README.md page.html earlier.tsv mixed.tsv cut.tsv binary.tsv photos/a.txt; do
    ln -sf "$file" leads.tsv
    cp "$file" before
    for name in "$file" leads.tsv; do
        stays $name "$CAPTION" a.jpg nowhere.jpg --errors $name
        that cmp "$file" before
        err_is "caption: $name: is there and contains no list of failures, and --errors would write over it; name another file (see 'caption --help')"
    done
done

begin "a list of failures is replaced by the next one, also where its last line was cut"
odd=$'odd\ttab\\ and\nline: x.jpg'
: >again.tsv
for cut in "" "nowhe" $'nowhere.jpg\t' $'nowhere.jpg\tnow' $'nowhere.jpg\tnowhere.jpg:' $'nowhere.jpg\tnowhere.jpg: No'; do
    printf '%s' "$cut" >>again.tsv
    [ -z "$cut" ] || that grep -q . again.tsv
    run "$CAPTION" a.jpg nowhere.jpg "$odd" --errors again.tsv
    code 1; that test "$(wc -l <again.tsv)" -eq 2
done
mkdir side
cp a.jpg side/a.jpg
mkdir side/a.txt # a sidecar that cannot be written is a failure of its photo
for i in 1 2; do
    run "$CAPTION" side --sidecar txt --existing overwrite --errors side.tsv
    code 1; that grep -q $'^side/a.jpg\tside/a.jpg: ' side.tsv
done
printf 'nowhere.jpg\tnowhere.jpg: No such file\nnotes: call Ann' >again.tsv
run "$CAPTION" a.jpg nowhere.jpg --errors again.tsv
code 1

begin "an open descriptor by its path is not emptied"
for name in /dev/fd/3 /proc/self/fd/3; do
    echo old >log
    run "$CAPTION" a.jpg nowhere.jpg --errors $name 3>>log
    code 1; that test "$(cat log)" = $'old\nnowhere.jpg\tnowhere.jpg: No such file or directory'
done
for how in skip overwrite replace append; do
    for name in /dev/stdout /dev/fd/3; do
        echo old >log
        "$CAPTION" -q a.jpg -f text -o $name --existing $how >>log 3>&1 2>.err
        that test "$(sed 1q log)" = old
        that test "$(grep -c $'^a.jpg\t' log)" -eq 1
        { echo first; "$CAPTION" -q a.jpg -f text -o $name --existing $how 3>&1; echo last; } >log
        that test "$(cut -c 1-5 log | tr '\n' ' ')" = $'first a.jpg last '
    done
done
status=0
out=$("$CAPTION" a.jpg nowhere.jpg --errors /dev/stdout 2>.err | cat)
that test "$(grep -c nowhere <<<"$out")" -eq 1

begin "and refused where it is standard output or standard error, which are files"
for name in log /dev/stdout /dev/fd/1 /proc/self/fd/1; do
    echo old >log
    status=0
    "$CAPTION" a.jpg nowhere.jpg --errors $name >>log 2>.err || status=$?
    err=$(cat .err)
    code 2; err_like "$name: cannot be both --errors and standard output"; that test "$(cat log)" = old
done
for name in log /dev/stderr /dev/fd/2; do
    echo old >log
    status=0
    "$CAPTION" a.jpg nowhere.jpg --errors $name >.out 2>>log || status=$?
    code 2; that grep -q "$name: cannot be both --errors and standard error" log; that test "$(sed 1q log)" = old
done
: >log
status=0
"$CAPTION" a.jpg -o log -f tsv >.out 2>>log || status=$?
code 2; that grep -q "log: cannot be both --output and standard error" log
status=0
"$CAPTION" a.jpg nowhere.jpg >log 2>&1 || status=$? # of these two the shell decides
code 1; that test "$(wc -l <log)" -eq 2

begin "what was made before stays unless it is asked for, but for lists and rows; an empty file is nothing"
touch scores.json v.npy v.safetensors
for again in "" --overwrite; do
    run "$CAPTION" eval --data caps.tsv --json scores.json --cache cache $again
    code 0
    for name in v.npy v.safetensors; do
        run "$CAPTION" features a.jpg -o $name $again
        code 0
    done
    run "$CAPTION" a.jpg nowhere.jpg --errors failed.tsv -o rows.jsonl --gallery rows.html
    code 1; that test -s failed.tsv
    run "$TEXTRNN" gradients --steps 4 --updates 0 --hidden 2 -o gradients.png
    code 0
    for made in scores.json v.npy v.safetensors; do that test -s $made; done
    stays scores.json "$CAPTION" eval --data caps.tsv --json scores.json
    err_is "caption eval: scores.json: a file of scores is there already; --overwrite replaces it, another --json spares it (see 'caption eval --help')"
    stays v.npy "$CAPTION" features a.jpg -o v.npy
    err_is "caption features: v.npy: a file of features is there already; --overwrite replaces it, another --output spares it (see 'caption features --help')"
    stays gradients.png "$CAPTION" consensus --data caps.tsv -m $model -o gradients.png
    stays gradients.png "$CAPTION" calibrate --data caps.tsv -m $model --diagram gradients.png
    err_is "caption calibrate: gradients.png: a drawing is there already; --overwrite replaces it, another --diagram spares it (see 'caption calibrate --help')"
done
cp gradients.png new.safetensors.calibration.png # named after --output, and not of the model that is changed
stays new.safetensors.calibration.png "$CAPTION" calibrate --data caps.tsv -m $model -o new.safetensors
err_like "new.safetensors.calibration.png: a drawing is there already; --overwrite replaces it, another --output spares it "
cp gradients.png $model.calibration.png
run "$CAPTION" calibrate --data caps.tsv -m $model # in place, where it is of the same model
code 1; err_like "photos to calibrate on"
rm new.safetensors.calibration.png $model.calibration.png

begin "training writes over no model unless it is asked to"
train=("$CAPTION" train --data caps.tsv "${small[@]}" --cache cache -o mine.safetensors)
run "${train[@]}"
code 0; that test ! -e mine.safetensors.lock
stays mine.safetensors "${train[@]}"
err_is "caption train: mine.safetensors: a model is there already; --overwrite trains it again, --resume goes on with its training (see 'caption train --help')"
cp mine.safetensors first
run "${train[@]}" --overwrite
code 0; that cmp mine.safetensors first
run "${train[@]}" --resume
code 0; that cmp mine.safetensors first
run "${train[@]}" --overwrite --seed 2
code 0; that test -n "$(cmp mine.safetensors first)"

begin "nor over a model without its checkpoint, be it told to resume"
rm mine.safetensors.checkpoint
for how in "" --resume; do
    stays mine.safetensors "${train[@]}" $how
    err_like "mine.safetensors: a model is there already; --overwrite trains it again, another --output spares it "
done

begin "nor over the checkpoint of a training that was interrupted"
run "${train[@]}" --overwrite
rm mine.safetensors
stays mine.safetensors.checkpoint "${train[@]}"
err_like "mine.safetensors.checkpoint: a training is under way; --resume goes on with it, --overwrite begins again "
run "${train[@]}" --resume
code 0

begin "nor over the drawing or the log of another training"
for with in "--curve curve.png" "--log log.csv" "--log log.jsonl"; do
    rm -f mine.safetensors*
    run "${train[@]}" $with
    code 0
    rm -f mine.safetensors.checkpoint mine.safetensors mine.safetensors.png
    stays ${with#* } "${train[@]}" $with
    err_like "${with#* }: a (drawing|log) is there already; --overwrite replaces it, another ${with% *} spares it"
    cp ${with#* } before
    run "${train[@]}" $with --resume # which may begin
    err_like "${with#* }: (a drawing is there already|is a log whose checkpoint is gone); --overwrite replaces it, another ${with% *} spares it"
    that test $status -ne 0; that cmp before ${with#* }
    run "${train[@]}" $with --overwrite
    code 0
done


begin "textrnn's training does the same"
train=("$TEXTRNN" train --data text.txt --hidden 4 --epochs 1 --batch 1 --steps 4 --dev-share 0 -o t.safetensors)
run "${train[@]}"
code 0
stays t.safetensors "${train[@]}"
err_like "^textrnn train: t.safetensors: a model is there already"
run "${train[@]}" --overwrite
code 0

begin "no command writes over another model unless it is asked to"
cp $model other.safetensors
for command in "consensus --data caps.tsv -m $model" "calibrate --data caps.tsv -m $model" "import $model"; do
    stays other.safetensors "$CAPTION" $command -o other.safetensors
    err_is "caption ${command%% *}: other.safetensors: a model is there already; --overwrite replaces it, another --output spares it (see 'caption ${command%% *} --help')"
done
ln other.safetensors alexnet.safetensors # what import writes when nothing else is named
stays alexnet.safetensors "$CAPTION" import $model
err_like "alexnet.safetensors: a model is there already"
run "$CAPTION" import $model --overwrite
code 0; that test -n "$(cmp alexnet.safetensors other.safetensors)"
for command in consensus calibrate; do # which fail at so few photos: the model may be written, and stays
    run "$CAPTION" $command --data caps.tsv -m $model -o other.safetensors --overwrite
    code 1; err_like "photos to"
done
that cmp other.safetensors $model

begin "a sidecar is not written over the list, the model or another output"
cp list.txt b.txt
mkdir with
cp a.jpg b.jpg with
printf 'with/a.jpg\nwith/b.jpg\n' >with/a.txt
cp with/a.txt before
for how in skip overwrite append; do
    run "$CAPTION" --files-from with/a.txt --sidecar txt --existing $how
    code 1; err_like "with/a.txt: is --files-from, and no sidecar"
    that cmp with/a.txt before
done
that test -s with/b.txt
run "$CAPTION" with --sidecar txt --existing replace -o with/b.txt
code 1; err_like "with/b.txt: is --output, and no sidecar"
that test "$(grep -c jpg with/b.txt)" -eq 2

begin "every option that names a file says what is done with it" # an assert in app/cli/options.c looks at each row
for program in "$CAPTION" "$TEXTRNN"; do
    for command in $("$program" --help | sed -n '/^commands:/,$ s/^  \([a-z]\+\) .*/\1/p'); do
        run "$program" $command --help
        code 0; err_is ""
    done
done

begin "by design: the model that is calibrated, metadata of photos, rows that are gone on with, an empty file"
cp caps.tsv whole
: >empty.tsv
run "$CAPTION" a.jpg -o empty.tsv
code 0
run "$CAPTION" b.jpg -o empty.tsv
code 0; that test "$(wc -l <empty.tsv)" -eq 3
ln -s $model linked.safetensors
for output in "" "-o $model" "-o linked.safetensors"; do
    run "$CAPTION" calibrate --data caps.tsv -m $model $output
    code 1; err_like "photos to calibrate on"
    run "$CAPTION" consensus --data caps.tsv -m $model $output
    code 1; err_like "photos to fit a consensus to"
done
run "$CAPTION" a.jpg -f tsv -o /dev/null --errors /dev/null
code 0
if [ "$METADATA" = yes ]; then
    run "$CAPTION" a.jpg --write-metadata
    code 0
fi
finish
