#!/bin/bash
# Fails on a function of more than 60 lines and on a file of more than 460.  A table within a
# function, such as that of a command's options, counts as one line: it grows by a row per option.
# usage: lengths.sh SOURCE_ROOT
cd "$1" || exit 1
find base tensor image metadata vocab cnn rnn metrics models exchange data train app -name '*.c' | sort | xargs awk '
    function check(what, lines, most) {
        if (lines > most) { print what ": " lines " lines; at most " most; failed = 1 }
    }
    FNR == 1                    { if (NR > 1) check(name, last, 460); name = FILENAME }
                                { last = FNR }
    /^[a-z].*\(/                { heading = $0 }
    /^\{/                       { start = FNR; rows = table = 0 }
    /^    [a-z].*\[\] = \{$/    { table = FNR }
    /^    \};$/                 { if (table) rows += FNR - table; table = 0 }
    /^\}/                       { if (start) check(FILENAME ":" start " " heading, FNR - start - rows, 60)
                                  start = table = 0 }
    END                         { check(name, last, 460); exit failed }'
