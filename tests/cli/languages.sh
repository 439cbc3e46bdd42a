#!/bin/bash
# SPDX-License-Identifier: MIT
# Captions in several languages: from one look at the photo, as from a run for each.
. "$(dirname "$0")/lib.sh"
"$MAKE_MODEL" both.safetensors zh
export CAPTION_MODEL=$PWD/both.safetensors
cp "$SAMPLES/cat.jpg" a.jpg
cp "$SAMPLES/coffee.jpg" b.jpg
in_language() { "$CAPTION" -q --lang "$@"; }

begin "each language has the captions of a run of its own, in the order of --lang"
run "$CAPTION" --lang en,zh a.jpg
code 0; err_is ""
out_is "$(in_language en a.jpg; in_language zh a.jpg)"
for format in text tsv csv; do
    run "$CAPTION" -q --lang zh,en -n 2 -f $format a.jpg b.jpg
    code 0
    for photo in a b; do
        that test "$(grep "^$photo" .out)" = "$(in_language zh -n 2 -f $format a.jpg b.jpg | grep "^$photo"
            in_language en -n 2 -f $format a.jpg b.jpg | grep "^$photo")"
    done
done
run "$CAPTION" -q --lang en,zh --template '{language} {caption}' a.jpg
out_is "en $(in_language en a.jpg)
zh $(in_language zh a.jpg)"

begin "a caption in JSON names its language, and a run goes on behind it"
run "$CAPTION" -q --lang en,zh -o rows.jsonl a.jpg
code 0
that grep -q '"language":"en",.*"captions":\[{"language":"en","caption":.*{"language":"zh","caption":' rows.jsonl
run "$CAPTION" --lang en,zh -o rows.jsonl a.jpg b.jpg
code 0; that test "$(grep -c '' rows.jsonl)" -eq 2
run "$CAPTION" -q --lang en -f jsonl a.jpg
that test "$(grep -c '"captions":\[{"caption"' .out)" -eq 1

if [ "$METADATA" = yes ]; then
    begin "metadata has the first language as x-default, and each under its own; undo takes all out"
    cp a.jpg before.jpg
    english=$(in_language en a.jpg) chinese=$(in_language zh a.jpg)
    run "$CAPTION" -q --lang en,zh --sidecar xmp --write-metadata a.jpg
    code 0
    for file in a.jpg a.jpg.xmp; do
        for text in "x-default\">$english" "en\">$english" "zh\">$chinese"; do
            that test "$(grep -ac "xml:lang=\"$text</rdf:li>" $file)" -eq 2
        done
    done
    cp a.jpg once.jpg
    run "$CAPTION" --lang en,zh --write-metadata --existing overwrite a.jpg
    code 0; that cmp a.jpg once.jpg
    run "$CAPTION" undo a.jpg a.jpg.xmp
    code 0; that cmp a.jpg before.jpg; that test ! -e a.jpg.xmp

    begin "a text that a person changes in one language makes the photo a person's"
    run "$CAPTION" -q --lang en,zh --sidecar xmp a.jpg
    sed -i "s/zh\">$chinese</zh\">我的猫</" a.jpg.xmp
    run "$CAPTION" --lang en,zh --sidecar xmp --existing overwrite a.jpg
    code 0; err_like "it has a text that may be a person's"
    run "$CAPTION" undo a.jpg a.jpg.xmp
    that grep -q 我的猫 a.jpg.xmp
    that test "$(grep -c "$english" a.jpg.xmp)" -eq 0
fi

begin "a training adds its language to the model whose encoder it reads"
printf 'a.jpg#zhc#0 一只猫。\nb.jpg#zhc#0 一杯咖啡。\n' >zh.txt
english=$("$CAPTION" -q -m "$MODEL" a.jpg)
run "$CAPTION" train -q --lang zh --data zh.txt --encoder "$MODEL" --hidden 8 --min-count 1 --epochs 1 \
    --warmup 0 --threads 1 --beam 1 --patience 0 --no-consensus --no-mirror -o added.safetensors
code 0
run "$CAPTION" -q -m added.safetensors --lang en a.jpg
out_is "$english"
run "$CAPTION" -q -m added.safetensors --lang en,zh -f jsonl a.jpg
code 0; out_like '"language":"en".*"language":"zh"'
run "$CAPTION" info -m added.safetensors
code 0; out_like "en.*zh"

begin "a language that reads other views of a photo is refused beside the first"
run "$CAPTION" train -q --lang zh --data zh.txt --encoder "$MODEL" --hidden 8 --min-count 1 --epochs 1 \
    --warmup 0 --threads 1 --beam 1 --patience 0 --no-consensus -o alone.safetensors
code 0
run "$CAPTION" -q -m alone.safetensors --lang en,zh a.jpg
code 1; out_is ""; err_like "alone.safetensors: 'zh' was trained with mirror images .*and 'en' was not"
run "$CAPTION" -q -m alone.safetensors --lang zh a.jpg
code 0; out_lines 1

begin "so is one that was trained with another encoder"
LC_ALL=C sed 's/\("decoder.zh.encoder":"\)[0-9a-f]\{16\}/\10123456789abcdef/' added.safetensors >strange.safetensors
that test -n "$(cmp added.safetensors strange.safetensors)"
run "$CAPTION" -q -m strange.safetensors --lang en a.jpg
code 0; out_is "$english"
run "$CAPTION" -q -m strange.safetensors --lang en,zh a.jpg
code 1; out_is ""; err_lines 1; err_like "strange.safetensors: .*0123456789abcdef"

begin "what has one language refuses several, and a list must be one"
for option in '--gallery x.html' '-o metadata.jsonl' '--sidecar txt' '--sidecar caption' '--explain x.png' \
    '-f gallery' '-f imagefolder'; do
    run "$CAPTION" --lang en,zh $option a.jpg
    code 2; out_is ""; err_lines 1; err_like "--lang 'en,zh': .* has one language; several are in text"
done
for list in en,en en, ,zh zh,en,zh , a,b,c,d,e; do
    run "$CAPTION" --lang "$list" a.jpg
    code 2; out_is ""; err_like "expected up to 4 different languages"
done
run "$CAPTION" --lang en,fr a.jpg
code 1; out_is ""; err_like "no captions in language 'fr'; there are: en, zh"

begin "plainer words are of English, and of a model with a consensus"
run "$CAPTION" --lang zh --plain 0.4 a.jpg
code 1; out_is ""
err_is "caption: $CAPTION_MODEL: the option plain knows words of English (en), not of 'zh'; leave it out"
run "$CAPTION" --lang en --plain 0.4 -o rows.tsv a.jpg
code 1; out_is ""; that test ! -e rows.tsv
err_is "caption: $CAPTION_MODEL: the option plain needs a consensus, and the decoder 'en' has none; 'caption consensus' makes one, or leave it out"
run "$CAPTION" --lang zh,en --plain 0.4 a.jpg
code 1; out_is ""; err_like "$CAPTION_MODEL: .* not of 'zh'"
for least in 0 1 -1 x; do
    run "$CAPTION" --plain $least a.jpg
    code 2; out_is ""; err_like "--plain.*$least"
done

finish
