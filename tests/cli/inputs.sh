#!/bin/bash
# Good and bad photos, directories, and what is said about each.
. "$(dirname "$0")/lib.sh"
cat_photo=$SAMPLES/cat.jpg coffee=$SAMPLES/coffee.jpg
cp "$cat_photo" cat.jpg
cp "$coffee" coffee.jpg
: >empty.jpg
head -c 9000 cat.jpg >half.jpg
echo "Dear diary, no photo today." >text.jpg
export CAPTION_MODEL=$MODEL

begin "one photo gives its sentence and nothing else"
run "$CAPTION" cat.jpg
code 0; err_is ""; out_lines 1
that test -n "$out"
sentence=$out

begin "several photos give path, tab, sentence"
run "$CAPTION" cat.jpg coffee.jpg
code 0; err_is ""; out_lines 2
out_like "^cat.jpg	$sentence"

begin "the caption does not depend on threads, nor on the photos beside it"
run "$CAPTION" --threads 1 cat.jpg
out_is "$sentence"
run "$CAPTION" --threads 3 coffee.jpg cat.jpg
out_like "cat.jpg	$sentence$"

begin "the name says nothing about the format"
cp cat.jpg photo.png
run "$CAPTION" photo.png
code 0; out_is "$sentence"

begin "sampling with one seed gives one caption"
run "$CAPTION" --sample --seed 7 --temperature 0.9 cat.jpg
code 0; first=$out
run "$CAPTION" --sample --seed 7 --temperature 0.9 cat.jpg
out_is "$first"

begin "--max-words is obeyed"
run "$CAPTION" --max-words 1 cat.jpg
code 0
that test "$(wc -w <.out)" -le 1

begin "a missing photo is named"
run "$CAPTION" nothing.jpg
code 1; out_is ""; err_is "caption: nothing.jpg: No such file or directory"

for bad in empty.jpg half.jpg text.jpg; do
    begin "$bad is named on one line"
    run "$CAPTION" $bad
    code 1; out_is ""; err_lines 1; err_like "^caption: $bad: ."
done

begin "a picture that claims to be huge is refused before it is decoded"
# The header of a PNG of 60000 x 60000 points, and no more than the promise of data.
printf '\211PNG\r\n\032\n\0\0\0\rIHDR\0\0\352\140\0\0\352\140\010\002\0\0\0\017\260\342\025\0\0\0\020IDAT' >huge.png
run "$CAPTION" huge.png
code 1; out_is ""; err_lines 1; err_like "^caption: huge.png: .*60000"

begin "--max-pixels is obeyed"
run "$CAPTION" --max-pixels 1000 cat.jpg
code 1; out_is ""; err_lines 1; err_like "^caption: cat.jpg: .*1000"

begin "one bad photo does not keep the others from their captions"
run "$CAPTION" nothing.jpg cat.jpg text.jpg
code 1; out_is "cat.jpg	$sentence"; err_lines 2

begin "a directory is walked in order; hidden files and other files are passed over"
mkdir -p album/b album/.hidden
cp cat.jpg album/b/1.jpg
cp cat.jpg album/a.jpg
cp cat.jpg album/z
cp cat.jpg album/.hidden/c.jpg
cp cat.jpg album/.c.jpg
cp text.jpg album/notes.txt
ln -s .. album/b/loop
run "$CAPTION" album
code 0; err_like "^3 captioned, 0 skipped, 0 failed in "
out_is "album/a.jpg	$sentence
album/b/1.jpg	$sentence
album/z	$sentence"

begin "a photo that is named like a sidecar is one, where no text begins so"
mkdir misnamed
for image in rgb.jpg alpha.jp2 adobe.tif; do
    cp "$SOURCE/tests/data/images/$image" "misnamed/${image#*.}.txt"
done
echo "BMW in the rain" >misnamed/bmp.txt
run "$CAPTION" -q -f tsv misnamed
for image in jpg jp2 tif; do
    out=$out$err out_like "misnamed/$image.txt" # captioned, or its library is missing
done
case $out$err in *bmp.txt*) problem "a text was taken for a photo" ;; esac

begin "a directory with one photo still names it"
mkdir single && cp cat.jpg single
run "$CAPTION" single/
code 0; out_is "single/cat.jpg	$sentence"

begin "a directory without photos is an error"
mkdir barren
run "$CAPTION" --quiet barren
code 1; out_is ""; err_is "caption: barren: no photos in this directory"
run "$CAPTION" barren cat.jpg
code 1; out_is "cat.jpg	$sentence"

begin "a file with a command's name is captioned by its path"
cp cat.jpg info
run "$CAPTION" ./info
code 0; out_is "$sentence"

begin "a name that begins with a dash follows --"
cp cat.jpg ./-q
run "$CAPTION" -- -q
code 0; out_is "$sentence"

begin "a full disk under stdout is an error"
"$CAPTION" cat.jpg >/dev/full 2>.err; status=$?
err=$(cat .err)
code 1; err_is "caption: standard output: No space left on device"
"$CAPTION" --help >/dev/full 2>.err; status=$?
code 1

begin "so is a closed stdout"
"$CAPTION" cat.jpg >&- 2>.err; status=$?
err=$(cat .err)
code 1; err_like "^caption: standard output: "

begin "a raw has the caption of its JPEG, and without one that of its preview"
mkdir pair
raws=$SOURCE/tests/data/images
cp "$raws/preview.dng" pair/a.dng; cp cat.jpg pair/a.JPG
cp "$raws/preview6.cr3" pair/b.CR3; cp coffee.jpg pair/b.jpeg
cp "$raws/preview6.cr3" pair/c.CR3
cp "$raws/preview.dng" pair/d.dng; head -c 9000 cat.jpg >pair/d.jpg
cp "$raws/preview.dng" pair/e.dng
printf '\0\0\0\024ftypqt  \0\0\0\0qt  ' >pair/a.MOV
fields() { grep "^$1	" <<<"$out" | cut -f 3-; } # of a row, but for its path
run "$CAPTION" -q -f tsv pair
code 1; err_lines 1
err_like "^caption: pair/d.jpg: "
out_lines 8
that test "$(fields pair/a.dng)" = "$(fields pair/a.JPG)"
that test "$(fields pair/b.CR3)" = "$(fields pair/b.jpeg)"
that test "$(fields pair/c.CR3)" != "$(fields pair/b.CR3)"
that test "$(fields pair/d.dng)" = "$(fields pair/e.dng)"
that test "$(fields pair/d.dng)" != "$(fields pair/a.dng)"
all=$out
for raw in pair/a.dng pair/d.dng; do # one alone is read ahead
    run "$CAPTION" -f tsv $raw
    code 0; that test "$(fields $raw)" = "$(out=$all; fields $raw)"
done

begin "a JPEG that is too large leaves the raw to its own preview"
run "$CAPTION" -q --max-pixels 100000 -f tsv pair/a.dng pair/a.JPG
code 1; err_lines 1; err_like "^caption: pair/a.JPG: .*pixels"
that test "$(fields pair/a.dng)" = "$(out=$all; fields pair/e.dng)"

begin "a drawn sentence depends on the seed and the picture alone"
cp cat.jpg again.jpg
run "$CAPTION" -q --sample --seed 3 -f tsv cat.jpg again.jpg pair/a.dng pair/a.JPG
code 0
that test "$(grep -c '' .out)" -eq 5
that test "$(tail -n +2 .out | cut -f 2- | sort -u | wc -l)" -eq 1

begin "a raw and its JPEG have sidecars of their own"
run "$CAPTION" -q --sidecar txt pair/a.dng pair/a.JPG
code 0
that cmp pair/a.txt pair/a.dng.txt

if [ "$METADATA" = yes ]; then
    begin "captions are never written into a raw"
    mkdir raws
    cp "$raws"/preview*.{dng,cr2,cr3,raf,rw2,orf,x3f} raws
    (cd raws && cksum *) >sums
    run "$CAPTION" -q --write-metadata raws
    code 1; err_lines "$(grep -c . sums)"
    that test -z "$(grep -v 'metadata cannot be written into .*raw.*; use --sidecar xmp$' .err)"
    that test "$(cd raws && cksum *)" = "$(cat sums)"

    begin "of a raw and its JPEG the JPEG gets the caption, and the raw is no failure"
    mkdir both
    cp "$raws/preview.dng" both/a.dng; cp cat.jpg both/a.jpg
    cp "$raws/preview6.cr3" both/b.CR3; cp coffee.jpg both/b.JPEG
    (cd both && cksum *.dng *.CR3) >sums
    for inputs in both "both/a.dng both/a.jpg both/b.CR3 both/b.JPEG"; do
        run "$CAPTION" -q --write-metadata --existing overwrite $inputs
        code 0; err_is ""; out_lines 2
        run "$CAPTION" -q --write-metadata $inputs
        code 0; err_is ""; out_lines 0
    done
    that test "$(cd both && cksum *.dng *.CR3)" = "$(cat sums)"
    run "$CAPTION" --write-metadata both/a.dng # which asks for the raw
    code 1; err_like "a.dng: metadata cannot be written into .*; use --sidecar xmp$"
    cp "$raws/preview.dng" both/c.dng
    run "$CAPTION" -q --write-metadata both
    code 1; err_lines 1; err_like "^caption: both/c.dng: "
fi

# what lies beside photos: films of every kind, edits, notes, thumbnails, sidecars
film() { printf '\0\0\0\024ftyp%-4s\0\0\0\0' "$1"; }
begin "a camera's card is captioned whatever lies beside its photos"
mkdir -p card/films
cp cat.jpg card/IMG_1.HEIC; film qt >card/IMG_1.MOV
cp cat.jpg card/IMG_2.JPG; film mp42 >card/IMG_2.MP4; printf '<?xml version="1.0"?>\n<plist/>\n' >card/IMG_2.AAE
cp cat.jpg card/PXL_3.MP.jpg; film isom >card/PXL_3.MP; cp cat.jpg card/MVIMG_4.jpg; film mp42 >>card/MVIMG_4.jpg
cp "$raws/preview.dng" card/DSC_5.ARW; cp coffee.jpg card/DSC_5.HIF; printf 'RIFF\0\0\0\0WAVEfmt ' >card/DSC_5.WAV
cp cat.jpg card/CRW_6.THM; cp "$raws/preview.dng" card/CRW_6.DNG; printf '{}\n' >card/IMG_2.JPG.supplemental-metadata.json
printf '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>\n' >card/IMG_2.JPG.xmp; echo "my text" >card/IMG_2.txt
printf '<?xml version="1.0"?>\n<NonRealTimeMeta/>\n' >card/films/C0001M01.XML
printf '%%PDF-1.4\n' >card/films/manual.pdf; printf '%%!PS-Adobe-3.0\n' >card/films/drawing.eps; cp card/films/manual.pdf card/IMG_2.pdf
printf 'RIFF\0\0\0\0AVI LIST' >card/films/MVI_7.AVI; cp cat.jpg card/films/MVI_7.THM; film mp41 >card/films/GOPR8.LRV
photos="CRW_6.DNG DSC_5.ARW DSC_5.HIF IMG_1.HEIC IMG_2.JPG MVIMG_4.jpg PXL_3.MP.jpg"
run "$CAPTION" card
code 0; that test "$(cut -f 1 .out | tr '\n' ' ')" = "$(printf 'card/%s ' $photos)"
err_lines 1; err_like "^7 captioned, 0 skipped, 0 failed "

begin "so is what a pattern of the shell names"
cd card
beside=$(ls -p | grep -v / | grep -vxF "$(tr ' ' '\n' <<<"$photos")")
for list in no yes; do
    if [ $list = no ]; then run "$CAPTION" $(ls -p | grep -v /); else ls -p | grep -v / >../list; run "$CAPTION" --files-from ../list; fi
    code 0; that test "$(cut -f 1 ../.out | tr '\n' ' ')" = "$photos "
    err_like "caption: passed over $(wc -l <<<"$beside") files that belong to photos beside them, the first: $(head -1 <<<"$beside")"
done
run "$CAPTION" -q *.*
code 0; err_is ""
run "$CAPTION" features *.* -o ../beside.npy
code 0; err_like "passed over $(wc -l <<<"$beside") files that belong to photos beside them"
if [ "$METADATA" = yes ]; then
    run "$CAPTION" undo -q *.*
    code 0; that test -z "$(grep -e MOV -e MP4 -e AAE -e WAV -e txt ../.err)"
    run "$CAPTION" undo *.*
    code 0; err_like "passed over [0-9]+ files that belong to photos beside them"
fi
for file in $beside; do
    [ $file != CRW_6.THM ] || continue
    run "$CAPTION" $file
    code 0; out_is ""; err_is "caption: passed over 1 file that belongs to a photo beside it, the first: $file"
done
cd ..

begin "names of one byte have companions, too"
mkdir short
cp cat.jpg short/a.jpg; cp cat.jpg short/1.jpg
for file in a.txt 1.txt a.caption 1.xmp; do echo "my text" >short/$file; done
run "$CAPTION" short/*
code 0; out_lines 2
err_is "caption: passed over 4 files that belong to photos beside them, the first: short/1.txt"
cd short
run "$CAPTION" a.*
code 0; out_lines 1; err_is "caption: passed over 2 files that belong to photos beside them, the first: a.caption"
cd ..
if [ "$METADATA" = yes ]; then
    rm short/1.xmp
    run "$CAPTION" undo -q short/*
    code 0; err_is ""
fi

begin "a film alone is a failure by that name, and a damaged photo is no companion"
for file in films/MVI_7.AVI films/GOPR8.LRV; do
    run "$CAPTION" cat.jpg card/$file
    code 1; err_is "caption: card/$file: is a film, not a photo"
done
cp card/IMG_1.MOV alone.MOV
run "$CAPTION" card/films/manual.pdf
code 1; err_is "caption: card/films/manual.pdf: PDF cannot be read"
run "$CAPTION" alone.MOV
code 1; out_is ""; err_is "caption: alone.MOV: is a film, not a photo"
run "$CAPTION" -q card/films/MVI_7.THM # a picture, and asked for
code 0; out_lines 1
cp cat.jpg twice.png; : >twice.jpg
run "$CAPTION" twice.jpg
code 1; err_is "caption: twice.jpg: the file is empty"
: >broken.jpg; film qt >broken.MOV # beside a photo that is none
run "$CAPTION" broken.MOV
code 1; err_is "caption: broken.MOV: is a film, not a photo"
run "$CAPTION" gone.MOV
code 1; err_is "caption: gone.MOV: No such file or directory"

finish
