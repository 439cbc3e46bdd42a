#!/bin/bash
# Fails on lines over 100 columns, tabs, whitespace at a line's end and // comments in the C sources,
# on includes of ours that are not in the order of the alphabet, on a file that does not name its
# licence in its first line, on a precision that may cut a character of UTF-8 in two, on a line of a
# meson.build that names two source files (one per line shows in a diff what came and what went), and
# on lines over 100 columns in pages, outside of tables and of what a program printed.
# usage: text.sh SOURCE_ROOT
cd "$1" || exit 1
mapfile -t files < <(find base tensor image metadata vocab cnn rnn metrics models exchange data train app \
    tests bench fuzz docs -name '*.[ch]' -o -name '*.inc' | sort)

report=$(
    LC_ALL=C.UTF-8 awk '
        length($0) > 100         { print FILENAME ":" FNR ": " length($0) " columns" }
        /\t/                     { print FILENAME ":" FNR ": a tab" }
        /[ \t\r]$/               { print FILENAME ":" FNR ": whitespace at the end of the line" }
        /^[ ]*\/\/|[;{},)] *\/\// { print FILENAME ":" FNR ": a // comment" }
        FNR == 1                 { previous = 0 }
        /^#include "/            { if (previous == FNR - 1 && $0 < included)
                                       print FILENAME ":" FNR ": an include out of order"
                                   previous = FNR; included = $0 }
        /%\.[0-9][0-9]+s/ { print FILENAME ":" FNR ": may cut a character in two; TN_FIT (base/utf8.h) does not" }
        FNR == 1 && $0 != "/* SPDX-License-Identifier: MIT */" { print FILENAME ":1: no SPDX line" }
    ' "${files[@]}"
    find . -path './build*' -prune -o -name meson.build -print0 | xargs -0 awk '
        gsub(/\.cc?\x27/, "&") > 1 { print FILENAME ":" FNR ": more than one source file" }'
    find . -path './build*' -prune -o -name '*.md' -print0 | LC_ALL=C xargs -0 awk '
        FNR == 1                 { quoted = 0 }
        /^ *```/                 { quoted = !quoted }
                                 { columns = length($0) - gsub(/[\200-\277]/, "&") }
        columns > 100 && !/^\|/ && !quoted { print FILENAME ":" FNR ": " columns " columns" }'
)
[ -z "$report" ] || { echo "$report"; exit 1; }
echo "${#files[@]} files are clean"
