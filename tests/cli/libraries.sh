#!/bin/bash
# Libraries that only some runs need are loaded by those alone, and what happens where one is damaged.
. "$(dirname "$0")/lib.sh"
export CAPTION_MODEL=$MODEL
DATA=$SOURCE/tests/data
cp "$SAMPLES/cat.jpg" cat.jpg
formats=$("$CAPTION" --version | sed -n 's/^photos: //p')

loaded() { # of libraries, in a run of the arguments
    rm -f log.*
    LD_DEBUG=files LD_DEBUG_OUTPUT=log run "$@"
    sed -n 's/.*file=\([^ ]*\) \[0\];  generating link map.*/\1/p' log.* | sed 's/.*\///; s/\.so.*//'
}
has() { grep -qx "$1" <<<"$libraries" || problem "$1 was not loaded, but $libraries"; }
lacks() { ! grep -Ex "$1" <<<"$libraries" >/dev/null || problem "loaded: $libraries"; }

begin "a JPEG, --version and --help load none of them"
for arguments in "cat.jpg" "--version" "--help"; do
    libraries=$(loaded "$CAPTION" $arguments)
    has libjpeg
    lacks "lib(lcms2|heif|x265|jxl|openjp2|brotlidec|aom|dav1d|de265|webp|tiff|expat|md|fontconfig|openblas|microhttpd|sqlite3|xml2|archive|protobuf-c|mpi|open-rte|open-pal).*"
done

for case in rgb.heic=HEIC=libheif rgb.avif=AVIF=libheif lossy.webp=WebP=libwebp \
    "lossy.jxl=JPEG XL=libjxl" "lossy.jp2=JPEG 2000=libopenjp2" rgb.tif=TIFF=libtiff; do
    IFS== read -r photo format library <<<"$case"
    [[ ", $formats," == *", $format,"* ]] || continue
    begin "$photo loads $library"
    libraries=$(loaded "$CAPTION" "$DATA/images/$photo")
    has "$library"

    begin "where $library is damaged, $photo fails and a JPEG does not"
    mkdir -p damaged
    echo "not a library" >damaged/"$(sed -n "s/.*file=\($library\.so[^ ]*\) .*generating.*/\1/p" log.*)"
    LD_LIBRARY_PATH=damaged run "$CAPTION" "$DATA/images/$photo" cat.jpg
    code 1; out_lines 1; err_lines 1
    err_like "^caption: .*/$photo: cannot read $format: .*$library\.so\.[0-9.]+: "
done

begin "a profile of three primaries loads no library"
libraries=$(loaded "$CAPTION" "$DATA/images/adobe.jpg")
lacks "liblcms2"

if [ "$LCMS2" = yes ]; then
    begin "a profile with tables loads lcms2, and is passed over where that is damaged"
    libraries=$(loaded "$CAPTION" "$DATA/images/ink.jpg")
    has liblcms2
    mkdir -p damaged
    echo "not a library" >damaged/liblcms2.so.2
    LD_LIBRARY_PATH=damaged run "$CAPTION" "$DATA/images/ink.jpg"
    code 0; out_lines 1; err_is ""
fi

if [ "$SERVE" = yes ]; then
    begin "where libmicrohttpd is damaged, a line reports that nothing can be served"
    mkdir -p damaged
    echo "not a library" >damaged/libmicrohttpd.so.12
    LD_LIBRARY_PATH=damaged run "$CAPTION" serve --listen 127.0.0.1:0
    code 1; out_is ""; err_lines 1
    err_like "^caption: cannot serve: .*libmicrohttpd\.so\.12.* \(install libmicrohttpd\)$"
fi

if [ "$METADATA" = yes ]; then
    begin "metadata loads libexpat"
    libraries=$(loaded "$CAPTION" --sidecar xmp cat.jpg)
    has libexpat

    begin "where libexpat is damaged, nothing is captioned and a line reports it"
    rm cat.jpg.xmp
    mkdir -p damaged
    echo "not a library" >damaged/libexpat.so.1
    LD_LIBRARY_PATH=damaged run "$CAPTION" --sidecar xmp cat.jpg
    code 1; out_is ""; err_lines 1
    err_like "^caption: metadata cannot be read or written: .*libexpat\.so"
    that test ! -e cat.jpg.xmp
fi

if [ "$ALT" = yes ]; then
    begin "pages load libxml2, and no libarchive; where it is damaged, a line reports it"
    echo '<img src="cat.jpg">' >a.html
    libraries=$(loaded "$CAPTION" alt --list a.html)
    has libxml2
    lacks libarchive
    mkdir -p damaged
    echo "not a library" >damaged/"$(sed -n "s/.*file=\(libxml2[^ ]*\) .*generating.*/\1/p" log.*)"
    LD_LIBRARY_PATH=damaged run "$CAPTION" alt a.html
    code 1; out_is ""; err_lines 1
    err_like "^caption: pages cannot be read: .*libxml2\.so"
fi

if [ "$PROTOBUF" = yes ]; then
    begin "where libprotobuf-c is damaged, a line reports that nothing can be exported"
    mkdir -p damaged
    echo "not a library" >damaged/libprotobuf-c.so.1
    LD_LIBRARY_PATH=damaged run "$CAPTION" export -o onnx
    code 1; out_is ""; err_lines 1
    err_like "^caption: onnx/[a-z.-]*: .*libprotobuf-c\.so\.1.* \(install libprotobuf-c1\)$"
    that test -z "$(ls onnx)"
fi

if [ "$TAR" = yes ]; then
    begin "a data set in a tar loads libarchive, and without it one line reports it"
    echo "a cat" >cat.txt
    tar -cf set.tar cat.jpg cat.txt
    libraries=$(loaded "$CAPTION" eval --beam 1 --split all --data set.tar)
    has libarchive
    mkdir -p damaged
    echo "not a library" >damaged/libarchive.so.13
    LD_LIBRARY_PATH=damaged run "$CAPTION" eval --beam 1 --data set.tar
    code 1; out_is ""; err_lines 1
    err_like "^caption: set.tar: tar files cannot be read: .*libarchive\.so\.13.* \(install libarchive13\)$"
    rm cat.txt
fi

if [ "$SEARCH" = yes ]; then
    begin "a search loads SQLite, and without it one line reports it"
    mkdir -p album
    cp cat.jpg album
    libraries=$(loaded "$CAPTION" search -q --index index.sqlite cat album)
    has libsqlite3
    mkdir -p damaged
    echo "not a library" >damaged/libsqlite3.so.0
    LD_LIBRARY_PATH=damaged run "$CAPTION" search -q --index index.sqlite cat album
    code 2; out_is ""; err_lines 1
    err_like "^caption: a search needs SQLite: .*libsqlite3\.so\.0"
fi

finish
