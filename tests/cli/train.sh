#!/bin/bash
# Training, scoring and features, on a few photos and with an encoder of random weights.
. "$(dirname "$0")/lib.sh"
export CAPTION_MODEL=$MODEL
mkdir photos
things=(dog cat horse bus tree)
number_of=0
for image in "$SOURCE"/tests/data/images/{cmyk,grey,large,orientation,progressive,rgb,ycck}*.jpg \
    "$SAMPLES"/*.jpg; do # some by name: how many there are decides which of them are set aside
    number_of=$((number_of + 1))
    cp "$image" photos/
    name=$(basename "$image" .jpg)
    echo "A photo of thing ${things[number_of % 5]} ." >"photos/$name.txt"
done
small=(--hidden 16 --min-count 1 --batch 4 --epochs 3 --warmup 0 --dropout 0.1 --threads 2 --no-consensus)

begin "a folder with sidecars trains a model, with its curve and checkpoint"
run "$CAPTION" train --data photos -o whole.safetensors "${small[@]}" --cache cache
code 0; out_is ""; err_like "epoch 3: loss .*CIDEr"
that test -s whole.safetensors -a -s whole.safetensors.png -a -s whole.safetensors.checkpoint -a -s cache

begin "the model captions"
run "$CAPTION" -m whole.safetensors photos/cat.jpg
code 0; out_lines 1; that test -n "$out"

begin "every cell trains, and captions by beam search and by sampling"
cells=$("$CAPTION" train --cell "" 2>&1 | sed 's/.*expected //; s/ (see.*//; s/,\| or / /g')
that test "$(wc -w <<<"$cells")" -ge 6
for cell in $cells; do
    run "$CAPTION" train --data photos -o $cell.safetensors "${small[@]}" --cell $cell --cache cache
    code 0; err_like "epoch 3: loss"
    for how in "--beam 3" "--sample --seed 7"; do
        run "$CAPTION" -m $cell.safetensors $how photos/cat.jpg
        code 0; out_lines 1; that test -n "$out"
    done
done

begin "an unknown cell is told which there are"
run "$CAPTION" train --data photos -o x.safetensors --cell lstm-peepholes
code 2; err_like "unknown 'lstm-peepholes', did you mean 'lstm-peephole'.*expected .*lstm-coupled"

begin "threads do not change the model, nor does computing the features again"
run "$CAPTION" train --data photos -o one.safetensors "${small[@]}" --threads 1
code 0
that cmp whole.safetensors one.safetensors

begin "products of bf16 make a model of their own, equal with any number of threads, or are refused"
run "$CAPTION" train --data photos -o bf16.safetensors "${small[@]}" --cache cache --bf16
if [ $status -eq 2 ]; then
    err_like "this processor has no products of bf16"
    that test ! -e bf16.safetensors
else
    code 0
    run "$CAPTION" train --data photos -o one16.safetensors "${small[@]}" --cache cache --bf16 --threads 1
    code 0
    that cmp bf16.safetensors one16.safetensors
    that test -n "$(cmp bf16.safetensors whole.safetensors)"
    run "$CAPTION" -m bf16.safetensors photos/cat.jpg
    code 0; out_lines 1
    run "$CAPTION" train --data photos -o bf16.safetensors "${small[@]}" --cache cache --resume
    code 1; err_like "made with products=bf16"
fi

begin "a cache of other photos with the same names, sizes and times gives the same model"
mkdir other
for photo in photos/*.jpg; do # each with what the next one holds, at the length and the time of its own
    next=$(ls photos/*.jpg | grep -A1 -x "$photo" | sed -n 2p)
    name=other/${photo#photos/}
    size=$(($(stat -c %s "$photo") + 1000000))
    cp "$photo" "$name" && truncate -s $size "$name" && touch -d 2020-01-01 "$name"
    cp "${photo%.jpg}.txt" other/
    cp "${next:-photos/cat.jpg}" "$name.next" && truncate -s $size "$name.next" && touch -d 2020-01-01 "$name.next"
done
run "$CAPTION" train --data other -o first.safetensors "${small[@]}" --epochs 1 --cache other.cache
code 0
for next in other/*.next; do mv "$next" "${next%.next}"; done
run "$CAPTION" train --data other -o warm.safetensors "${small[@]}" --epochs 1 --cache other.cache
code 0
run "$CAPTION" train --data other -o cold.safetensors "${small[@]}" --epochs 1 --cache cold.cache
code 0
that cmp warm.safetensors cold.safetensors
that test -n "$(cmp first.safetensors cold.safetensors)"
mv other moved
run "$CAPTION" train --data moved -o moved.safetensors "${small[@]}" --epochs 1 --cache other.cache
code 0
that cmp warm.safetensors moved.safetensors
rm -r moved

begin "an interrupted and resumed training gives the same files"
long=(--hidden 16 --min-count 1 --batch 1 --epochs 60 --patience 0 --beam 1 --cache cache --no-consensus)
"$CAPTION" train --data photos -o a.safetensors "${long[@]}" 2>/dev/null || problem "the whole run failed"
"$CAPTION" train --data photos -o b.safetensors "${long[@]}" 2>.err &
process=$!
while [ ! -s b.safetensors.checkpoint ] && kill -0 $process 2>/dev/null; do sleep 0.05; done
kill -TERM $process
wait $process; status=$?
err=$(cat .err)
if [ $status -ne 0 ]; then # otherwise it was faster than the signal
    code 143; err_like "interrupted; .*--resume"
fi
run "$CAPTION" train --data photos -o b.safetensors "${long[@]}" --resume
code 0
that cmp a.safetensors b.safetensors
that cmp a.safetensors.checkpoint b.safetensors.checkpoint

begin "resuming what has not begun begins it, and says so"
run "$CAPTION" train --data photos -o c.safetensors "${small[@]}" --cache cache --resume
code 0; err_like "dev: [0-9]+ photos.*c.safetensors.checkpoint is not there: nothing to resume, the training begins.epoch 1: loss"
that cmp whole.safetensors c.safetensors
rm c.safetensors*

begin "a finished training whose model is lost writes it again, where the checkpoint has it"
for epochs in 1 2; do # of which the first is the best
    lost=(--data photos -o lost.safetensors "${small[@]}" --cache cache --rate 1e-30 --epochs $epochs)
    run "$CAPTION" train "${lost[@]}" --overwrite
    code 0
    mv lost.safetensors kept.safetensors
    run "$CAPTION" train "${lost[@]}" --resume
    if [ $epochs -eq 1 ]; then
        code 0; that cmp kept.safetensors lost.safetensors
    else
        code 1; err_lines 2 # the data, and
        err_like "caption: lost.safetensors.checkpoint: the model of epoch 1, .*--overwrite"
        that test ! -e lost.safetensors
    fi
done

begin "a rate that diverges ends with a word, and leaves no model"
run "$CAPTION" train --data photos -o c.safetensors "${small[@]}" --cache cache --rate 50 --clip 0
code 1; err_like "^train: [^
]*.caption: the training diverges: .* in epoch 1, step [0-9]+; .*--rate 5"
that test ! -e c.safetensors -a ! -e c.safetensors.checkpoint

begin "other options are refused when resuming"
run "$CAPTION" train --data photos -o b.safetensors "${long[@]}" --resume --seed 9
code 1; err_like "made with seed=1, this run has seed=9"

begin "a full disk leaves the checkpoint as it was"
cp b.safetensors.checkpoint before
run bash -c 'ulimit -f 40; trap "" XFSZ; exec "$@"' - "$CAPTION" train --data photos -o b.safetensors \
    "${long[@]}" --overwrite
code 1; err_like "caption: b.safetensors.*: File too large"
that cmp before b.safetensors.checkpoint
that test -z "$(ls | grep -v -e photos -e safetensors -e cache -e before)"

begin "captions of missing photos are one clear line"
printf 'photos/cat.jpg\tA cat\ngone.jpg\tA dog\nlost.jpg\tA cow\n' >table.tsv
run "$CAPTION" train --data table.tsv -o c.safetensors
code 1; err_lines 1; err_like "table.tsv: 2 of 3 photos are not in .*gone.jpg, lost.jpg.*--skip-missing"
that test ! -e c.safetensors

begin "a broken photo is one clear line, or left out"
head -c 500 photos/cat.jpg >broken.jpg
printf 'photos/cat.jpg\tA cat\nbroken.jpg\tA dog\nphotos/coffee.jpg\tA cup\n' >table.tsv
run "$CAPTION" eval --data table.tsv
code 1; err_lines 1; err_like "1 of 3 photos cannot be read, the first: .*broken.jpg"
run "$CAPTION" eval --data table.tsv --skip-missing
code 0; out_like "photos      2"

begin "eval prints a table and writes JSON"
run "$CAPTION" eval --data photos --split all -m whole.safetensors --json scores.json --overwrite
code 0; err_is ""; out_like "BLEU-4 .*CIDEr-D .*perplexity .*distinct"
out_like "keywords    [0-9.]+ precision, [0-9.]+ recall, [0-9.]+ F1 .the captions' words, "
that grep -q '"cider_d"' scores.json
that grep -q '"photo":"cat.jpg"' scores.json

begin "eval scores people's own captions, too"
printf 'photos/cat.jpg\tA cat sleeps here now\nphotos/coffee.jpg\tA cup of hot coffee
photos/cat.jpg\tA cat sleeps here today\n' >table.tsv
run "$CAPTION" eval --data table.tsv --split all -m whole.safetensors --people --json scores.json --overwrite
code 0; err_is ""
out_like "people      BLEU-4 .*, ROUGE-L 80.00, CIDEr-D .* .1 photo: each caption against the others"
that grep -q '"people":{' scores.json
sed -i 3d table.tsv
run "$CAPTION" eval --data table.tsv --split all -m whole.safetensors --people --json scores.json --overwrite
code 0; out_like "people      - .no photo has several captions"
that grep -q '"bleu4":null' scores.json

begin "eval compares two models photo by photo, and shows a page"
run "$CAPTION" eval --data photos --split all -m whole.safetensors --compare gru.safetensors --cache cache \
    --page page.html --json both.json
code 0; err_is ""
out_like "compared with gru.safetensors, on the same photos.* CIDEr-D .*standard error [0-9.]+.; better on [0-9]+, worse on "
that grep -q '"compared":{' both.json; that grep -q '"standard_error"' both.json
that test "$(grep -c '^<figure' page.html)" -eq $number_of
that test "$(grep -c '<dt>gru.safetensors: CIDEr-D' page.html)" -eq $number_of
that test "$(grep -o '<dt>People</dt><dd lang="en">A photo of thing' page.html | wc -l)" -eq $number_of
that grep -q '<option value="run">Largest losses first' page.html
run "$CAPTION" eval --data photos --split all -m whole.safetensors --compare whole.safetensors --cache cache
code 0; out_like "CIDEr-D .*[+]0.000 .standard error 0.000.; better on 0, worse on 0, equal on $number_of photos"
run "$CAPTION" eval --data photos --split all -m whole.safetensors --cache cache --page page.html
code 2; err_like "page.html: a page is there already; --overwrite replaces it"
run "$CAPTION" eval --data photos --split all -m whole.safetensors --cache cache --page page.html --overwrite
code 0; that grep -q '<option value="run">Worst first' page.html
worst=$(grep -o '<b>CIDEr-D [0-9.]*' page.html | cut -d ' ' -f 2)
that test "$worst" = "$(sort -n <<<"$worst")"
"$CAPTION" -q photos/cat.jpg -o gallery.html
cp gallery.html before
run "$CAPTION" eval --data photos --split all --cache cache --page gallery.html --overwrite
code 1; err_lines 1; err_like "gallery.html: is no page of a search or of scores"
that cmp gallery.html before

begin "eval knows the photos that the model was trained on"
mkdir own more
for i in $(seq 10 23); do
    (printf 'P6\n8 8\n255\n' && yes "$i$((i * i))" | head -c 192) >own/$i.ppm
    echo "A photo of thing ${things[i % 5]}" >own/$i.txt
done
run "$CAPTION" train --data own -o own.safetensors "${small[@]}" --epochs 1
code 0
photos_of() { # eval's first line
    run "$CAPTION" eval --data "$1" --split "$2" --beam 1 -m own.safetensors --json scores.json --overwrite
    code 0; err_is ""; out_like "^photos      $3"$'\n'
}
photos_of own dev "3 .not trained on; left out 11 that were."
that grep -q '"trained_on":0' scores.json
photos_of own train "11 .trained on; left out 3 that were not."
photos_of own all "14 .all, 11 of them trained on."
that grep -q '"trained_on":11' scores.json
cp own/* more/
mv more/10.ppm more/renamed.ppm && mv more/10.txt more/renamed.txt
sed -i '1a # a comment' more/11.ppm # other bytes, the same picture
(printf 'P6\n8 8\n255\n' && yes new | head -c 192) >more/new.ppm
echo "Something new" >more/new.txt
photos_of more dev "4 .not trained on; left out 11 that were."
mkdir unknown && mv more/new.* unknown
photos_of unknown dev "1 .all."
run "$CAPTION" eval --data own -m whole.safetensors --beam 1
code 0; out_like "photos      14 .all."
run "$CAPTION" eval --data own --beam 1
code 0; out_like "photos      14 .all; the model does not record which it was trained on."
run "$CAPTION" calibrate --data own -m own.safetensors
code 1; err_lines 1; err_like "^caption: [0-9] photos to calibrate on; expected at least 80 that the model was not trained on: "
run "$CAPTION" consensus --data own -m own.safetensors
code 1; err_like "1[0-9] captioned photos to fit a consensus to; expected 20"
rm own/12.* own/17.* own/22.*
run "$CAPTION" eval --data own -m own.safetensors
code 1; err_is "caption: the model was trained on all 11 photos; --split all measures it on them"

begin "a photo whose captions hold no word is left out, and named"
printf 'photos/cat.jpg\tA cat\nphotos/coffee.jpg\t...\nphotos/sea.jpg\tThe sea\n' >dots.tsv
cp photos/cat.jpg photos/sea.jpg
run "$CAPTION" eval --data dots.tsv --split all
code 0; err_like "^caption: dots.tsv: 1 photo without a caption was left out: photos/coffee.jpg
caption: dots.tsv: 1 caption without a word was left out: photos/coffee.jpg$"
out_like "photos      2"
sed -n 2p dots.tsv >dot.tsv
run "$CAPTION" eval --data dot.tsv --split all
code 1; err_is "caption: dot.tsv: no caption contains a word, the first: photos/coffee.jpg"
rm photos/sea.jpg

begin "scores that weigh words are not given where no word weighs anything"
printf 'photos/cat.jpg\tA cat\n' >one.tsv
run "$CAPTION" eval --data one.tsv --json scores.json --overwrite
code 0; err_is ""; out_like "CIDEr-D     - .*content     -.perplexity"
that grep -q '"cider_d":null' scores.json

begin "consensus writes a model that chooses among more captions, and eval and info know it"
mkdir many
for i in $(seq 1 120); do
    image=$(ls photos/*.jpg | sed -n "$((i % number_of + 1))p")
    ln -s "../$image" "many/$i.jpg"
    echo "A photo of thing ${things[i % 7 % 5]} ." >"many/$i.txt"
done
run "$CAPTION" consensus --data many -m whole.safetensors -o agreed.safetensors --seen 2 --cache many.cache
code 0; err_is ""; out_lines 1
out_like '^agreed.safetensors: a consensus of [0-9]+ photos in [0-9]+ directions and [0-9]+ n-grams$'
run "$CAPTION" info --tensors agreed.safetensors
code 0; out_like 'decoder.en.consensus +\{"photos": 70, "captions": 70, "directions": 17, "ngrams": '
out_like 'decoder.en.consensus.photos +I8 +70x17'
run "$CAPTION" eval --data photos --split all -m agreed.safetensors --cache cache --json scores.json --overwrite
code 0; that grep -q '"cider_d"' scores.json
out_like "keywords    [0-9.]+ precision, [0-9.]+ recall, [0-9.]+ F1 .auto, .*first 5 .*  captions "
for part in auto precision_at_5 captions recall among at_10 median; do
    that grep -q "\"$part\"" scores.json
done
out_like "recall      [0-9.]+ at 1, [0-9.]+ at 5, [0-9.]+ at 10, median [0-9]+ .[0-9]+ photos by their captions.*  captions  [0-9.]+ at 1"

begin "calibrate writes a model whose confidence is its own, and eval measures it"
run "$CAPTION" calibrate --data many --split all -m agreed.safetensors -o calibrated.safetensors --cache many.cache
code 0; err_like "^caption: the model was trained on [0-9]+ of these 120 photos: its confidence will be too high$"
out_like "no photo    [0-9]+ of 60 photos, [0-9]+ of 360 pictures of nothing"
out_like "photos      60 .*ECE .*Spearman .*AUC .*keywords   precision .*over 0.4 .*keywords    [0-9.]+ precision"
that test -s calibrated.safetensors.calibration.png
run "$CAPTION" info calibrated.safetensors
code 0; out_like 'decoder.en.calibration +\{"split": "all", "photos": 60'
out_like 'decoder.en.keywords +\{"photos": 60, "precision": '
run "$CAPTION" eval --data photos --split all -m calibrated.safetensors --json scores.json --overwrite
code 0; out_like "ECE .*Spearman .*no photo    [0-9]+ of [0-9]+ photos"
that grep -q '"ece_equal_mass"' scores.json; that grep -q '"photos_denied"' scores.json
that test "$("$CAPTION" -m agreed.safetensors photos/cat.jpg)" = "$("$CAPTION" -m calibrated.safetensors photos/cat.jpg)"
that test "$("$CAPTION" -f tsv -m agreed.safetensors photos/cat.jpg)" != "$("$CAPTION" -f tsv -m calibrated.safetensors photos/cat.jpg)"

begin "calibrating again, in place and with other threads, gives the same file"
cp agreed.safetensors again.safetensors
run "$CAPTION" calibrate --data many --split all -m again.safetensors --threads 1
code 0
that cmp calibrated.safetensors again.safetensors

begin "a model keeps its consensus when it is calibrated, and a new consensus takes the calibration away"
run "$CAPTION" info --tensors calibrated.safetensors
code 0; out_like decoder.en.consensus.postings; out_like decoder.en.calibration.weights
out_like decoder.en.keywords.weights
run "$CAPTION" consensus --data many -m again.safetensors --directions 3 --cache many.cache
code 0; out_like " in 3 directions"
run "$CAPTION" info --tensors again.safetensors
code 0; out_like decoder.en.consensus.postings; that test "${out/calibration/}" = "$out"
that test "${out/keywords/}" = "$out"

begin "a decoder trained on a calibrated model is not calibrated"
run "$CAPTION" train --data photos -o new.safetensors --start calibrated.safetensors --encoder calibrated.safetensors \
    --batch 4 --no-consensus --epochs 1 --cache cache
code 0
run "$CAPTION" info --tensors new.safetensors
code 0; that test "${out/calibration/}" = "$out"

begin "too few photos are not calibrated on, and the model stays"
cp whole.safetensors before.safetensors
run "$CAPTION" calibrate --data photos -m whole.safetensors
code 1; err_lines 1; err_like "^caption: [0-9]+ photos to calibrate on; expected at least 80 that the model was not trained on: "
that cmp whole.safetensors before.safetensors

begin "a consensus guides a search of several captions, and nothing else"
captions() { # of all photos, by both models
    "$CAPTION" -q -m whole.safetensors "$@" photos >without && "$CAPTION" -q -m agreed.safetensors "$@" photos >with &&
        test -s with
}
that captions --beam 30 --best 30 --differ 0
that test "$(cat without)" != "$(cat with)"
that captions --beam 1
that cmp without with
that captions --sample --seed 3
that cmp without with
run "$CAPTION" -m agreed.safetensors --beam 30 --best 5 photos/cat.jpg
code 0; out_lines 5
best=${out%%$'\n'*}
run "$CAPTION" -m agreed.safetensors photos/cat.jpg
code 0; out_is "$best"

begin "the consensus does not depend on the threads, in place neither"
cp whole.safetensors again.safetensors
run "$CAPTION" consensus --data many -m again.safetensors --seen 2 --threads 1 --cache many.cache
code 0
that cmp agreed.safetensors again.safetensors

begin "photos of one set may count less in a consensus"
i=0
for weights in "" "--weight 1 --weight 1" "--weight 1 --weight 0.1"; do
    i=$((i + 1))
    run "$CAPTION" consensus --data many --data photos $weights -m whole.safetensors -o weighed$i.safetensors --cache many.cache
    code 0; out_like ": a consensus of [0-9]+ photos"
done
that cmp weighed1.safetensors weighed2.safetensors
that test -n "$(cmp weighed2.safetensors weighed3.safetensors)"
run "$CAPTION" consensus --data many --data photos --weight 2 -m whole.safetensors -o x.safetensors
code 2; err_like "1 --weight for 2 --data; one for each"
for weight in 0 -1 nan 1001 2x; do
    run "$CAPTION" consensus --data many --weight "$weight" -m whole.safetensors -o x.safetensors
    code 2; err_like "--weight '$weight'; expected a number above 0, to 1000"
done
that test ! -e x.safetensors

begin "what no consensus can be fitted to is one clear line, and the model stays"
cp whole.safetensors before.safetensors
head -1 table.tsv >few.tsv
run "$CAPTION" consensus --data few.tsv -m whole.safetensors --cache cache
code 1; out_is ""; err_lines 1; err_like "1 captioned photos to fit a consensus to; expected 20"
mkdir bare
cp photos/cat.jpg bare
run "$CAPTION" consensus --data bare -m whole.safetensors
code 1; out_is ""; err_lines 1; err_like "^caption: bare: "
run "$CAPTION" consensus --data many -m whole.safetensors --seen 1000 --cache many.cache
code 1; out_is ""; err_lines 1; err_like "no words of [0-9]+ photos' captions are in those of 1000"
that cmp whole.safetensors before.safetensors

begin "features are written as .npy and .safetensors, bad photos named"
run "$CAPTION" features photos/cat.jpg broken.jpg photos/coffee.jpg -o v.npy
code 1; out_is ""; err_lines 1; err_like "broken.jpg"
that test "$(stat -c %s v.npy)" -eq $((128 + 2 * 4096 * 4))
that grep -aq "'shape': (2, 4096)" v.npy
run "$CAPTION" features photos -o v.safetensors
code 0
that grep -aq photos/cat.jpg v.safetensors
picture() { # left or right, where the picture begins
    awk -v right=$([ "$1" = right ] && echo 226 || echo 0) 'BEGIN {
        print "P3 227 227 255"
        for (y = 0; y < 227; y++)
            for (x = 0; x < 227; x++) {
                at = right ? right - x : x
                print at, y, (at * y) % 256
            }
    }'
}
picture left >left.ppm
picture right >right.ppm
run "$CAPTION" features left.ppm right.ppm -o alone.npy
code 0
run "$CAPTION" features left.ppm right.ppm -o both.npy --views 2
code 0; err_is ""
numbers() { tail -c +129 "$1" | od -An -v -tf4 -w16384; }
cat <(numbers alone.npy) <(numbers both.npy) | tr '\n' ' ' >all-numbers
that awk '{ for (i = 1; i <= 4096; i++) {
        mean = ($i + $(4096 + i)) / 2; total += mean; differ += $i != $(4096 + i)
        error = mean - $(8192 + i)
        bad += error > 1e-4 || error < -1e-4 || $(8192 + i) != $(12288 + i)
    } } END { exit bad || total == 0 || differ == 0 }' all-numbers
run "$CAPTION" features photos -o v.npy --overwrite --views 3
code 2; err_like "--views: 3 is not between 1 and 2"
run "$CAPTION" features photos -o v.txt
code 2; err_like "v.txt: --output writes features of photos, not .txt"

begin "the encoder is trained from a layer on, towards a teacher, and its model captions"
tuned=(--finetune-cnn --cnn-from fc7 --cnn-rate 0.01 --optimiser sgd --rate 0.1 --epochs 1 --batch 4 --cache cache --no-consensus)
"$CAPTION" features photos -o taught.safetensors || problem "no features to be taught"
ls photos/*.jpg >taught-images.txt
run "$CAPTION" train --data photos -o tuned.safetensors --start whole.safetensors "${tuned[@]}" --teacher taught.safetensors
code 0; err_like "the encoder is trained from fc7 on: .* GB of pixels" ; err_like "epoch 1: loss .*CIDEr"
run "$CAPTION" info tuned.safetensors
code 0; out_like "cnn-rate=0.01 cnn-from=fc7"
run "$CAPTION" -m tuned.safetensors photos/cat.jpg
code 0; out_lines 1; that test -n "$out"

begin "a training with another teacher is not resumed"
sed -i '1{h;d};$G' taught-images.txt # the same features, of other photos
run "$CAPTION" train --data photos -o tuned.safetensors --start whole.safetensors "${tuned[@]}" --teacher taught.safetensors \
    --resume
code 1; err_like "made with teacher=[0-9a-f]{16}, this run has teacher=[0-9a-f]{16}"
rm tuned.safetensors.checkpoint

begin "a teacher needs the encoder's training, and must fit its photos"
run "$CAPTION" train --data photos -o x.safetensors --teacher t.safetensors
code 2; err_like "--teacher needs --finetune-cnn"
run "$CAPTION" train --data photos -o x.safetensors --finetune-cnn --scst
code 2; err_like "do not go together"
run "$CAPTION" train --data photos -o x.safetensors "${tuned[@]}" --from-scratch --teacher t.safetensors
code 1; err_lines 1; err_like "t.safetensors"
run "$CAPTION" train --data photos -o x.safetensors "${tuned[@]}" --cnn-from conv9
code 2; err_like "unknown 'conv9'"

begin "captions without photos are trained on, equally with any number of threads, and resumed with no others"
printf 'A photo of thing bus .\nThing bus\n\nThing cat\n' >texts
for i in 1 2; do
    run "$CAPTION" train --data many --text texts -o text$i.safetensors "${small[@]}" --dev-share 0.05 --epochs 1 --threads $i --cache many.cache
    code 0; err_like "train: [0-9]+ photos.*text: 3 captions in 2 groups, as many of these photos imagined.*epoch 1: loss"
done
that cmp text1.safetensors text2.safetensors
run "$CAPTION" info text1.safetensors
code 0; out_like "text=3 imagined=2"
sed -i s/cat/dog/ texts
run "$CAPTION" train --data many --text texts -o text1.safetensors "${small[@]}" --dev-share 0.05 --epochs 1 --cache many.cache --resume
code 1; err_like "made with data="

begin "bad captions without photos are one clear line, before any work"
printf 'A dog\nA \377\n' >bad
run "$CAPTION" train --data many --text bad -o x.safetensors
code 1; err_lines 1; err_like "bad: byte 9, in line 2, is no UTF-8"
run "$CAPTION" train --data many --text nothing -o x.safetensors
code 1; err_is "caption: nothing: No such file or directory"
printf 'photos/cat.jpg\tA cat\nphotos/coffee.jpg\tA cup\n' >table.tsv
run "$CAPTION" train --data table.tsv --text texts -o x.safetensors --cache cache
code 1; err_like "texts: there are 2 photos to imagine others from; expected at least 20"
run "$CAPTION" train --data many --text texts -o x.safetensors --finetune-cnn
code 2; err_lines 1; err_like "--text and --finetune-cnn do not go together"

begin "captions without photos are rewarded, too"
run "$CAPTION" train --data many --text texts -o rewarded.safetensors --dev-share 0.05 --batch 4 --no-consensus --epochs 1 --scst --start text1.safetensors \
    --cache many.cache
code 0; err_like "text: 3 captions in 2 groups.*epoch 1: reward"

begin "what is missing on the command line is usage"
run "$CAPTION" train -o x.safetensors
code 2; err_like "no --data"
run "$CAPTION" train --data photos
code 2; err_like "no --output"
run "$CAPTION" eval
code 2; err_like "no --data"
run "$CAPTION" calibrate
code 2; err_like "no --data"
run "$CAPTION" consensus
code 2; err_like "no --data"
finish
