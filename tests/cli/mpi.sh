#!/bin/bash
# Several processes that train as one, by Open MPI on this machine.
. "$(dirname "$0")/lib.sh"
if [ "$MPI" != yes ] || ! command -v mpirun >/dev/null; then
    echo "1..0 # SKIP no MPI"
    exit 0
fi
export CAPTION_MODEL=$MODEL
together() { # processes, command...
    local count=$1
    shift
    # Open MPI never frees what it made at its start
    ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 run mpirun --allow-run-as-root --oversubscribe -n "$count" "$@"
}
mkdir photos
number_of=0
for image in "$SOURCE"/tests/data/images/{grey,orientation,rgb}*.jpg "$SAMPLES"/*.jpg; do
    number_of=$((number_of + 1))
    cp "$image" photos/
    echo "A photo of thing $((number_of % 5)) ." >"photos/$(basename "$image" .jpg).txt"
done
small=(--data photos --cache cache --hidden 16 --min-count 1 --batch 8 --epochs 2 --warmup 0 --threads 1)

begin "one, two and four processes train the model of one that was started without mpirun"
run "$CAPTION" train "${small[@]}" -o alone.safetensors --slices 4
code 0
for count in 1 2 4; do
    together $count "$CAPTION" train "${small[@]}" -o of$count.safetensors
    code 0; out_is ""
    that cmp alone.safetensors of$count.safetensors
    that test "$(grep -c '^epoch 2' <<<"$err")" = 1
done

begin "one slice per step, as without --slices, makes another model"
run "$CAPTION" train "${small[@]}" -o one.safetensors
code 0
that test -n "$(cmp one.safetensors alone.safetensors)"

text=(--data text --hidden 8 --batch 8 --steps 8 --epochs 3 --threads 1)
head -60 "$SOURCE/README.md" >text
begin "a language model, whose state goes from step to step, goes on with another number of processes"
run "$TEXTRNN" train "${text[@]}" -o whole.safetensors --slices 4
code 0
together 4 "$TEXTRNN" train "${text[@]}" -o begun.safetensors --slices 4
code 0
that cmp whole.safetensors begun.safetensors

head='{"near":{"dtype":"I8","shape":[4,2],"data_offsets":[0,8]}}      '
printf '\100\0\0\0\0\0\0\0%s\1\2\3\4\5\6\7\10' "$head" >told.safetensors
ls photos/*.jpg | head -4 >told-images.txt
encoder=(distill --photos photos --teacher told.safetensors --cache pool5 --from fc7 --epochs 1 --dev-share 0
    --batch 4 --optimiser sgd --rate 1e-2 --slices 2)
begin "an encoder is distilled by two processes as by one, with a cache that was cut"
run "$CAPTION" "${encoder[@]}" -o distilled.safetensors --threads 2
code 0
truncate -s -5000 pool5
together 2 "$CAPTION" "${encoder[@]}" -o distilled2.safetensors --threads 1
code 0
that cmp distilled.safetensors distilled2.safetensors
that test -n "$(cmp distilled.safetensors "$MODEL")"
rm -f distilled*

cp -r photos more
head -c 300 "$SAMPLES/cat.jpg" >more/cut.jpg
begin "captions are those of one process, in its order, and its failures"
run "$CAPTION" more -o alone.jsonl --best 2 --errors alone.failures -j 1
code 1
together 3 "$CAPTION" more -o of3.jsonl --best 2 --errors of3.failures -j 1
code 1
that cmp alone.jsonl of3.jsonl
that cmp alone.failures of3.failures
err_like "caption: more/cut.jpg: .*$(grep -c . alone.jsonl) captioned, 0 skipped, 1 failed"
run "$CAPTION" photos -q -j 1
mv .out printed
together 2 "$CAPTION" photos -q -j 1
code 0; out_is "$(cat printed)"

begin "an interrupted file of captions is gone on with"
head -3 alone.jsonl >begun.jsonl
together 2 "$CAPTION" more -o begun.jsonl --best 2 -j 1
that cmp alone.jsonl begun.jsonl

begin "a model is scored as by one process"
run "$CAPTION" eval --data photos --split all --model alone.safetensors --cache cache --json alone.json
code 0
printf '%s' "$out" >scores
together 2 "$CAPTION" eval --data photos --split all --model alone.safetensors --cache cache --json of2.json
code 0; out_is "$(cat scores)"
that cmp alone.json of2.json

begin "a process that is killed ends all, and another number of them goes on to the same model"
long=("${small[@]}" --epochs 10 --patience 0)
run "$CAPTION" train "${long[@]}" -o unbroken.safetensors --slices 4
code 0
rm .err # what the last run said must not be taken for this one's
ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 mpirun --allow-run-as-root --oversubscribe -n 2 \
    "$CAPTION" train "${long[@]}" -o killed.safetensors >.out 2>.err &
launcher=$!
until grep -qs "^epoch 2:" .err || ! kill -0 $launcher 2>/dev/null; do sleep 0.05; done
kill -9 "$(pgrep -P $launcher -f killed.safetensors | tail -1)"
wait $launcher
that test $? != 0
that grep -q "exited on signal 9" .err
that test -z "$(grep "^epoch 10:" .err)"
together 4 "$CAPTION" train "${long[@]}" -o killed.safetensors --resume
code 0
that cmp unbroken.safetensors killed.safetensors

begin "more processes than slices are refused in one line"
together 4 "$CAPTION" train "${small[@]}" -o few.safetensors --slices 2
err_like "4 processes cannot share 2 slices of a step; give at least --slices 4"
that test "$(grep -c 'cannot share' <<<"$err")" = 1
that test "$status" != 0 -a ! -e few.safetensors

begin "what is work for one process is refused in one line"
together 2 "$CAPTION" info
that test "$(grep -c 'caption: info is work for one process, and 2 were started' <<<"$err")" = 1
code 2

finish
