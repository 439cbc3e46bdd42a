#!/bin/bash
# Models as ONNX.
. "$(dirname "$0")/lib.sh"
export CAPTION_MODEL=$MODEL

if [ "$PROTOBUF" != yes ]; then
    begin "a build without protobuf-c reports it"
    run "$CAPTION" export -o onnx
    code 2; err_like "^caption: export support is not built in \(install libprotobuf-c-dev"
    finish
fi

begin "a model becomes three nets and a vocabulary"
run "$CAPTION" export -o onnx
code 0; out_is ""; err_is ""
that [ "$(cd onnx && echo *)" = "decoder-first.onnx decoder-next.onnx encoder.onnx vocabulary.txt" ]
that [ "$(head -6 onnx/vocabulary.txt | paste -sd ' ')" = "<pad> <start> <end> <unk> a dog" ]
that [ "$(wc -l <onnx/vocabulary.txt)" -eq 14 ]
size=$(stat -c %s onnx/encoder.onnx)

begin "an export that is there stays, all of it"
rm onnx/decoder-first.onnx
run "$CAPTION" export -o onnx
code 1; err_is "caption: onnx/encoder.onnx: exists already; --overwrite replaces it"
that test ! -e onnx/decoder-first.onnx

begin "--overwrite replaces it; 16 bits take half the size"
run "$CAPTION" export -o onnx --overwrite --f16
code 0; out_is ""; err_is ""
that [ $(($(stat -c %s onnx/encoder.onnx) * 2)) -lt $((size + 100000)) ]
that test -e onnx/decoder-first.onnx

begin "what is no export is not replaced, and nothing else is written"
mkdir -p other
echo precious >other/vocabulary.txt
run "$CAPTION" export -o other --overwrite
code 1
err_is "caption: other/vocabulary.txt: is no file of an earlier export, and is not replaced"
that [ "$(ls other)" = vocabulary.txt ]
that [ "$(cat other/vocabulary.txt)" = precious ]

begin "the model that is exported is not replaced, whatever links lead to it"
mkdir -p linked
cp "$MODEL" mine.safetensors
ln -s ../mine.safetensors linked/encoder.onnx
run "$CAPTION" export -m mine.safetensors -o linked --overwrite
code 1; err_like "^caption: linked/encoder.onnx: is no file of an earlier export"
that cmp -s "$MODEL" mine.safetensors

begin "a language that the model does not have"
run "$CAPTION" export -o more --lang zh
code 1; err_like ": no captions in language 'zh'; there are: en$"
that test ! -e more

begin "an export becomes an encoder again; a file of Caffe may have another mean"
printf '\x08\x01\x10\x03\x18\x01\x20\x01\x2a\x0c\0\0\x80\x3f\0\0\0\x40\0\0\x40\x40' >mean.binaryproto
run "$CAPTION" import onnx/encoder.onnx -o back.safetensors --mean-file mean.binaryproto
code 0; err_is ""
out_is "onnx/encoder.onnx: ONNX, BVLC's AlexNet, with normalisation; channels bgr, pixels * 1 - (1 2 3), divided by (1 1 1)"

begin "an encoder alone does not come beside the decoder of another"
run "$CAPTION" export -m back.safetensors -o onnx --overwrite
code 1; err_is "caption: onnx/decoder-first.onnx: is of a decoder, and this file has an encoder alone; give a folder of its own"
run "$CAPTION" export -m back.safetensors -o alone
code 0; that [ "$(cd alone && echo *)" = encoder.onnx ]

begin "a damaged mean is refused"
head -c 12 mean.binaryproto >cut.binaryproto
run "$CAPTION" import onnx/encoder.onnx -o cut.safetensors --mean-file cut.binaryproto
code 1; err_is "caption: cut.binaryproto: it is damaged or cut short"
that test ! -e cut.safetensors
run "$CAPTION" import onnx/encoder.onnx -o a.safetensors --mean 1,2,3 --mean-file mean.binaryproto
code 2

begin "a damaged file of weights is refused"
head -c 100000 onnx/encoder.onnx >cut.onnx
run "$CAPTION" import cut.onnx -o cut.safetensors
code 1; err_is "caption: cut.onnx: it is damaged or cut short"

finish
