#!/bin/bash
# From process start to the printed caption, and PyTorch's from process start to V alone, in turn
# and in one run: a line of JSON a program with medians, then their ratio.
# PEERS is a folder with torch_cold.py, alexnets.py and models/bvlc.pt; PYTHON names the interpreter.
# usage: compare_cold.sh PEERS CAPTION PHOTO [ROUNDS]
set -eu
if [ $# -lt 3 ]; then
    sed -n 's/^# usage: /usage: /p' "$0" >&2
    exit 2
fi
peers=$(realpath "$1") caption=$(realpath "$2") photo=$(realpath "$3")
rounds=${4:-7} python=${PYTHON:-/usr/bin/python3}

milliseconds() {
    local start=${EPOCHREALTIME/./} end
    "$@" >/dev/null
    end=${EPOCHREALTIME/./}
    echo $(((end - start) / 100)) # tenths
}

cd "$peers"
ours=() theirs=()
"$caption" "$photo" >/dev/null # both begin with their files in the page cache
"$python" torch_cold.py "$photo" >/dev/null
for ((round = 0; round < rounds; round++)); do
    ours+=("$(milliseconds "$caption" "$photo")")
    theirs+=("$(milliseconds "$python" torch_cold.py "$photo")")
done
median() { printf '%s\n' "$@" | sort -n | sed -n "$(((rounds + 1) / 2))p"; }
awk -v ours="$(median "${ours[@]}")" -v theirs="$(median "${theirs[@]}")" -v n="$rounds" 'BEGIN {
    printf "{\"what\": \"cold start to the caption\", \"ms_med\": %.1f, \"n\": %d}\n", ours / 10, n
    printf "{\"peer\": \"torch\", \"what\": \"cold start to fc7\", \"ms_med\": %.1f, \"n\": %d}\n", \
        theirs / 10, n
    printf "{\"compare\": \"cold start\", \"ratio\": %.4f}\n", ours / theirs }'
