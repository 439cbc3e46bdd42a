#!/bin/bash
# Our int8 encoder and its peers, in turn and in one run: JSON lines, then the ratio of medians.
# PEERS is a folder with torch_alexnet.py, ort_alexnet.mjs, a compiled dnnl_alexnet and models/*.onnx;
# what is missing there is left out.  PYTHON names the interpreter that has torch.
# usage: compare_alexnet.sh PEERS BUILD WEIGHTS [BATCH [THREADS [ROUNDS [SECONDS]]]]
set -u
if [ $# -lt 3 ]; then
    sed -n 's/^# usage: /usage: /p' "$0" >&2
    exit 2
fi
peers=$(realpath "$1") build=$(realpath "$2") weights=$(realpath "$3")
batch=${4:-32} threads=${5:-2} rounds=${6:-5} seconds=${7:-3}
lines=$(mktemp)
trap 'rm -f "$lines"' EXIT

ours() {
    "$build/bench/bench_encoder" "$weights" --batch "$batch" --threads "$threads" \
        --seconds "$seconds" | grep '"int8"'
}
onnx() { node ort_alexnet.mjs "models/$1.onnx" "$batch" "$threads" "$seconds"; }
torch() {
    "${PYTHON:-python3}" torch_alexnet.py --model "$1" --mode "$2" --batch "$batch" --threads "$threads" \
        --secs "$seconds"
}
onednn() { ./dnnl_alexnet "$batch" "$threads" "$1" "$seconds"; }

# Runs the rest of the arguments, shows their line, and keeps it under the first one's name.
keep() {
    local name=$1 line
    shift
    line=$("$@" 2>/dev/null | tail -1)
    [ -n "$line" ] || return
    printf '%s\n' "$line"
    printf '%s %s\n' "$name" "$(sed 's/.*"img_s_med": *\([0-9.]*\).*/\1/' <<<"$line")" >>"$lines"
}

cd "$peers" || exit 1
for ((round = 0; round < rounds; round++)); do
    for model in tv bvlc_nolrn bvlc_lrn; do
        keep ours ours
        keep "onnxruntime-float32-$model" onnx "$model"
    done
    keep torch-float32-bvlc_nolrn torch bvlc_nolrn jit
    keep onednn-float32-without-lrn-and-pools onednn f32
    keep ours ours
    keep onednn-int8-without-lrn-and-pools onednn s8
    keep ours ours
    keep onnxruntime-int8-without-lrn onnx bvlc_q8
done

median() { awk -v name="$1" '$1 == name { print $2 }' "$lines" | sort -n | awk '
    { value[NR] = $1 } END { if (NR) print value[int((NR + 1) / 2)] }'; }
mine=$(median ours)
for name in $(awk '{ print $1 }' "$lines" | sort -u); do
    [ "$name" != ours ] || continue
    awk -v name="$name" -v mine="$mine" -v peer="$(median "$name")" -v batch="$batch" \
        -v threads="$threads" 'BEGIN {
        printf "{\"compare\": \"%s\", \"batch\": %d, \"threads\": %d, \"ours_img_s\": %.1f, ", \
            name, batch, threads, mine
        printf "\"peer_img_s\": %.1f, \"ratio\": %.2f}\n", peer, mine / peer }'
done
