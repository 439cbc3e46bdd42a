#!/bin/bash
# What names, models and libraries say is shown by a terminal, and not obeyed.
. "$(dirname "$0")/lib.sh"
export CAPTION_MODEL=$MODEL
escape=$'\033' rlo=$'\342\200\256' csi=$'\302\233'
odd=$(printf 'e\033[31mvil\nline\342\200\256\302\233\377.jpg')
seen='e\x1b[31mvil\nline\u202e\u009b\xff.jpg'

# on_terminal COMMAND...: as run, with a terminal as standard output and error; only out is told
on_terminal() {
    run "$ON_TERMINAL" "$@"
    [ "$status" -ne 125 ] || skip $err
}
no_command() { [[ $out$err != *["$escape"$'\a']* && $out$err != *$rlo* && $out$err != *$csi* ]] || problem "a terminal would obey '$out$err'"; }

begin "a message is one line that a terminal shows, wherever it goes"
run "$CAPTION" "$odd"
code 1; err_is "caption: $seen: No such file or directory"
run "$CAPTION" -m "$odd" x
code 1; err_lines 1; no_command; err_like "^caption: e.x1b"
run "$CAPTION" --"$odd"
code 2; err_lines 1; no_command
run "$CAPTION" --format "$odd" x
code 2; err_lines 1; no_command
run "$CAPTION" train --data "$odd" -o x
code 1; err_lines 1; no_command
run "$TEXTRNN" train --data "$odd" -o x
code 1; err_lines 1; no_command
run "$TEXTRNN" "$odd"
code 2; err_lines 1; no_command
mkdir "album$escape"
run "$CAPTION" "album$escape"
code 1; err_like "^caption: album.x1b: no photos in this directory"
printf 'a\tb\033]0;title\007' >bad.tsv
run "$CAPTION" eval --data bad.tsv
code 1; err_lines 1; no_command
printf '{"images": [{"filename": "\\u001b[2J.jpg"}]}' >bad.json
run "$CAPTION" eval --data bad.json
code 1; err_lines 1; no_command

begin "a list of failures and rows in files hold names as they are"
run "$CAPTION" "$odd" --errors failed.tsv
that grep -qF "$escape" failed.tsv
cp "$SAMPLES/cat.jpg" "$odd"
run "$CAPTION" -f text "$odd" -o rows.txt
code 0; that grep -qF "$escape" rows.txt
run "$CAPTION" -f text "$odd"
code 0; out_like "^e$escape"

begin "on a terminal captions stand beside names that it shows"
for format in text tsv csv json jsonl; do
    on_terminal "$CAPTION" -f $format "$odd"
    code 0; no_command; out_like "vil"
done
on_terminal "$CAPTION" "$SAMPLES/cat.jpg"
code 0; out_lines 1; that test -n "$out"
run "$CAPTION" --help
help=$out
on_terminal "$CAPTION" --help
code 0; out_is "$help"

begin "UTF-8 is shown as it is"
cp "$SAMPLES/cat.jpg" "Hündin 狗 🐕.jpg"
on_terminal "$CAPTION" -f text "Hündin 狗 🐕.jpg"
code 0; out_like "^Hündin 狗 🐕.jpg"$'\t'

begin "what a model says of itself is shown"
head='{"__metadata__":{"a\u001b[1m":"b\u001b[2J\u202e","c\nd":"e"},"t\u001b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
{ printf "\\x$(printf %02x ${#head})\\0\\0\\0\\0\\0\\0\\0"; printf '%s' "$head"; printf '\0\0\0\0'; } >odd.safetensors
on_terminal "$CAPTION" info --tensors odd.safetensors
code 0; no_command
run "$CAPTION" info --tensors odd.safetensors
code 0; no_command; out_like '^file +odd.safetensors'; out_lines 6
out_like 'a\\x1b\[1m +b\\x1b\[2J\\u202e'; out_like 't\\x1b +F32 +1$'

begin "what a training says of its files is shown"
run "$TEXTRNN" train --data bad.tsv --by byte --hidden 4 --epochs 1 --batch 1 --steps 4 --dev-share 0 -o "m$escape"
code 0; no_command; err_like 'm.x1b: the model of epoch 1'

begin "labels, missing words and translations have no control characters"
printf 'pe\033ts\ta dog\nships\ta boat\n' >labels.tsv
run "$TEXTRNN" train -t classify --data labels.tsv --dev-share 0 -o x --hidden 4 --epochs 1
code 1; err_lines 1; no_command; err_like '^textrnn: .*"pe.x1bts", has a control character in it'
printf 'one\tu\033n\ntwo\tdeux\n' >pairs.tsv
run "$TEXTRNN" train -t translate --data pairs.tsv --dev-share 0 -o x --hidden 4 --epochs 1
code 1; err_lines 1; no_command; err_like "has a control character in it"
that test ! -e x

begin "bytes that a model writes are shown on a terminal, and are bytes elsewhere"
printf 'a\033b\033' >text
for i in 1 2 3 4 5; do cat text text >more; mv more text; done
run "$TEXTRNN" train --data text --by byte --hidden 8 --epochs 2 --batch 1 --steps 8 --dev-share 0 -o lm
code 0
on_terminal "$TEXTRNN" sample -m lm --length 40 --prompt "a$escape"
code 0; no_command; out_like '\\x1b'
run "$TEXTRNN" sample -m lm --length 40 --prompt "a$escape"
out_like "$escape"

finish
