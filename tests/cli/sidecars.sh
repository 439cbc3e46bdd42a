#!/bin/bash
# Captions beside photos and in them, as another program reads them: exiftool, where it is there.
. "$(dirname "$0")/lib.sh"
export CAPTION_MODEL=$MODEL
DATA=$SOURCE/tests/data
mkdir -p album/below
cp "$SAMPLES/cat.jpg" album/1.jpg
cp "$SAMPLES/coffee.jpg" album/below/2.jpg
cp "$DATA/metadata/rich.jpg" album/3.jpg
caption_of() { "$CAPTION" -q "$1"; }
first=$(caption_of album/1.jpg) second=$(caption_of album/below/2.jpg)

begin "a text file beside each photo, and a second run passes over all"
run "$CAPTION" --sidecar txt album
code 0; err_like "3 captioned, 0 skipped, 0 failed"
that test "$(cat album/1.txt)" = "$first"
that test "$(cat album/below/2.txt)" = "$second"
run "$CAPTION" --sidecar txt album
code 0; out_is ""; err_like "0 captioned, 3 skipped, 0 failed"

begin "a text sidecar is skipped, also to overwrite, appended to, or replaced"
printf 'granny' >album/1.txt
run "$CAPTION" -q --sidecar txt album
that test "$(cat album/1.txt)" = granny
run "$CAPTION" -q --sidecar txt --existing append album/1.jpg
code 0
that test "$(cat album/1.txt)" = "granny
$first"
for kind in txt caption; do
    echo granny >album/1.$kind
    run "$CAPTION" --sidecar $kind --existing overwrite album/1.jpg
    code 0; out_is ""
    err_is "caption: album/1.jpg: skipped, it has a text that may be a person's (--existing replace replaces it)"
    run "$CAPTION" --sidecar $kind --existing overwrite album/1.jpg album/1.jpg
    code 0; out_is ""; err_lines 2
    that test "$(cat album/1.$kind)" = granny
    run "$CAPTION" --sidecar $kind --existing overwrite album
    code 0; err_like "1 photo has a text that may be a person's: it stays|3 photos have a text that"
    that test "$(cat album/1.$kind)" = granny
    run "$CAPTION" -q --sidecar $kind --existing replace album/1.jpg
    code 0
    that test "$(cat album/1.$kind)" = "$first"
done
rm album/*.caption album/below/*.caption

begin "several captions are lines, the best first"
run "$CAPTION" -q --best 3 --sidecar txt --existing replace album/1.jpg
code 0
that test "$(head -n 1 album/1.txt)" = "$(head -n 1 .out | sed 's/^[^\t]*\t//')"
that test "$(grep -c '' album/1.txt)" -eq 3

begin "a tree of sidecars mirrors what is below the inputs' folder"
run "$CAPTION" -q --sidecar txt --sidecar-dir out/deep album
code 0; err_is ""
that test "$(cat out/deep/below/2.txt)" = "$second"
that test "$(find out -type f | wc -l)" -eq 3

begin "below the directory no symbolic link is followed"
mkdir -p outside led/deep
echo mine >outside/1.txt
ln -s ../outside led/below
ln -s ../outside/1.txt led/1.txt
ln -s ../outside/new.txt led/3.txt
run "$CAPTION" --existing replace --sidecar txt --sidecar-dir led album
code 1; err_like "0 captioned, 0 skipped, 3 failed"
err_like "led/below/2.txt: 'below' is a symbolic link, and below --sidecar-dir none is followed"
err_like "led/1.txt: it is a symbolic link, and is not followed"
run "$CAPTION" --sidecar txt --sidecar-dir led album
code 1; err_like "0 captioned, 0 skipped, 3 failed"
that test "$(cat outside/1.txt)" = mine
that test "$(ls outside)" = 1.txt
that test "$(find led -type f | wc -l)" -eq 0
ln -s out linked
run "$CAPTION" --sidecar txt --sidecar-dir linked/deep album
code 0; err_like "0 captioned, 3 skipped, 0 failed"

begin "two photos of one stem have a sidecar each"
mkdir stems
cp album/1.jpg stems/a.jpg; cp "$DATA/images/rgb.png" stems/a.png
run "$CAPTION" -q --sidecar txt stems
code 0
that test -s stems/a.txt
that test -s stems/a.png.txt

begin "a text file for trainers that look for another name"
mkdir trainers
cp album/1.jpg trainers/a.jpg
run "$CAPTION" -q --sidecar caption trainers
code 0
that test "$(cat trainers/a.caption)" = "$first"
run "$CAPTION" --sidecar caption trainers
code 0; err_like "0 captioned, 1 skipped, 0 failed"

begin "either name of a sidecar is written and found"
mkdir names
cp album/1.jpg names/a.jpg
run "$CAPTION" -q --sidecar txt --sidecar-name full names
code 0
that test "$(cat names/a.jpg.txt)" = "$first"
run "$CAPTION" --sidecar txt names
code 0; err_like "0 captioned, 1 skipped, 0 failed"
run "$CAPTION" -q --sidecar txt --existing append -n 3 names
code 0
that test "$(grep -c '' names/a.jpg.txt)" -eq 3
that test "$(ls names | wc -l)" -eq 2
echo mine >names/a.txt
: >names/a.jpg.txt
run "$CAPTION" --sidecar txt --sidecar-name full names
code 0; err_like "0 captioned, 1 skipped, 0 failed"
run "$CAPTION" -q --sidecar txt --existing replace names/a.jpg
code 0
that test "$(cat names/a.txt)" = "$first"; that test ! -s names/a.jpg.txt
run "$CAPTION" -q --sidecar txt --sidecar-name full -o names/a.txt --existing replace names/a.jpg
code 0
that test "$(cat names/a.jpg.txt)" = "$first" # the other is a file of the command line

begin "a list in capitals is not taken for a sidecar"
mkdir capitals
cp album/1.jpg capitals/a.jpg
echo capitals/a.jpg >capitals/a.TXT
run "$CAPTION" -q --sidecar txt --existing overwrite --files-from capitals/a.TXT
code 0
that test "$(cat capitals/a.TXT)" = capitals/a.jpg
that test "$(cat capitals/a.txt)" = "$first"

begin "a name of any length that the file system allows is written beside and into"
mkdir long
for length in 239 240 244 246 247 251; do
    cp album/1.jpg "long/$(head -c $length /dev/zero | tr '\0' n).jpg"
done
run "$CAPTION" --sidecar txt long
code 0; err_like "^6 captioned"
that test "$(find long -name '*.txt' | wc -l)" -eq 6
if [ "$METADATA" = yes ]; then
    run "$CAPTION" --sidecar xmp long
    code 1; err_like "5 captioned, 0 skipped, 1 failed"
    err_like "n.jpg: its sidecar's name \(.xmp added\) would be longer than the 255 bytes that a file's may be"
    run "$CAPTION" --write-metadata long
    code 0; err_like "^6 captioned"
fi
that test -z "$(find long -name '.*' -type f)"

begin "one photo that is skipped is named, unless nobody wants to know"
mkdir one
cp "$SAMPLES/cat.jpg" one/a.jpg
run "$CAPTION" --sidecar txt one/a.jpg
code 0; out_is "$first"; err_is ""
run "$CAPTION" --sidecar txt one/a.jpg
code 0; out_is ""
err_is "caption: one/a.jpg: skipped, it has a text that may be a person's (--existing replace replaces it)"
run "$CAPTION" -q --sidecar txt one/a.jpg
code 0; out_is ""; err_is ""

begin "sidecars and files of rows that are read-only stay"
mkdir fixed tree
cp "$SAMPLES/cat.jpg" fixed/a.jpg
echo mine >fixed/a.txt; echo mine >tree/a.txt; printf 'b.jpg\ta dog\n' >fixed/rows.txt
chmod 444 fixed/a.txt tree/a.txt fixed/rows.txt
for existing in replace append; do
    run "$CAPTION" --existing $existing --sidecar txt fixed/a.jpg
    code 1; err_is "caption: fixed/a.txt: cannot write: the file is read-only"
    run "$CAPTION" --existing $existing --sidecar txt --sidecar-dir tree fixed/a.jpg
    code 1; err_is "caption: tree/a.txt: cannot write: the file is read-only"
done
for existing in skip overwrite replace append; do
    run "$CAPTION" --existing $existing -o fixed/rows.txt fixed/a.jpg
    code 1; err_like "^caption: fixed/rows.txt: (cannot write: the file is read-only|Permission denied)$"
done
that test "$(cat fixed/a.txt tree/a.txt fixed/rows.txt)" = $'mine\nmine\nb.jpg\ta dog'

begin "the options are checked"
run "$CAPTION" --sidecar-dir out album
code 2
run "$CAPTION" --sidecar pdf album
code 2
run "$CAPTION" --sidecar-name stem album
code 2; err_is "caption: --sidecar-name needs --sidecar (see 'caption --help')"

if [ "$METADATA" = no ]; then
    begin "what needs support for metadata says so"
    for option in "--sidecar xmp" --write-metadata; do
        run "$CAPTION" $option album
        code 1; err_like "not built in \(install libexpat1-dev and libmd-dev, reconfigure\)"
    done
    finish
fi

begin "one sidecar is written, the other may be a person's, and a line says so"
mkdir halves
cp album/1.jpg halves/a.jpg; echo granny >halves/a.txt
run "$CAPTION" --sidecar txt --sidecar xmp --existing overwrite halves/a.jpg
code 0; out_is "$first"
err_is "caption: halves/a.jpg: one of its texts may be a person's, and stays (--existing replace replaces it)"
rm halves/a.jpg.xmp
run "$CAPTION" --sidecar txt --sidecar xmp --existing overwrite halves
code 0; err_like "^1 captioned, 0 skipped, 0 failed"; err_like "1 photo has a text that may be a person's"
that test -s halves/a.jpg.xmp; that test "$(cat halves/a.txt)" = granny

begin "both kinds of sidecars in one tree"
run "$CAPTION" -q --sidecar txt --sidecar xmp --sidecar-dir both album
code 0; err_is ""
that test -s both/below/2.jpg.xmp
that test "$(find both -type f | wc -l)" -eq 6

begin "the XMP file of Adobe's programs is the raw's"
mkdir adobe
cp "$DATA/images/preview.cr2" adobe/a.cr2; cp album/1.jpg adobe/a.jpg; cp album/1.jpg adobe/b.jpg
adobe() { echo "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF
    xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description rdf:about=''
    xmlns:photoshop='http://ns.adobe.com/photoshop/1.0/' photoshop:SidecarForExtension='$1'
    /></rdf:RDF></x:xmpmeta>"; }
adobe CR2 >adobe/a.xmp
adobe NEF >adobe/b.xmp
run "$CAPTION" -q --sidecar xmp --sidecar-name stem adobe
code 0; err_is ""
that test "$(ls adobe | xargs)" = "a.cr2 a.jpg a.jpg.xmp a.xmp b.jpg b.jpg.xmp b.xmp"
that grep -q SidecarForExtension adobe/a.xmp
that grep -qF "$first" adobe/a.xmp
that test "$(cat adobe/b.xmp)" = "$(adobe NEF)"
run "$CAPTION" --sidecar xmp adobe
code 0; err_like "0 captioned, 3 skipped, 0 failed"

begin "XMP files are not taken for photos, nor captions that begin like a BMP"
echo "BMW in the rain" >stems/note.txt
run "$CAPTION" -q --sidecar xmp stems
code 0; err_is ""
run "$CAPTION" --sidecar xmp stems
code 0; err_like "0 captioned, 2 skipped, 0 failed"

begin "a sidecar that cannot be written is that photo's failure"
mkdir album/3.jpg.xmp
run "$CAPTION" --sidecar xmp album
code 1; err_like "album/3.jpg.xmp: is a directory"; err_like "2 captioned, 0 skipped, 1 failed"
rmdir album/3.jpg.xmp

begin "captions in photos: every kind that can hold one, and the others are told"
mkdir kinds
written="rgb.jpg orientation6.png lossy-alpha.webp rgb.psd still.gif rgb.heic rgb.tif lossy.jxl lossy.jp2"
for kind in $written rgb.bmp rgb.ppm; do
    cp "$DATA/images/$kind" kinds
done
touch -d '2001-02-03 04:05:06' kinds/*
before=$(stat -c '%y %a %n' kinds/rgb.jpg)
run "$CAPTION" --write-metadata kinds
code 1; err_like "9 captioned, 0 skipped, 2 failed"
err_like "kinds/rgb.bmp: metadata cannot be written into BMP; use --sidecar xmp"
err_like "kinds/rgb.ppm: metadata cannot be written into PPM; use --sidecar xmp"
that test "$(stat -c '%y %a %n' kinds/rgb.jpg)" = "$before"
run "$CAPTION" --write-metadata kinds
code 1; err_like "0 captioned, 9 skipped, 2 failed"

begin "what holds no caption is done with its XMP sidecar, and damage is told all the same"
mkdir mixed
cp "$DATA"/images/preview*.{dng,cr2,cr3,raf,rw2,orf,x3f} "$DATA"/images/rgb.{jpg,bmp,ppm} mixed
{ printf '\0\0\2\0\0\0\0\0\0\0\0\0\2\0\2\0\030\0'; printf 'twelve bytes'; } >mixed/red.tga
(cd mixed && cksum $(ls | grep -v jpg)) >sums
photos=$(ls mixed | grep -c .)
run "$CAPTION" --write-metadata --sidecar txt mixed
code 1; err_like " 0 skipped, $((photos - 1)) failed"
for existing in skip overwrite append replace; do
    run "$CAPTION" --existing $existing --write-metadata --sidecar xmp mixed
    code 0; err_like "$photos captioned, 0 skipped, 0 failed"
done
run "$CAPTION" --write-metadata --sidecar xmp mixed
code 0; out_is ""; err_like "0 captioned, $photos skipped, 0 failed"
that test "$(find mixed -name '*.xmp' | wc -l)" -eq "$photos"
that test "$(cd mixed && cksum $(cut -d ' ' -f 3 <../sums))" = "$(cat sums)"
cp mixed/rgb.jpg.xmp noise.jpg.xmp
echo noise >noise.jpg
run "$CAPTION" --write-metadata --sidecar xmp noise.jpg
code 1; err_like "^caption: noise.jpg: "
printf '<x' >mixed/rgb.bmp.xmp
run "$CAPTION" --write-metadata --sidecar xmp mixed
code 1; err_like "mixed/rgb.bmp.xmp: "; err_like "$((photos - 1)) skipped, 1 failed"

if command -v exiftool >/dev/null; then
    read_field() { exiftool -s3 "-$1" "$2"; }

    begin "exiftool reads what was written"
    for photo in $written; do
        expected=$(caption_of "$DATA/images/$photo")
        fields="XMP-dc:Description EXIF:ImageDescription"
        [[ $photo != *.@(gif|heic|jxl|jp2) ]] || fields=XMP-dc:Description # EXIF is not made there
        for field in $fields; do
            value=$(read_field $field kinds/$photo)
            [ "$value" = "$expected" ] || problem "$photo: $field is '$value', not '$expected'"
        done
        [ -z "$(read_field IPTC:all kinds/$photo)" ] || problem "$photo has IPTC data"
        [ -z "$(read_field Warning kinds/$photo)" ] || problem "$(read_field Warning kinds/$photo)"
    done
    that test "$(read_field XMP-dc:Description album/1.jpg.xmp)" = "$first"
    that test "$(read_field XMP-iptcCore:AltTextAccessibility album/1.jpg.xmp)" = "$first"
    that test "$(read_field XMP-caption:Text album/1.jpg.xmp)" = "$first"

    begin "exiftool finds all else as it was"
    dump() { exiftool -a -G1 -s -x File:all -x XMP-x:all -x Description -x Caption-Abstract \
        -x ImageDescription -x System:all -x XMP-iptcCore:all \
        -x XMP-caption:all "$1"; }
    cp album/3.jpg before.jpg
    run "$CAPTION" -q --write-metadata album/3.jpg
    code 0
    that test "$(read_field IPTC:Caption-Abstract album/3.jpg)" = "$(caption_of before.jpg)"
    [ "$(dump before.jpg | sort)" = "$(dump album/3.jpg | sort)" ] ||
        problem "$(diff <(dump before.jpg | sort) <(dump album/3.jpg | sort))"

    begin "exiftool writes XMP again, and the mark is still known"
    cp album/3.jpg rated.jpg
    exiftool -q -overwrite_original -XMP:Label=granny rated.jpg
    run "$CAPTION" --write-metadata --existing overwrite rated.jpg
    code 0; err_is ""
    all() { exiftool -a -u -G1 -s -x File:all -x System:all -x XMP-x:all "$1" | sort; }
    for photo in rated.jpg album/3.jpg; do
        run "$CAPTION" undo $photo
        code 0
        [ "$(all before.jpg)" = "$(all $photo | grep -v 'granny$')" ] ||
            problem "$(diff <(all before.jpg) <(all $photo))"
    done
    that test "$(read_field XMP:Label rated.jpg)" = granny

    begin "exiftool finds a PNG's descriptions in other languages, and what is behind its end"
    cp "$DATA/metadata/texts.png" texts.png
    echo "behind the end" >>texts.png
    texts() { exiftool -a -G1 -s -PNG:all texts.png; }
    before=$(texts)
    run "$CAPTION" -q --write-metadata texts.png
    code 0 # it is described already
    that test "$(texts)" = "$before"
    run "$CAPTION" -q --write-metadata --existing replace texts.png
    code 0
    that test -n "$(read_field XMP-dc:Description texts.png)"
    that test "$(texts)" = "$before"
    that test "$(tail -c 15 texts.png)" = "behind the end"
fi

finish
