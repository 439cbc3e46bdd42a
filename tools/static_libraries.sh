#!/bin/bash
# SPDX-License-Identifier: MIT
# For make-static, in a bare Debian: builds archives of the libraries that Debian has none of, or none
# that a static program can do with, from Debian's own sources with Debian's patches.
# usage: static_libraries.sh TRIPLET PREFIX     (root: the sources are fetched by apt)
set -eu
triplet=$1 prefix=$2
# A section for each function: what nobody calls is left out.
export CFLAGS='-O2 -fPIE -ffunction-sections -fdata-sections'
export CXXFLAGS=$CFLAGS
mkdir -p /build/libraries
cd /build/libraries

autotools() { # CONFIGURE_OPTION...
    autoreconf -fi &&
        ./configure --host="$triplet" --prefix="$prefix" --disable-shared --enable-static "$@" &&
        make -j"$(nproc)" && make install
}

with_meson() { # OPTION...
    meson setup static --cross-file "$prefix/machine.ini" --prefix="$prefix" --libdir=lib \
        --buildtype=release -Ddefault_library=static "$@" &&
        ninja -C static install
}

configure_cmake() { # OPTION...
    cmake -G Ninja -S . -B static -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR="${triplet%%-*}" \
        -DCMAKE_C_COMPILER="$triplet-gcc" -DCMAKE_CXX_COMPILER="$triplet-g++" \
        -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_FLAGS_RELEASE=-DNDEBUG -DCMAKE_CXX_FLAGS_RELEASE=-DNDEBUG \
        -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_INSTALL_PREFIX="$prefix" -DCMAKE_INSTALL_LIBDIR=lib \
        -DBUILD_SHARED_LIBS=OFF -DBUILD_TESTING=OFF "$@"
}

with_cmake() { # OPTION...
    configure_cmake "$@" && ninja -C static install
}

# Builds one, and prints a line for make-sbom and for licences: its source, version and archives.
library() { # SOURCE HOW OPTION...: HOW is a function, such as autotools
    local source=$1 log=/build/libraries/$1.log archives
    shift
    apt-get -qq source "$source" >"$log" 2>&1
    mv "$source"-*/ "$source"
    touch "$source.begun"
    (cd "$source" && "$@") >>"$log" 2>&1 ||
        { tail -n 20 "$log" >&2; echo "$source was not built" >&2; exit 1; }
    install -D -m 644 "$source/debian/copyright" "$prefix/share/doc/$source/copyright"
    archives=$(find "$prefix/lib" -name '*.a' -newer "$source.begun" -printf ' %f')
    echo "$source $(dpkg-parsechangelog -l "$source/debian/changelog" -S Version)$archives"
}

# Debian's is for HTTPS, too, whose libraries have no archives (p11-kit).
library libmicrohttpd autotools --disable-https --disable-doc --disable-examples
library lcms2 autotools --without-jpeg --without-tiff
# Debian's contains ICU, 31 MB of tables for charsets that alt/charset.c does not ask for; the rest
# would fetch documents.
library libxml2 autotools --without-icu --without-iconv --without-http --without-ftp --without-python \
    --without-lzma --without-zlib
# libarchive.pc names it without its folder.
ln -sf "$prefix/lib/libxml2.a" "/usr/lib/$triplet/libxml2.a"
# HEIC and AVIF: decoders alone.
library libde265 autotools --disable-dec265 --disable-sherlock265
library dav1d with_meson -Denable_tools=false -Denable_tests=false -Dlogging=false
# A program with libheif in it would make libde265's tables at each start, which takes 2 ms; changed
# thus, the first decoder makes them.
tables_when_needed() { # CONFIGURE_OPTION...
    local plugin=libheif/plugins/heif_decoder_libde265.cc
    sed -i -e '/^  de265_init();$/d' \
        -e 's/^  decoder->ctx = de265_new_decoder/  static const de265_error tables = de265_init();\n  (void)tables;\n&/' \
        "$plugin" &&
        [ "$(grep -c 'de265_init()' "$plugin")" -eq 1 ] && autotools "$@"
}
library libheif tables_when_needed --disable-aom --disable-x265 --disable-rav1e --disable-gdk-pixbuf \
    --disable-examples --disable-go
# JPEG XL: what its build installs has the encoder in it.
library highway with_cmake -DHWY_ENABLE_EXAMPLES=OFF
decoder_of_jxl() { # OPTION...
    configure_cmake "$@" && ninja -C static jxl_dec-static &&
        install -D -m 644 -t "$prefix/include/jxl" lib/include/jxl/*.h static/lib/include/jxl/*.h &&
        install -m 644 static/lib/libjxl_dec.a "$prefix/lib/" &&
        sed -e 's/-ljxl$/-ljxl_dec/' -e 's/^Libs.private:.*/& -lstdc++/' -e 's/ lib[a-z]*enc\| lcms2//g' \
            static/lib/libjxl.pc >"$prefix/lib/pkgconfig/libjxl.pc"
}
off=()
for part in BENCHMARK DOXYGEN EXAMPLES FUZZERS JNI MANPAGES OPENEXR SJPEG SKCMS TCMALLOC TOOLS; do
    off+=("-DJPEGXL_ENABLE_$part=OFF")
done
library jpeg-xl decoder_of_jxl "${off[@]}" -DJPEGXL_FORCE_SYSTEM_BROTLI=ON -DJPEGXL_FORCE_SYSTEM_HWY=ON \
    -DJPEGXL_FORCE_SYSTEM_LCMS2=ON
