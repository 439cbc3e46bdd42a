#!/bin/bash
# Captions photos on a fresh Debian 12: installs what is missing, builds, runs.
# usage: ./run.sh [OPTION]... [PHOTO|DIRECTORY]...     (as `caption`; without any: the sample photos)
# stdout holds the captions, all talk goes to stderr.  A second run goes straight to the captions.
set -eu
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=$here/build

"$here/tools/install-packages" "build caption" gcc libc6-dev meson ninja-build pkg-config \
    libopenblas-dev libjson-c-dev libutf8proc-dev libjpeg62-turbo-dev libpng-dev libstb-dev \
    libwebp-dev libheif-dev libjxl-dev libopenjp2-7-dev libbrotli-dev libtiff-dev \
    liblcms2-dev libexpat1-dev libmd-dev libfontconfig-dev \
    libmicrohttpd-dev libsqlite3-dev libxml2-dev libarchive-dev \
    libprotobuf-c-dev protobuf-c-compiler

if [ ! -f "$build/build.ninja" ]; then
    echo "Building caption in $build; this takes a minute, once." >&2
    meson setup "$build" "$here" --buildtype=release >&2
fi
quiet=--quiet
[ -x "$build/app/caption" ] || quiet=
ninja $quiet -C "$build" app/caption >&2

if [ $# -eq 0 ]; then
    cd "$here"
    set -- samples/*.jpg
fi
exec "$build/app/caption" "$@"
