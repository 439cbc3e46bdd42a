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
run "$CAPTION" train "${small[@]}" -o alone.safetensors --slices 8
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
