#!/bin/bash
# caption serve under requests of many clients at a time, of which many break off, wait, or send
# nonsense: nothing is lost, each caption is what `caption` prints, SIGTERM in the middle loses nothing.
. "$(dirname "$0")/lib.sh"

begin "a load with faults"
if [ "$SERVE" != yes ]; then
    skip "caption serve is not built in"
elif ! command -v python3 >/dev/null; then
    skip "python3 is not installed"
else
    run python3 "$SOURCE/tools/load_server.py" "$CAPTION" "$MODEL" "$SAMPLES" --requests 300 --clients 24 \
        --serve=--timeout --serve=20
    code 0
    [ -z "$problems" ] || problem "$out"
fi
finish
