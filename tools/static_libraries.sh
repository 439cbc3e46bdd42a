#!/bin/bash
# SPDX-License-Identifier: MIT
# For make-static, in a bare Debian: builds archives of the libraries that Debian has none of, or none
# that a static program can do with, from Debian's own sources with Debian's patches.
# usage: static_libraries.sh TRIPLET PREFIX     (root: the sources are fetched by apt)
set -eu
triplet=$1 prefix=$2
export CFLAGS='-O2 -fPIE' CXXFLAGS='-O2 -fPIE'
mkdir -p /build/libraries
cd /build/libraries

library() { # SOURCE CONFIGURE_OPTION...
    local source=$1 log=/build/libraries/$1.log
    shift
    apt-get -qq source "$source" >"$log" 2>&1
    mv "$source"-*/ "$source"
    (
        cd "$source"
        autoreconf -fi
        ./configure --host="$triplet" --prefix="$prefix" --disable-shared --enable-static "$@"
        make -j"$(nproc)"
        make install
    ) >>"$log" 2>&1 || { tail -n 20 "$log" >&2; echo "$source was not built" >&2; exit 1; }
    install -D -m 644 "$source/debian/copyright" "$prefix/share/doc/$source/copyright"
    echo "$source $(dpkg-parsechangelog -l "$source/debian/changelog" -S Version)"
}

# Debian's is for HTTPS, too, whose libraries have no archives (p11-kit).
library libmicrohttpd --disable-https --disable-doc --disable-examples
library lcms2 --without-jpeg --without-tiff
# Debian's contains ICU, 31 MB of tables for charsets that alt/charset.c does not ask for; the rest
# would fetch documents.
library libxml2 --without-icu --without-iconv --without-http --without-ftp --without-python \
    --without-lzma --without-zlib
# libarchive.pc names it without its folder.
ln -sf "$prefix/lib/libxml2.a" "/usr/lib/$triplet/libxml2.a"
