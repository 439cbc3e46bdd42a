#!/bin/bash
# `caption train` that begins with a model: its words, its choices, and what completes it.
. "$(dirname "$0")/lib.sh"
export CAPTION_MODEL=$MODEL
things=(dog cat horse bus tree)
photo() { # FILE SEED: a picture of its own
    (printf 'P6\n8 8\n255\n' && yes "$2$(($2 * $2))" | head -c 192) >"$1"
}
mkdir photos
for i in $(seq 10 40); do
    photo photos/$i.ppm "$i"
    echo "A photo of thing ${things[i % 5]} ." >photos/$i.txt
done
echo "A zorgblatt of thing quuxfrob ." >photos/11.txt
echo "A zorgblatt of thing bus ." >photos/14.txt
# Vectors in place of an encoder make small models: two digits are a number below 1.
header="{'descr': '<f2', 'fortran_order': False, 'shape': (51, 8), }"
printf '\x93NUMPY\x01\0\x76\0%-117s\n' "$header" >v.npy
for i in $(seq 10 60); do
    yes "$((i * i * i))$((i * 1001))" | tr -d '\n' | head -c 16 >>v.npy
    echo $i.ppm >>v.npy.names
done
small=(--vectors v.npy --batch 4 --epochs 1 --warmup 0 --threads 2)
quick=(--batch 4 --epochs 1 --warmup 0 --threads 2 --cache cache)

begin "a small set begins with the model whose encoder is used, and says so"
run "$CAPTION" train --data photos -o a.safetensors "${quick[@]}" --no-consensus --about "a zoo's; CC BY"
code 0; out_is ""
err_like "^begins with $MODEL, as [0-9]+ captions are few; --from-scratch begins without"
err_like "best epoch by perplexity"
err_like "start; dev: perplexity"

begin "the start learns the words of the data, and says which, and which it does not"
err_like "new words: [0-9]+, which begin like others in their places: .*zorgblatt"
err_like "unknown words: 1, in 1 of [0-9]+ captions: they occur fewer than 2 times .--min-count."
run "$CAPTION" train --data photos -o b.safetensors "${quick[@]}" --no-consensus --min-count 1
code 0; err_like "new words: .*quuxfrob"; that test "${err/unknown words/}" = "$err"
that grep -aq zorgblatt a.safetensors
that test -z "$(grep -a quuxfrob a.safetensors)"
that grep -aq quuxfrob b.safetensors

begin "a model that began with another has its words first, in its order"
run "$CAPTION" train --data photos -o c.safetensors --start a.safetensors "${quick[@]}" --no-consensus --min-count 1
code 0; err_like "new words: 1, .*: quuxfrob"; that test "${err/begins/}" = "$err"
vocabulary() { grep -ao '"decoder.en.vocabulary": *"[^"]*"' "$1" | sed 's/.*: *"//; s/"$//'; }
that test -n "$(vocabulary a.safetensors)"
run "$CAPTION" info -m c.safetensors
out_like "decoder.en.about +a zoo's; CC BY"
that test "$(vocabulary c.safetensors)" = "$(vocabulary a.safetensors)quuxfrob\\n"

begin "a start that is the better one is said to be"
run "$CAPTION" train --data photos -o w0.safetensors --start a.safetensors "${quick[@]}" --no-consensus --rate 0.3
run "$CAPTION" train --data photos -o w.safetensors --start w0.safetensors "${quick[@]}" --no-consensus --rate 3 --overwrite
code 0; err_like "dev, of the start and of epoch 1: perplexity .*caption: by perplexity.* the start is the better one on this dev set"

begin "from scratch only where that is asked for, or the decoder's shape is"
for how in --from-scratch "--hidden 16" "--encoder $MODEL --hidden 16"; do
    run "$CAPTION" train --data photos -o s.safetensors "${quick[@]}" --no-consensus $how --overwrite
    code 0; that test "${err/begins/}" = "$err"; that test "${err/start;/}" = "$err"
done

begin "what a start decides cannot be decided otherwise"
run "$CAPTION" train --data photos -o x.safetensors --start a.safetensors --hidden 16
code 2; err_like "--start decides what --hidden would"
run "$CAPTION" train --data photos -o x.safetensors --start a.safetensors --cell gru --layers 2 --embedding 9 \
    --image-hidden 3 --from-scratch
code 2; err_like "--cell, --layers, --embedding, --image-hidden, --from-scratch"
that test ! -e x.safetensors

begin "a file with W_v of low rank is smaller, captions, and is a start"
run "$CAPTION" train --data photos -o rank.safetensors --start a.safetensors "${quick[@]}" --no-consensus --image-rank 4
code 0
run "$CAPTION" info -m rank.safetensors
code 0; out_like '"image_rank":4'; out_like "image-rank=4"
that test "$(stat -c %s rank.safetensors)" -lt "$(stat -c %s a.safetensors)"
run "$CAPTION" -m rank.safetensors photos/10.ppm --any-picture
code 0; out_lines 1
run "$CAPTION" train --data photos -o rank2.safetensors --start rank.safetensors "${quick[@]}" --no-consensus
code 0
run "$CAPTION" info -m rank2.safetensors
out_like '"image_rank":4'

begin "what cannot be rounded is refused before the training"
run "$CAPTION" train --data photos -o x.safetensors --start rank.safetensors "${quick[@]}" --no-consensus --image-rank 3
code 1; err_lines 1; err_like "units between V and the first step has no W_v to round to rank 3"
run "$CAPTION" train --data photos -o x.safetensors --start a.safetensors "${quick[@]}" --no-consensus --image-rank 5000
code 1; err_lines 1; err_like "would take more numbers than W_v itself; expected 1 to [0-9]+"
that test ! -e x.safetensors

begin "a model without a decoder of the language is no start, and that is said"
run "$CAPTION" train --data photos -o zh.safetensors "${quick[@]}" --no-consensus --lang zh --hidden 16
code 0
run "$CAPTION" train --data photos -o zh2.safetensors --lang zh --start a.safetensors
code 1; err_lines 1; err_like "no captions in language 'zh'"
run "$CAPTION" train --data photos -o a2.safetensors --start zh.safetensors "${quick[@]}" --no-consensus
code 0
run "$CAPTION" --lang zh -m a2.safetensors photos/10.ppm --any-picture # the other language is still there
code 0; out_lines 1

begin "a share of the photos is held out"
run "$CAPTION" train --data photos -o d.safetensors "${small[@]}" --hidden 8 --no-consensus --dev-share 0.2
code 0; err_like "train: 25 photos, 25 captions; dev: 6 photos"
run "$CAPTION" train --data photos -o e.safetensors "${small[@]}" --hidden 8 --no-consensus --dev-share 0
code 0; err_like "dev: 0 photos; vocabulary"
run "$CAPTION" features -m d.safetensors -o made.npy photos/10.ppm # it has none of vectors
code 1; err_like "d.safetensors: contains no encoder"; that test ! -e made.npy

begin "photos that a start was trained on do not measure what follows"
cp -r photos more
for i in $(seq 41 60); do
    photo more/$i.ppm "$i"
    echo "A photo of thing ${things[i % 5]} ." >more/$i.txt
done
run "$CAPTION" train --data more -o f.safetensors --start d.safetensors "${small[@]}" --no-consensus
code 0
run "$CAPTION" eval --data more -m f.safetensors --beam 1 --vectors v.npy
code 0; out_like "^photos      13 .not trained on; left out 38 that were"
for i in $(seq 41 60); do # of the photos that were there before, none is new
    rm more/$i.*
done
run "$CAPTION" train --data more -o f.safetensors --start d.safetensors "${small[@]}" --no-consensus --overwrite
code 0; err_like "dev: 6 photos"
for i in $(seq 41 60); do
    photo more/$i.ppm "$i"
    echo "A photo of thing ${things[i % 5]} ." >more/$i.txt
done

begin "a consensus comes with the model, and what is missing is said with its reason"
run "$CAPTION" train --data photos -o g.safetensors "${quick[@]}"
code 0; out_is ""
err_like $'\n'"next: caption eval --data PHOTOS --model g.safetensors --compare $MODEL --page look.html$"
err_like "g.safetensors: a consensus of [0-9]+ photos in [0-9]+ directions and [0-9]+ n-grams"
err_like "not calibrated: [0-9]+ photos to calibrate on"
run "$CAPTION" info --tensors g.safetensors
code 0; out_like decoder.en.consensus.postings

begin "a finished training that is resumed is completed again, to the same file"
own=("${small[@]}" --hidden 8)
run "$CAPTION" train --data photos -o h.safetensors "${own[@]}"
code 0; err_like "h.safetensors: a consensus of"
cp h.safetensors before.safetensors
run "$CAPTION" train --data photos -o h.safetensors "${own[@]}" --resume
code 0
that cmp before.safetensors h.safetensors

begin "what lost its completion gets it by --resume"
run "$CAPTION" train --data photos -o h.safetensors "${own[@]}" --no-consensus --overwrite
code 0; that test -n "$(cmp before.safetensors h.safetensors)"
run "$CAPTION" train --data photos -o h.safetensors "${own[@]}" --resume
code 0
that cmp before.safetensors h.safetensors

begin "an interrupt behind the training leaves the trained model, and --resume completes it"
rm .err # what the last run said must not be taken for this one's
"$CAPTION" train --data photos -o k.safetensors "${quick[@]}" 2>.err &
process=$!
until grep -qs "the model of epoch" .err || ! kill -0 $process 2>/dev/null; do sleep 0.02; done
kill -TERM $process
wait $process; status=$?
err=$(cat .err)
if [ $status -ne 0 ] && ! grep -q '^next: ' .err; then # otherwise it was faster than the signal
    code 143; err_like "interrupted.*the model is trained, and the same command with --resume completes it"
fi
run "$CAPTION" -m k.safetensors --any-picture photos/10.ppm
code 0; out_lines 1
run "$CAPTION" train --data photos -o k.safetensors "${quick[@]}" --resume
code 0
that cmp g.safetensors k.safetensors

begin "the consensus of a start stays, beside that of new photos"
count() { "$CAPTION" info "$1" | sed -n 's/^decoder.en.consensus *{"photos": \([0-9]*\).*/\1/p'; }
run "$CAPTION" train --data more -o i.safetensors --start h.safetensors "${small[@]}"
code 0
that test "$(count i.safetensors)" -gt "$(count h.safetensors)"
head -8 <(for i in $(seq 41 60); do printf 'more/%s.ppm\tA photo of thing cat .\n' $i; done) >few.tsv
run "$CAPTION" train --data few.tsv -o j.safetensors --start h.safetensors "${small[@]}"
code 0; err_like "the consensus is that of the start: 8 captioned photos"
that test "$(count j.safetensors)" = "$(count h.safetensors)"
run "$CAPTION" eval --data more -m j.safetensors --vectors v.npy
code 0; out_like "CIDEr-D"
finish
