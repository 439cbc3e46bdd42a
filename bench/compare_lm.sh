#!/bin/bash
# A training step of a language model by character here and in PyTorch, in turn, in one run: batch 64,
# 64 steps, 512 units, 100 characters.  Quote the ratio of the medians.
# usage: compare_lm.sh BENCH_TRAIN_STEP [ROUNDS] [SECONDS]
set -e
bench=$1 rounds=${2:-3} seconds=${3:-5}

unset OPENBLAS_CORETYPE
for ((round = 1; round <= rounds; round++)); do
    for threads in 1 2; do
        /usr/bin/python3 "$(dirname "$0")/torch_lm.py" --threads "$threads" --secs "$seconds"
    done
    "$bench" -t 2 -s "$seconds" -f 0 -T 64 -V 100
done
