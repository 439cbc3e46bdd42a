#!/bin/bash
# Fails when a header does not compile alone, or when its include guard is not <ROOM>_<FILE>_H.
# usage: headers.sh SOURCE_ROOT BUILD_ROOT COMPILER...
source=$1 build=$2
shift 2
cd "$source" || exit 1
failed=0
for header in $(find base tensor image metadata vocab cnn rnn metrics models exchange data train app tests/support \
    -name '*.h' | sort); do
    guard=${header%%/*}_$(basename "$header" .h)_H
    guard=${guard/#metadata_/meta_}
    [[ $header == tests/* ]] || grep -q "^#define ${guard^^}$" "$header" ||
        { echo "$header: its include guard is not ${guard^^}"; failed=1; }
    # A file that only includes it, twice: that also tries the include guard.
    printf '#include "%s"\n#include "%s"\nextern int nothing;\n' "$header" "$header" |
        "$@" -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -fsyntax-only -I. -I"$build" \
            -I"$build/rnn" -x c - || { echo "$header does not compile alone"; failed=1; }
done
exit $failed
