#!/bin/bash
# Reports functions over 60 lines and files over 400; fails only on functions over 120 lines and
# files over 800, which no reason excuses.
# usage: lengths.sh SOURCE_ROOT
cd "$1" || exit 1
find base tensor image vocab cnn rnn metrics models data train app -name '*.c' | sort | xargs awk '
    function note(what, lines, soft, hard) {
        if (lines > soft) print what ": " lines " lines"
        if (lines > hard) failed = 1
    }
    FNR == 1 { if (NR > 1) note(name, last, 400, 800); name = FILENAME }
    { last = FNR }
    /^[a-z].*\(/  { heading = $0 }
    /^\{/         { start = FNR }
    /^\}/         { if (start) note(FILENAME ":" start " " heading, FNR - start, 60, 120); start = 0 }
    END           { note(name, last, 400, 800); exit failed }'
