#!/bin/bash
# A decoder training step here and in PyTorch, in turn, in one run: quote the ratio of the medians.
# The peer reads the photo through Linear(4096, 512) as the first word; here W_v is [4*512][4096],
# four times the parameters.  The last row of a round gives ours as many parameters as the peer has
# there (1024 features).
# usage: compare_train.sh BENCH_TRAIN_STEP TORCH_TRAIN.PY [ROUNDS] [SECONDS]
set -e
bench=$1 peer=$2 rounds=${3:-3} seconds=${4:-5}

unset OPENBLAS_CORETYPE
for ((round = 1; round <= rounds; round++)); do
    for threads in 1 2; do
        /usr/bin/python3 "$peer" --threads "$threads" --secs "$seconds"
    done
    "$bench" -t 2 -s "$seconds"
    "$bench" -t 2 -s "$seconds" -f 1024
done
