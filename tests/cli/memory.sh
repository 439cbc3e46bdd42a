#!/bin/bash
# Little memory, and what need not be loaded.
. "$(dirname "$0")/lib.sh"
export CAPTION_MODEL=$MODEL

begin "nothing but training may load OpenBLAS"
for arguments in --version --help "$SAMPLES/cat.jpg" "info $MODEL"; do
    LD_DEBUG=files LD_DEBUG_OUTPUT=loaded run "$CAPTION" $arguments
    code 0; that grep -q libjson-c loaded.*; that test -z "$(grep -l openblas loaded.*)"
    rm -f loaded.*
done

# A sanitizer needs more addresses than there are.
if [ "$SANITIZE" = none ]; then
    begin "with few addresses it captions or tells in one line why not, and ends"
    for limit in 60000 90000 120000 150000 180000 210000 500000; do
        run bash -c 'ulimit -v $0; exec "$@"' $limit "$CAPTION" "$SAMPLES/cat.jpg"
        if [ $status -eq 0 ]; then
            out_lines 1; err_is ""
        else
            out_is ""; err_lines 1
        fi
    done
    that test $status -eq 0 # of the last

    begin "a signal ends it even then"
    yes "$SAMPLES/cat.jpg" | head -n 100000 >names
    (ulimit -v 210000; exec "$CAPTION" -q --files-from names) >captions 2>.err &
    while [ ! -s captions ] && kill -0 $! 2>/dev/null; do sleep 0.05; done
    kill -TERM $!
    wait $!; status=$?
    err=$(cat .err)
    code 143; err_like "^caption: interrupted"
fi

finish
