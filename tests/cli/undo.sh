#!/bin/bash
# What `caption undo` takes out of photos and XMP files again, and what it leaves alone.
. "$(dirname "$0")/lib.sh"
export CAPTION CAPTION_MODEL=$MODEL
DATA=$SOURCE/tests/data
nothing="has nothing of this program"

begin "the command line is checked"
run "$CAPTION" undo
code 2; err_is "caption undo: no photo given (see 'caption undo --help')"
run "$CAPTION" undo -0 a.jpg
code 2; err_is "caption undo: --null needs --files-from (see 'caption undo --help')"
run "$CAPTION" undo --exclude ../x a
code 2; err_like "^caption undo: --exclude ../x: "
cp "$SAMPLES/cat.jpg" a.jpg
run "$CAPTION" undo --errors a.jpg a.jpg
code 2; err_like "^caption undo: a.jpg: cannot be both a photo and --errors"
that cmp a.jpg "$SAMPLES/cat.jpg"

if [ "$METADATA" = no ]; then
    begin "what needs support for metadata says so"
    run "$CAPTION" undo a.jpg
    code 1; err_like "not built in \(install libexpat1-dev and libmd-dev, reconfigure\)"
    finish
fi

begin "a photo without captions is named, and all is well"
run "$CAPTION" undo a.jpg
code 0; out_is ""; err_is "caption: a.jpg: $nothing"
run "$CAPTION" undo -q a.jpg
code 0; out_is ""; err_is ""
run "$CAPTION" undo -n a.jpg
code 0; out_is ""; err_is "caption: a.jpg: $nothing"
that cmp a.jpg "$SAMPLES/cat.jpg"

begin "what is no photo is a failure, and the others are done"
mkdir empty
echo "a cat" >note.txt
run "$CAPTION" undo --errors failed.tsv note.txt nowhere.jpg empty a.jpg
code 1; err_like "note.txt: not a photo, or in an unknown format"
err_like "nowhere.jpg: No such file"; err_like "empty: no photos in this directory"
err_like "a.jpg: $nothing"; err_like "0 undone, 1 had nothing of this program, 3 failed"
that test "$(cut -f 1 failed.tsv | xargs)" = "note.txt nowhere.jpg"

begin "what is damaged and has no mark is nobody's business"
mkdir damaged
head -c 200 "$DATA/images/rgb.png" >damaged/a.png; head -c 100 "$DATA/images/rgb.tif" >damaged/b.tif
head -c 150 "$DATA/images/rgb.heic" >damaged/c.heic; cp "$DATA/metadata/damaged.jpg" damaged/d.jpg
cp a.jpg damaged/e.jpg; echo "no XML" >damaged/e.jpg.xmp
cp -r damaged theirs
run "$CAPTION" undo damaged
code 0; err_is "0 undone, 5 had nothing of this program, 0 failed"
that diff -r damaged theirs
"$CAPTION" -q --write-metadata --sidecar xmp --existing replace a.jpg >.out
rm a.jpg.xmp
head -c 2000 a.jpg >damaged/e.jpg
run "$CAPTION" undo damaged
code 1; err_like "damaged/e.jpg: "; err_like "0 undone, 4 had nothing of this program, 1 failed"
if [[ $err == *"--sidecar"* ]]; then problem "a sidecar is recommended: $err"; fi
cp "$SAMPLES/cat.jpg" a.jpg

# Photos of every kind that is written, some with other metadata, and photos with sidecars alone.
kinds="images/rgb.jpg images/orientation6.png images/lossy-alpha.webp images/rgb.psd images/still.gif
    images/rgb.heic images/rgb.tif images/lossy.jxl images/lossy.jp2 metadata/rich.jpg"
mkdir before
for kind in $kinds images/rgb.bmp images/preview.cr2; do cp "$DATA/$kind" before; done
before=$(ls before | wc -l)
touch -d '2001-02-03 04:05:06' before/*
chmod 640 before/rgb.jpg
write() { "$CAPTION" -q --keywords 3 --write-metadata --sidecar xmp "$@"; }

begin "nothing of a caption is left, in photos of every kind and in sidecars"
cp -a before photos
run write --existing append photos
code 0; err_is ""
that test "$(ls photos/*.xmp | wc -l)" -eq "$before"
cp -a photos captioned
run "$CAPTION" undo photos
code 0; out_is ""; err_is "$before undone, 0 had nothing of this program, 0 failed"
that test "$(ls photos | xargs)" = "$(ls before | xargs)"
that test "$(stat -c '%n %Y %a' photos/* | sed 's|.*/||')" = "$(stat -c '%n %Y %a' before/* | sed 's|.*/||')"
that cmp photos/rgb.bmp before/rgb.bmp; that cmp photos/preview.cr2 before/preview.cr2
cp -a photos undone
run "$CAPTION" undo photos
code 0; err_is "0 undone, $before had nothing of this program, 0 failed"
that diff -r photos undone

begin "what is undone can be written again, and undone again"
run write --existing append photos
code 0; err_is ""
run "$CAPTION" undo photos
code 0; err_like "^$before undone"
that test "$(ls photos | xargs)" = "$(ls before | xargs)"

if command -v exiftool >/dev/null; then
    begin "exiftool finds every value as it was"
    dump() { exiftool -a -u -G1:3 -s -x System:all -x ExifTool:all "$1"; }
    for photo in before/*; do
        [ "$(dump "$photo")" = "$(dump "undone/${photo#*/}")" ] ||
            problem "${photo#*/}: $(diff <(dump "$photo") <(dump "undone/${photo#*/}"))"
    done
fi

begin "a dry run changes nothing and lists what would change"
rm -rf photos; cp -a captioned photos
run "$CAPTION" undo --dry-run photos
code 0; err_is "$before would be undone, 0 had nothing of this program, 0 failed"
that diff -r photos captioned
that test "$(grep -c $'^photos/.*\.xmp\tremove$' .out)" -eq "$before"
that test "$(grep -c $'\tchange$' .out)" -eq $((before - 2))
that grep -qx $'photos/rgb.jpg\tchange' .out
cp captioned/rgb.jpg photos/$'tab\there.jpg'
run "$CAPTION" undo -n photos/$'tab\there.jpg'
code 0; out_is 'photos/tab\there.jpg'$'\tchange'; err_is ""

begin "a pattern of the shell names sidecars, too"
rm -rf photos; cp -a captioned photos
run "$CAPTION" undo photos/*
code 0; out_is ""; err_is ""
that test "$(ls photos | xargs)" = "$(ls before | xargs)"

begin "what is named twice is undone once, and a dry run lists the same"
mkdir twice
cp -a captioned/rgb.jpg twice/a.jpg; cp -a captioned/rgb.jpg.xmp twice/a.xmp
cp -a captioned/orientation6.png twice/b.png
ln -s a.jpg twice/link.jpg
cp -a twice other
for order in "a.jpg a.xmp a.xmp link.jpg" "a.xmp a.jpg link.jpg a.xmp"; do
    rm -rf twice; cp -a other twice; cd twice
    run "$CAPTION" undo -n $order
    code 0; err_is "caption: link.jpg: $nothing"
    that test "$(sort ../.out | xargs -d '\n')" = $'a.jpg\tchange a.xmp\tremove'
    run "$CAPTION" undo $order
    code 0; out_is ""; err_is "caption: link.jpg: $nothing"
    cd ..
done
rm -rf twice; cp -a other twice; ln -s a.xmp twice/link.xmp
for dry in -n ""; do
    run "$CAPTION" undo $dry twice/a.jpg twice/link.xmp
    code 0; err_is ""
done
rm -rf twice; cp -a other twice
for dry in -n ""; do
    run "$CAPTION" undo $dry twice
    code 0; err_like "^2 (would be )?undone, 1 had nothing of this program, 0 failed$"
done
rm -rf twice; cp -a other twice; cp a.jpg twice/a.jpg
run "$CAPTION" undo twice/a.xmp twice/a.jpg # whose sidecar was undone
code 0; err_is ""
printf '<x:xmpmeta xmlns:x="adobe:ns:meta/"/>' >twice/a.xmp
run "$CAPTION" undo twice/a.jpg twice/a.xmp
code 0; err_is "caption: twice/a.jpg: $nothing"$'\n'"caption: twice/a.xmp: $nothing"
rm -rf twice other

begin "a sidecar that cannot be is nothing to undo"
long=$(printf 'n%.0s' {1..248}) # with .jpg.xmp no file's name
cp a.jpg $long.jpg
for dry in -n ""; do
    run "$CAPTION" undo $dry $long.jpg
    code 0; err_is "caption: $long.jpg: $nothing"
done
run "$CAPTION" -q --sidecar xmp --sidecar-name stem $long.jpg
code 0
run "$CAPTION" undo $long.jpg
code 0; err_is ""
that test ! -e $long.xmp
rm $long.jpg

begin "an XMP file can be named by itself"
cp captioned/rgb.jpg.xmp b.xmp
run "$CAPTION" undo b.xmp
code 0; out_is ""; err_is ""
that test ! -e b.xmp
run "$CAPTION" undo b.xmp
code 1; err_is "caption: b.xmp: No such file or directory"

begin "text sidecars have no mark, and stay"
"$CAPTION" -q --sidecar txt --sidecar caption a.jpg >.out
run "$CAPTION" undo a.jpg
code 0; err_is "caption: a.jpg: $nothing"
that test -s a.caption

begin "sidecars are found under either name, and in a tree of their own"
mkdir -p tree/below
cp before/rgb.jpg tree/1.jpg; cp a.jpg tree/below/2.jpg
run "$CAPTION" -q --sidecar xmp --sidecar-name stem tree
code 0; that test -s tree/below/2.xmp
run "$CAPTION" undo tree
code 0; err_like "^2 undone"
that test -z "$(find tree . -name '2*.xmp')"
run "$CAPTION" -q --sidecar xmp --sidecar-dir out tree
code 0; that test "$(find out -type f | wc -l)" -eq 2
run "$CAPTION" undo tree
code 0; err_like "^0 undone, 2 had nothing"
run "$CAPTION" undo --sidecar-dir out tree
code 0; err_like "^2 undone"
run "$CAPTION" undo --sidecar-dir no-such-folder tree
code 1; err_is "caption: no-such-folder: --sidecar-dir is no directory that is there"
that test "$(find out -type f | wc -l)" -eq 0

begin "what others wrote into a sidecar stays"
"$CAPTION" -q --sidecar xmp a.jpg >.out
sed 's|</rdf:RDF>|<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="5"/>&|' \
    a.jpg.xmp >rated.xmp
mv rated.xmp a.jpg.xmp
run "$CAPTION" undo a.jpg
code 0; out_is ""; err_is ""
that grep -q 'xmp:Rating="5"' a.jpg.xmp
run "$CAPTION" undo a.jpg
code 0; err_is "caption: a.jpg: $nothing"
rm a.jpg.xmp

begin "what a person made of a caption stays, and is not overwritten"
caption=$("$CAPTION" -q --sidecar xmp a.jpg)
sed -i "/xml:lang/s|>$caption<|>granny and $caption<|" a.jpg.xmp
run "$CAPTION" --sidecar xmp --existing overwrite a.jpg
code 0; out_is ""
err_is "caption: a.jpg: skipped, it has a text that may be a person's (--existing replace replaces it)"
run "$CAPTION" -s --sidecar xmp --existing overwrite . --no-recursive
code 0; err_like "^0 captioned, 1 skipped, 0 failed"
err_like "caption: 1 photo has a text that may be a person's: it stays \(--existing replace replaces it\)"
run "$CAPTION" undo a.jpg
code 0
that grep -q "granny and $caption" a.jpg.xmp
run "$CAPTION" --sidecar xmp --existing replace a.jpg
code 0; out_is "$caption"
if grep -q '>granny' a.jpg.xmp; then problem "it was not replaced"; fi
run "$CAPTION" undo a.jpg
code 0
that grep -q ">granny and $caption" a.jpg.xmp # the mark remembers
rm a.jpg.xmp

begin "what a person made of a caption in a photo is not overwritten"
cp a.jpg p.jpg
caption=$("$CAPTION" -q --write-metadata p.jpg)
LC_ALL=C sed -i "/xml:lang=.x-default/s|>$caption<|>$(echo "$caption" | tr a-z b-za)<|" p.jpg
cp p.jpg edited.jpg
run "$CAPTION" --write-metadata --existing overwrite p.jpg
code 0; out_is ""
err_is "caption: p.jpg: skipped, it has a text that may be a person's (--existing replace replaces it)"
run "$CAPTION" -q --write-metadata --sidecar xmp --existing overwrite p.jpg
code 0; out_is "$caption"
that test -s p.jpg.xmp
that cmp p.jpg edited.jpg
run "$CAPTION" -q --write-metadata --existing replace p.jpg
code 0; out_is "$caption"
if cmp -s p.jpg edited.jpg; then problem "it was not replaced"; fi
rm p.jpg*

begin "what this program wrote is overwritten, in sidecars and in photos"
cp a.jpg c.jpg
for seed in 1 2; do
    run "$CAPTION" -q -s --seed $seed --write-metadata --sidecar xmp --existing overwrite c.jpg
    code 0; err_is ""
    that grep -qaF "$out" c.jpg; that grep -qF "$out" c.jpg.xmp
done
run "$CAPTION" undo c.jpg
code 0; err_is ""
that test ! -e c.jpg.xmp

begin "what other programs made of a captioned photo is undone, too"
mkdir others
tools=0
if command -v exiv2 >/dev/null; then
    for kind in jpg psd png webp tif; do
        cp captioned/*.$kind others
    done
    for file in others/*; do exiv2 -M"set Xmp.xmp.Rating 3" "$file"; done >.out 2>&1
    tools=1
fi
if convert -version 2>/dev/null | grep -q "^Version: ImageMagick"; then
    for form in png:1.png png8:2.png png32:3.png tiff:4.tif jpg:5.jpg; do
        convert captioned/rgb.jpg "${form%:*}:others/${form#*:}" 2>.out
        convert captioned/rgb.tif "${form%:*}:others/tif-${form#*:}" 2>.out
    done
    tools=1
fi
if [ $tools = 1 ]; then
    run "$CAPTION" undo others
    code 0; out_is ""; err_like "^[0-9]+ undone, [01] had nothing of this program, 0 failed"
    run "$CAPTION" undo others
    code 0; err_like "^0 undone, [0-9]+ had nothing of this program, 0 failed"
fi

begin "permissions are obeyed, links are followed, other names keep the captioned file"
mkdir -p store fixed
cp -a captioned/rgb.jpg fixed/1.jpg; cp -a captioned/rgb.jpg.xmp fixed/1.jpg.xmp
cp -a fixed was
chmod 444 fixed/1.jpg fixed/1.jpg.xmp
for dry in "" -n; do
    run "$CAPTION" undo $dry fixed/1.jpg
    code 1; out_is ""; err_lines 2
    err_like "fixed/1.jpg: cannot write: the photo is read-only"
    err_like "fixed/1.jpg.xmp: cannot write: the file is read-only"
    that diff -r fixed was
done
cp -a captioned/rgb.jpg captioned/rgb.jpg.xmp store
ln -s store/rgb.jpg 2.jpg; ln -s store/rgb.jpg.xmp 2.jpg.xmp
ln store/rgb.jpg store/backup.jpg
run "$CAPTION" undo 2.jpg
code 0; err_is ""
that test -L 2.jpg; that test ! -L 2.jpg.xmp; that test ! -e store/rgb.jpg.xmp
that cmp store/backup.jpg captioned/rgb.jpg
if cmp -s store/rgb.jpg captioned/rgb.jpg; then problem "the photo was not undone"; fi

begin "below a directory of its own no symbolic link is followed"
mkdir led
cp -a captioned/rgb.jpg.xmp outside.xmp
ln -s ../outside.xmp led/a.jpg.xmp
run "$CAPTION" undo --sidecar-dir led a.jpg
code 1; err_like "led/a.jpg.xmp: it is a symbolic link, and is not followed"
that cmp outside.xmp captioned/rgb.jpg.xmp

begin "an interrupted run goes on"
mkdir many
for ((i = 0; i < 40; i++)); do cp captioned/rich.jpg many/$i.jpg; done
"$CAPTION" undo many 2>.err &
process=$!
for ((i = 0; i < 1000; i++)); do # until the first is done
    cmp -s many/0.jpg captioned/rich.jpg || break
    sleep 0.01
done
kill -TERM $process
status=0; wait $process || status=$?
[ $status -eq 143 ] || [ $status -eq 0 ] || problem "exit code $status"
that test -z "$(find many -name '.caption-*')"
for photo in many/*; do
    cmp -s $photo captioned/rich.jpg || cmp -s $photo undone/rich.jpg || problem "$photo is neither"
done
run "$CAPTION" undo many
code 0; err_like " undone, .* 0 failed$"
for photo in many/*; do that cmp $photo undone/rich.jpg; done

begin "several at once fail for nothing, and count each photo once"
rm many/*
for ((i = 0; i < 40; i++)); do cp captioned/rich.jpg many/$i.jpg; cp captioned/rich.jpg.xmp many/$i.jpg.xmp; done
cp -a many both
for inputs in many "$(echo both/*)"; do
    processes=
    for i in 1 2 3; do "$CAPTION" undo $inputs 2>.err$i & processes+=" $!"; done
    for process in $processes; do wait $process || problem "exit code $?: $(cat .err?)"; done
    that test -z "$(find ${inputs%%/*} -name '*.xmp')"
    for photo in ${inputs%%/*}/*; do that cmp $photo undone/rich.jpg; done
    [ "$inputs" = many ] || continue
    for i in 1 2 3; do
        that test $(($(sed -E 's/ [a-z]+( nothing of this program)?(, |$)/+/g' .err$i)0)) -eq 40
    done
    that test $(($(sed -E 's/ undone.*/+/' .err?)0)) -ge 40
done
rm -r both

begin "a kill leaves each photo as it was or as it becomes"
rm many/*
for ((i = 0; i < 40; i++)); do cp captioned/rich.jpg many/$i.jpg; done
for wait in 0.02 0.05 0.1 0.2; do
    "$CAPTION" undo many 2>.err &
    process=$!
    sleep $wait
    kill -KILL $process 2>/dev/null
    wait $process 2>/dev/null
    for photo in many/*; do
        cmp -s $photo captioned/rich.jpg || cmp -s $photo undone/rich.jpg || problem "$photo is neither"
    done
done
run "$CAPTION" undo many
code 0
for photo in many/*; do that cmp $photo undone/rich.jpg; done

finish
