#!/bin/bash
# Models by name, as they come with the program; and packed ones.
. "$(dirname "$0")/lib.sh"
for i in $(seq 40); do printf 'the cat sat on the mat .\nthe dog ran in the park .\n'; done >text
for i in $(seq 12); do printf 'pets\tthe cat and the dog\nships\ta boat on the sea\n'; done >labels.tsv
for i in $(seq 12); do printf 'one two\t一二\ntwo one\t二一\none one\t一一\n'; done >pairs.tsv
train() { # TASK DATA OPTION...
    run "$TEXTRNN" train -q --task "$1" --data "$2" -o "$1.model" --hidden 32 --batch 4 --warmup 0 --rate 0.02 \
        --dropout 0 --threads 2 --patience 0 --epochs 20 "${@:3}"
    code 0; err_is ""
}

begin "a packed model of each task answers as the model does, in less than half of its size"
train lm text
train classify labels.tsv
train cloze text
train translate pairs.tsv
for task in lm classify cloze translate; do
    run "$TEXTRNN" pack $task.model -o $task.packed --about "about $task"
    code 0; out_is ""; err_is ""
    that test $((2 * $(stat -c %s $task.packed))) -lt "$(stat -c %s $task.model)"
done
same() { # NAME COMMAND...: with the model and the packed one
    run "$TEXTRNN" "$2" -m "$1.model" "${@:3}"; code 0
    plain=$out
    run "$TEXTRNN" "$2" -m "$1.packed" "${@:3}"; code 0; out_is "$plain"
}
same lm sample --prompt "the c" --length 12 --top-k 1
same classify classify "the cat" "a boat"
same cloze fill "the cat __ on the mat ."
same translate translate "two one" "one two"

begin "a packed model is packed to the same bytes, in its place, too"
run "$TEXTRNN" pack lm.packed -o again
code 0
that cmp lm.packed again
run "$TEXTRNN" pack lm.model -o lm.again; code 0
run "$TEXTRNN" pack lm.model -o lm.again; code 2; err_lines 1; err_like "lm.again: .*--overwrite"
run "$TEXTRNN" pack lm.model -o lm.again --overwrite; code 0
run "$TEXTRNN" pack lm.model -o text; code 2; err_lines 1; err_like "text: is there and contains no model"

begin "what a model knows is one line"
for about in $'two\nlines' $'two\tcolumns'; do
    run "$TEXTRNN" pack lm.model -o two --about "$about"
    code 2; err_is "textrnn pack: --about is one line, without control characters (see 'textrnn pack --help')"
    that test ! -e two
done

begin "a weight that is no number is not packed"
python3 - <<'EOF'
import json, struct
data = bytearray(open('lm.model', 'rb').read())
size = struct.unpack('<Q', data[:8])[0]
header = json.loads(data[8:8 + size])
at = 8 + size + header['text.rnn.weight_hh_l0']['data_offsets'][0]
data[at:at + 4] = struct.pack('<f', float('nan'))
open('nan', 'wb').write(data)
EOF
run "$TEXTRNN" pack nan -o nan.packed
code 1; err_lines 1; err_like "^textrnn: nan: tensor text.rnn.weight_hh_l0: row 1 "
that test ! -e nan.packed

begin "info says what a model is, of a captioner, too, that it is none"
run "$TEXTRNN" info lm.packed
code 0; err_is ""; out_like "\"task\":\"lm\""; out_like "text.about +about lm"
run "$TEXTRNN" info -t lm.packed
out_like "text.rnn.weight_hh_l0 +I8 +128x32"
run "$TEXTRNN" info "$MODEL"
code 1; err_lines 1; err_like "a captioner: use 'caption'"

begin "installed models are found by name, and each command has its own"
mkdir -p there/bin there/share/caption/text
cp "$TEXTRNN" there/bin/textrnn
installed=$work/there/bin/textrnn
for name in prose next; do cp lm.packed there/share/caption/text/$name.safetensors; done
for name in classify translate; do cp $name.packed there/share/caption/text/$name.safetensors; done
cp cloze.packed there/share/caption/text/fill.safetensors
if [ -n "$(sed -n 's/^#define APP_DATADIR "\(share\)"$/\1/p' "$BUILD/app/paths.h")" ]; then
    run "$installed" info
    code 0; err_is ""; out_lines 5; out_like "fill	cloze	about cloze"
    for task in next prose; do
        run "$installed" next -m $task "the ca" -n 1; code 0; out_like "	t$"
    done
    run "$installed" next "the ca" -n 1; code 0; out_like "	t$"
    run "$installed" sample --prompt "the c" --length 3 --top-k 1; code 0; out_is "the cat "
    run "$installed" classify "the cat"; code 0; out_is pets
    run "$installed" fill "the cat __ on the mat ."; code 0; out_is sat
    run "$installed" translate "two one"; code 0; out_is 二一
    run "$installed" classify -m prose "the cat"
    code 1; err_lines 1; err_like "a model for the task lm; this wants one for classify"
    rm there/share/caption/text/fill.safetensors
    run "$installed" fill "the cat __ on the mat ."
    code 1; err_lines 1; err_like "^textrnn: no model: this program comes without 'fill'; name one with --model"
else
    skip "the data directory is not share"
fi

begin "a file goes before a name, and what is neither is named"
cp classify.packed next
run "$installed" next -m next "the ca"
code 1; err_lines 1; err_like "^textrnn: next: a model for the task classify"
run "$TEXTRNN" sample -m nothing
code 1; err_lines 1; err_like "^textrnn: nothing: neither a file nor a model of 'textrnn info'"
run "$TEXTRNN" sample -m ./nothing
code 1; err_lines 1; err_like "^textrnn: ./nothing: "
finish
