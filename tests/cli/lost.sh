#!/bin/bash
# Nothing of a training is lost: it is killed at each of its writes, locked against another one, and
# its log goes on.
. "$(dirname "$0")/lib.sh"
mkdir own
# Vectors in place of an encoder, so that the models are small: two digits are a number below 1.
header="{'descr': '<f2', 'fortran_order': False, 'shape': (40, 8), }"
printf '\x93NUMPY\x01\0\x76\0%-117s\n' "$header" >v.npy
for i in $(seq 10 49); do
    (printf 'P6\n8 8\n255\n' && yes "$i$((i * i))" | head -c 192) >own/$i.ppm
    echo "A photo of thing $((i % 5))" >own/$i.txt
    yes "$((i * i * i))$((i * 1001))" | tr -d '\n' | head -c 16 >>v.npy
    echo $i.ppm >>v.npy.names
done
loop=(--vectors "$work/v.npy" --batch 8 --epochs 2 --warmup 0 --threads 1)
train=("$CAPTION" train --data own --hidden 8 --min-count 1 "${loop[@]}")
text=("$TEXTRNN" train --data ../text --hidden 8 --batch 2 --steps 4 --epochs 2 --threads 1)
for i in $(seq 40); do echo "a line of text $((i % 7))"; done >text

# Kills a command after its n-th write has come to the disk, and before it has its name.
killed_at() {
    local n=$1
    shift
    run env LD_PRELOAD="$FAULTS" FAULT=meanwhile:$n FAULT_DO='kill -KILL $PPID' \
        ASAN_OPTIONS="$ASAN_OPTIONS:verify_asan_link_order=0" "$@"
}

# sweep COMMAND...: in a folder of its own, killed at each write and told to go on.
sweep() {
    local n=0
    rm -rf whole broken
    mkdir whole
    cd whole; run "$@" -o m.safetensors; cd ..
    code 0
    while :; do
        n=$((n + 1))
        rm -rf broken
        mkdir broken
        cd broken
        killed_at $n "$@" -o m.safetensors
        [ $status -eq 137 ] || break
        if [ -e m.safetensors ]; then
            run "$CAPTION" info m.safetensors
            code 0
        fi
        run "$@" -o m.safetensors --resume
        code 0
        cd ..
        that diff -rq whole broken
    done
    code 0
    cd ..
    that test $n -gt 4
}

begin "a training of captions that is killed at any write goes on to the same files"
run "${train[@]}" -o start.safetensors --no-consensus
code 0
sweep "$CAPTION" train --data ../own --start ../start.safetensors "${loop[@]}"

begin "and one of texts"
sweep "${text[@]}"

begin "a checkpoint alone, and a killed training's lock, are not in the way of --resume"
rm -rf broken; mkdir broken; cd broken
killed_at 2 "${train[@]/own/../own}" -o m.safetensors
that test -e m.safetensors.lock
run "${train[@]/own/../own}" -o m.safetensors --resume
code 0; that test ! -e m.safetensors.lock
cd ..

begin "two trainings do not write one model, by any name"
mkfifo blocks
ln -s m.safetensors link.safetensors
"$CAPTION" train --data blocks -o m.safetensors 2>first.err &
first=$!
while [ ! -e m.safetensors.lock ]; do sleep 0.05; done
for name in m.safetensors ./m.safetensors link.safetensors own/../m.safetensors; do
    run "${train[@]}" -o $name --overwrite
    [ $name = link.safetensors ] && continue # which leads nowhere yet: another file
    code 1; out_is ""; err_lines 1
    err_is "caption: $name: another training is writing it ($name.lock is locked)"
done
run "$TEXTRNN" train --data text -o m.safetensors
code 1; err_is "textrnn: m.safetensors: another training is writing it (m.safetensors.lock is locked)"
kill -KILL $first; wait $first 2>/dev/null
run "${train[@]}" -o m.safetensors --overwrite
code 0; that test ! -e m.safetensors.lock
echo mine >mine.safetensors.lock
run "${train[@]}" -o mine.safetensors
code 1; err_is "caption: mine.safetensors.lock: is there and is no lock of a training; name another --output"
that test "$(cat mine.safetensors.lock)" = mine

# The rows without what differs from run to run: the seconds, and the sums since a run began.
rows_of() { sed -E 's/"(seconds|tokens_per_second|tokens|loss|gradient_norm|best)":[^,}]*,?//g' "$1" | cut -d , -f 1-3,5,11- ; }

begin "a log has a row per epoch, and one every few steps"
for form in csv jsonl; do
    run "${train[@]}" -o $form.safetensors --log whole.$form --log-steps 2
    code 0
    that test "$(grep -c '^.*step' whole.$form)" -ge 2
    that test "$(grep -cE '^(epoch,[12]|\{"event":"epoch","epoch":[12]),' whole.$form)" -eq 2
done
that grep -q '^event,epoch,step,loss,rate,gradient_norm,tokens,tokens_per_second,seconds,best,dev_perplexity,dev_bleu_4,' whole.csv
[[ -z $(type -P jq) ]] || that jq -e '.epoch >= 0 and .seconds >= 0' whole.jsonl >/dev/null
run "$CAPTION" train --data own --start csv.safetensors "${loop[@]}" -o from.safetensors --log from.csv
code 0; that grep -q '^start,0,0,,,,,,[0-9.]*,,[0-9.]*,' from.csv

begin "a log goes on where its training does, and no step has two rows"
for form in csv jsonl; do
    for n in 2 4; do
        rm -f broken.*
        killed_at $n "${train[@]}" -o broken.safetensors --log broken.$form --log-steps 2
        code 137
        printf '%s' "$(tail -n 1 whole.$form | head -c 9)" >>broken.$form # and a torn row
        run "${train[@]}" -o broken.safetensors --log broken.$form --log-steps 2 --resume
        code 0
        that test "$(rows_of broken.$form)" = "$(rows_of whole.$form)"
    done
    rm broken.$form # it has the epochs that were done before there was a log
    run "${train[@]}" -o broken.safetensors --log broken.$form --resume
    code 0; that test "$(rows_of broken.$form)" = "$(rows_of whole.$form | grep -v '^step\|"step",')"
done

begin "what is no log of this training is left as it is"
printf 'event,epoch,step,mine\nepoch,1,2,3\n' >mine.csv
printf '{"event":"party","epoch":1}\n' >mine.jsonl
for file in mine.csv mine.jsonl; do
    cp $file before
    run "${train[@]}" -o broken.safetensors --log $file --resume
    code 1; err_like "caption: $file: is no log of this training; name another --log"
    that cmp $file before
done
for name in log.txt log log.tsv; do
    run "${train[@]}" -o new.safetensors --log $name
    code 2; err_lines 1; that test ! -e $name -a ! -e new.safetensors.lock
done

begin "a log that cannot be written lacks a row, and the training goes on"
run bash -c 'ulimit -f 1; trap "" XFSZ; exec "$@"' - "${train[@]}" -o full.safetensors --log full.csv --log-steps 1 --epochs 8
code 1; err_like "full.csv: cannot write; the log lacks a row"
that test "$(tail -c 1 full.csv | od -An -c | tr -d ' ')" = '\n'
run "${train[@]}" -o full.safetensors --log full.csv --log-steps 2 --overwrite
code 0; that cmp full.safetensors csv.safetensors

begin "a photo that vanishes while an encoder is trained leaves the trained model, and is named"
mkdir few; cp own/1* few
run env LD_PRELOAD="$FAULTS" FAULT=meanwhile:2 FAULT_DO='rm few/11.ppm' \
    ASAN_OPTIONS="$ASAN_OPTIONS:verify_asan_link_order=0" "$CAPTION" train --data few --hidden 8 --min-count 1 \
    --encoder "$MODEL" --finetune-cnn --cnn-from fc7 --optimiser sgd --batch 10 --epochs 1 -o few.safetensors
code 1; err_like "few/11.ppm: has vanished since the training began, .*the model is trained, and the same command"
that "$CAPTION" info few.safetensors >/dev/null

begin "features that are not finite are computed again"
own=("$CAPTION" train --data few --encoder "$MODEL" --hidden 8 --epochs 1 --no-consensus --cache few.cache)
run "${own[@]}" -o finite.safetensors
code 0
first=$((8 + $(od -An -t u8 -N 8 few.cache))) # byte of the numbers
printf '\0\x7c' | dd of=few.cache bs=1 seek=$first conv=notrunc 2>/dev/null
run "${own[@]}" -o again.safetensors
code 0; err_like "few.cache: the cache was .*damaged; the features were computed again"
that cmp finite.safetensors again.safetensors

begin "a rate that is too high leaves the best model and the checkpoint of before, and says so"
run "${train[@]}" -o high.safetensors --rate 100 --schedule linear --warmup 1 --clip 0 --optimiser sgd --epochs 40 --patience 0 --batch 2
code 1
if [ -e high.safetensors ]; then err_like "diverges: .*--rate .*; the best model so far is high.safetensors: --overwrite replaces it, another --output spares it"
else err_like "diverges: .*--rate "; fi
for file in high.safetensors*; do [ $file = "high.safetensors*" ] || that "$CAPTION" info $file >/dev/null; done
finish
