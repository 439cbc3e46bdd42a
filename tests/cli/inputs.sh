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
fi

finish
