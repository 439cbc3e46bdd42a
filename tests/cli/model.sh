#!/bin/bash
# Which model is used, and what is said about one that is broken.
. "$(dirname "$0")/lib.sh"
cp "$SAMPLES/cat.jpg" cat.jpg

begin "--model goes before CAPTION_MODEL"
CAPTION_MODEL=nowhere run "$CAPTION" --model "$MODEL" cat.jpg
code 0; err_is ""
CAPTION_MODEL=nowhere run "$CAPTION" cat.jpg
code 1; out_is ""; err_like "^caption: nowhere: No such file or directory"

begin "a missing model is named"
run "$CAPTION" --model gone.safetensors cat.jpg
code 1; out_is ""; err_is "caption: gone.safetensors: No such file or directory"

begin "the language is --lang in every command; --language, its old name, goes on working and is not shown"
for option in --lang -l --language; do
    run "$CAPTION" cat.jpg -m "$MODEL" $option xx
    code 1; out_is ""; err_like "^caption: $MODEL: no captions in language 'xx'; there are: en$"
    run "$CAPTION" cat.jpg -m "$MODEL" $option en
    code 0; err_is ""
done
for command in "" train eval calibrate consensus; do
    run "$CAPTION" $command --help
    code 0; out_like "-l, --lang [A-Z]+ "
    that test "${out/--language/}" = "$out"
done
run "$CAPTION" cat.jpg --languag en
code 2; err_like "did you mean '--lang'\?"

size=$(stat -c %s "$MODEL")
for cut in 0 4 100 $((size / 2)) $((size - 1)); do
    begin "a model cut to $cut bytes is named on one line"
    head -c $cut "$MODEL" >cut.safetensors
    run "$CAPTION" --model cut.safetensors cat.jpg
    code 1; out_is ""; err_lines 1; err_like "^caption: cut.safetensors: ."
done

begin "a file of another kind is no model"
run "$CAPTION" --model cat.jpg cat.jpg
code 1; out_is ""; err_lines 1; err_like "^caption: cat.jpg: "
run "$CAPTION" --model . cat.jpg
code 1; out_is ""; err_lines 1

begin "a safetensors file of another program is no model"
printf '\x40\0\0\0\0\0\0\0%-64s\0\0\0\0' '{"weight":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}' \
    >foreign.safetensors
run "$CAPTION" --model foreign.safetensors cat.jpg
code 1; out_is ""; err_lines 1; err_like "^caption: foreign.safetensors: "

within() { # PROGRAM: makes it of the program and the model, as tools/make-static does
    objcopy --add-section .safetensors="$MODEL" "$CAPTION" "$1" &&
        objcopy --set-section-alignment .safetensors=65536 "$1" && chmod +x "$1"
}
run "$CAPTION" --model "$MODEL" cat.jpg
expected=$out
begin "a model within the program is used before others, and named"
if command -v objcopy >/dev/null && within ./one; then
    run ./one cat.jpg
    code 0; out_is "$expected"; err_is ""
    run ./one info
    code 0; out_like "^file +$PWD/one"
    that grep -qE "^within the program +section .safetensors, at byte [0-9]+$" .out
    that test "$(sed -n 's/^fingerprint *//p' .out)" = \
        "$("$CAPTION" info "$MODEL" | sed -n 's/^fingerprint *//p')"
    run ./one --version
    code 0; that grep -q "^model: $PWD/one " .out
    CAPTION_MODEL=nowhere run ./one cat.jpg
    code 1; err_like "^caption: nowhere: "
    run "$CAPTION" --model one cat.jpg
    code 0; out_is "$expected"
else
    skip "there is no objcopy"
fi

begin "what is no longer a whole program is named on one line"
if [ -x one ]; then
    size=$(stat -c %s one)
    for cut in $((size - 1)) $((size - 60)) $((size - $(stat -c %s "$MODEL") / 2)); do
        head -c $cut one >short
        chmod +x short
        run ./short cat.jpg
        code 1; out_is ""; err_lines 1; err_like "^caption: .*/short: the program is cut short: .*; get it again$"
    done
    cp one damaged # the number of its sections, and where their list is
    printf '\xff\xff' | dd of=damaged bs=1 seek=60 conv=notrunc status=none
    run ./damaged cat.jpg
    code 1; out_is ""; err_lines 1; err_like "^caption: .*/damaged: the program "
    cp one damaged
    printf '\xff\xff\xff\xff\xff\xff\xff\xff' | dd of=damaged bs=1 seek=40 conv=notrunc status=none
    run ./damaged cat.jpg
    code 1; out_is ""; err_lines 1; err_like "^caption: .*/damaged: the program "
else
    skip "there is no objcopy"
fi

begin "a program without a model in it is no model, and none is written over"
run "$CAPTION" --model "$CAPTION" cat.jpg
code 1; out_is ""; err_is "caption: $CAPTION: there is no section .safetensors"
if [ -x one ]; then
    before=$(cksum <one)
    run ./one calibrate --data .
    code 2; out_is ""; err_lines 1
    err_like "^caption calibrate: $PWD/one: the model lies within the program, and stays as it is; name another "
    run ./one consensus --data . --output one
    code 2; out_is ""; err_lines 1
    that test "$before" = "$(cksum <one)"
fi

begin "info prints what a model says about itself"
run "$CAPTION" info "$MODEL"
code 0; err_is ""; out_like "^file +$MODEL"
run "$CAPTION" info --tensors --model "$MODEL"
code 0; out_like "fc7.weight +I8 +4096x4096"

begin "an encoder or a part of another model is refused, and one without names goes on"
name=$("$CAPTION" info "$MODEL" | awk '$1 == "encoder.fingerprint" { print $2 }')
run "$CAPTION" info --check "$MODEL"
code 0; err_is ""
sed "s/decoder.en.encoder\":\"$name/decoder.en.encoder\":\"0123456789abcdef/" "$MODEL" >part.safetensors
run "$CAPTION" --model part.safetensors cat.jpg
code 1; out_is ""; err_lines 1
err_like "^caption: part.safetensors: the decoder for 'en' belongs to the encoder 0123456789abcdef, and the file has $name: train"
run "$CAPTION" info --check part.safetensors
code 1; err_lines 1; err_like "belongs to the encoder"
sed "s/$name/0123456789abcdef/g" "$MODEL" >all.safetensors
run "$CAPTION" info --check all.safetensors
code 1; err_lines 1
err_like "^caption: all.safetensors: names the encoder 0123456789abcdef, and has $name: it was damaged or changed; 'caption import'"
sed "s/encoder.fingerprint/encoder.fingerpriXX/; s/decoder.en.encoder/decoder.en.encodeX/" "$MODEL" >old.safetensors
"$CAPTION" --model "$MODEL" cat.jpg >named.txt
run "$CAPTION" --model old.safetensors cat.jpg
code 0; err_is ""; out_is "$(cat named.txt)"
run "$CAPTION" info --check old.safetensors
code 0; err_is ""

begin "info names what is broken"
run "$CAPTION" info cut.safetensors
code 1; out_is ""; err_lines 1; err_like "^caption: cut.safetensors: "

begin "import stores its own output again, tensor for tensor"
run "$CAPTION" import "$MODEL" -o once.safetensors -q
code 0; out_is ""; err_is ""
run "$CAPTION" import once.safetensors -o twice.safetensors
code 0; out_like "^once.safetensors: safetensors, BVLC's AlexNet, with normalisation; channels bgr"
that cmp once.safetensors twice.safetensors

begin "import refuses what is not AlexNet, and writes nothing"
run "$CAPTION" import foreign.safetensors -o new.safetensors
code 1; out_is ""; err_lines 1
err_like "^caption: foreign.safetensors: no tensor 'conv1.weight' or 'features.0.weight', and none of"
that test ! -e new.safetensors

begin "import says what a file claims that is none"
for option in '--mean 1,2' '--mean 1,2,3,4' '--mean 1,x,3' '--mean 1,2,256' '--deviation 1,0,1' \
    '--scale 2' '--channels grb' '--lrn maybe' '--tolerance -1'; do
    run "$CAPTION" import $option "$MODEL" -o new.safetensors
    code 2; out_is ""; err_like "--${option:2:3}"
done
run "$CAPTION" import --scale 0.004 "$MODEL" -o new.safetensors
code 1; err_like "a mean of 104 is 26000 of pixels from 0 to 255"
that test ! -e new.safetensors

finish
