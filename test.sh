#!/bin/bash
# Runs every test on a fresh Debian 12, under AddressSanitizer and UndefinedBehaviorSanitizer, as gcc
# and as clang compile it: installs what is missing, builds twice, tests, and counts.
# usage: ./test.sh     The last line says what passed and what failed; a failure is a non-zero exit.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

"$here/tools/install-packages" "build and test caption" gcc libc6-dev clang libclang-rt-14-dev \
    meson ninja-build pkg-config libopenblas-dev libjson-c-dev libutf8proc-dev \
    libjpeg62-turbo-dev libpng-dev libstb-dev libwebp-dev libheif-dev libjxl-dev \
    libopenjp2-7-dev libbrotli-dev libtiff-dev liblcms2-dev libexpat1-dev libmd-dev libfontconfig-dev \
    libmicrohttpd-dev libsqlite3-dev libxml2-dev libarchive-dev \
    libprotobuf-c-dev protobuf-c-compiler libopenmpi-dev openmpi-bin \
    libimage-exiftool-perl chromium chromium-driver curl python3 python3-numpy python3-pil mypy \
    check || exit 1

# Compiled at -O1 with line numbers alone: a third less time than with all that a debugger wants.
checks='-g1 -fno-sanitize-recover=all'
status=0
logs=()
for compiler in gcc clang; do
    benchmarks=$([ $compiler = gcc ] && echo true || echo false) # compiled once: none is run
    build=$here/build-test-$compiler
    echo "== $compiler, with sanitizers"
    [ -f "$build/build.ninja" ] ||
        CC=$compiler meson setup "$build" "$here" --buildtype=debugoptimized \
            -Doptimization=1 -Dc_args="$checks" -Db_sanitize=address,undefined \
            -Db_lundef=false -Dbenchmarks=$benchmarks --werror || { rm -rf "$build"; status=1; continue; }
    ninja -C "$build" || { status=1; continue; }
    # The page's script and the Python module are the same with any compiler, and tests/cli has some
    # long tests of which that nearly holds: tried once.
    others=$([ $compiler = gcc ] || echo --no-suite page --no-suite python --no-suite once)
    meson test -C "$build" --no-rebuild --print-errorlogs $others || status=1
    logs+=("$build/meson-logs/testlog.junit.xml")
done

# Meson's log has one line <testsuite tests= errors= failures= skipped=> a program.
count() { grep -oh "<testsuite [^>]*" "${logs[@]}" /dev/null | grep -o " $1=\"[0-9]*\"" |
    tr -dc '0-9\n' | awk '{ sum += $1 } END { print sum + 0 }'; }
tests=$(count tests)
failed=$(($(count errors) + $(count failures)))
skipped=$(count skipped)
[ $status -eq 0 ] || [ $failed -gt 0 ] || failed=1 # what did not build was not counted
[ "$skipped" -eq 0 ] || echo "$skipped skipped"
echo "$((tests - failed - skipped)) passed, $failed failed"
[ "$failed" -eq 0 ]
