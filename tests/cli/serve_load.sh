#!/bin/bash
# caption serve under requests of many clients at a time, of which many break off, wait, or send
# nonsense: nothing is lost, each caption is what `caption` prints, SIGTERM in the middle loses nothing.
. "$(dirname "$0")/lib.sh"

begin "what is hardly a photo has no caption, in every shape of the API"
if ! command -v python3 >/dev/null; then
    skip "python3 is not installed"
else
    cat >said.py <<'PROGRAM'
import sys
sys.path.insert(0, sys.argv[1])
from caption_server import SHAPES, Answer
row = b'{"not_a_photo":true,"captions":[]}'
said = {'plain': row, 'multipart': b'[' + row + b']', 'ollama': b'{"response":""}',
        'ollama stream': b'{"response":""}', 'ollama chat': b'{"message":{"content":""}}',
        'ollama chat stream': b'{"message":{"content":""}}',
        'openai': b'{"choices":[{"message":{"content":""}}]}',
        'openai stream': b'data: {"choices":[{"delta":{}}]}'}
for shape, (_, caption_of) in SHAPES.items():
    if caption_of(Answer(200, {}, said[shape])) != '':
        sys.exit(shape)
PROGRAM
    run python3 said.py "$SOURCE/tools"
    code 0
fi

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
