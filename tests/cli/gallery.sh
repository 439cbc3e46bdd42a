#!/bin/bash
# The gallery: a page that is whole, leads to its photos, runs its own script alone, and is
# gone on with.
. "$(dirname "$0")/lib.sh"
export CAPTION_MODEL=$MODEL
awkward=$'<script>"new\nline&\xff.jpg'
mkdir -p album/below pages
cp "$SAMPLES/cat.jpg" album/1.jpg
cp "$SAMPLES/coffee.jpg" album/2.jpg
cp "$SAMPLES/cat.jpg" "album/below/$awkward"

figures() { grep -c '^<figure .*</figure>$' "$1"; }
whole() { [ "$(head -n 1 "$1")" = "<!DOCTYPE html>" ] && [ "$(tail -n 1 "$1")" = "</html>" ]; }
# Takes the percent-encoding back.
decoded() { local text=${1//%/\\x}; printf '%b.' "$text"; }

begin "a page holds every photo, and the captions are printed all the same"
run "$CAPTION" -q --best 3 --gallery pages/all.html album
code 0; out_lines 9; err_is ""
that test "$(figures pages/all.html)" -eq 3
that whole pages/all.html
that test "$(grep -o 'data:image/jpeg;base64,/9j/' pages/all.html | grep -c '')" -eq 3
that test "$(grep -c '<details><summary>2 other captions' pages/all.html)" -eq 3

begin "keywords are labels below the caption"
run "$CAPTION" -q --keywords 2 --gallery pages/words.html album
code 0; that whole pages/words.html
that test "$(grep -cE '</p><ul aria-label="Keywords" lang="en">(<li>[^<>]+</li>){2}</ul><p><bdi>' pages/words.html)" -eq 3

begin "its links lead to the photos from where it lies"
while read -r link; do
    target=$(decoded "$link")
    that test -e "pages/${target%.}"
done < <(sed -n 's/^<figure .*<a href="\([^"]*\)".*/\1/p' pages/all.html)
that test "$(grep -c 'href="\.\./album/' pages/all.html)" -eq 3

begin "style and script are the ones that its policy names"
for element in style script; do
    text=$(sed -n "/<$element>/,/<\/$element>/p" pages/all.html | sed "1d; \$d")
    hex=$(printf '\n%s\n' "$text" | sha256sum | cut -d' ' -f1)
    hash=$(printf "$(sed 's/../\\x&/g' <<<"$hex")" | base64)
    that grep -qF "$element-src 'sha256-$hash'" pages/all.html
done

begin "a page is gone on with, and a photo is captioned once"
run "$CAPTION" -q -o page.html album/1.jpg
code 0; out_is ""
run "$CAPTION" -o page.html album
code 0; err_like $'(^|\n)2 captioned, 1 skipped, 0 failed'
cp page.html before
run "$CAPTION" -o page.html album
code 0; err_like $'(^|\n)0 captioned, 3 skipped, 0 failed'
that cmp -s before page.html
# what a kill leaves: within the last photo, and within the foot
last=$(grep -b '^<figure' before | tail -n 1 | cut -d: -f1)
head -c $((last + 500)) before >page.html
run "$CAPTION" -o page.html album
code 0; err_like $'(^|\n)1 captioned, 2 skipped, 0 failed'
that cmp -s before page.html
head -c -30 before >page.html
run "$CAPTION" -o page.html album
code 0; err_like $'(^|\n)0 captioned, 3 skipped, 0 failed'

begin "beyond 2,000 photos, thumbnails are files, and no photos when the folder is searched"
row=$(grep -m 1 '^<figure' before)
{
    sed '/^<figure/,$d' before
    for i in {1..1999}; do echo "${row/data-path=\"/data-path=\"$i}"; done
    sed -n '/^<figure/,$p' before | sed 2,3d
} >album/page.html
run "$CAPTION" -o album/page.html album
code 0; err_like $'(^|\n)2 captioned, 1 skipped, 0 failed'
that test "$(figures album/page.html)" -eq 2002
that test "$(ls album/page_files/*.jpg | wc -l)" -eq 2
for file in $(sed -n 's/^<figure .* src="\(page_files[^"]*\)".*/\1/p' album/page.html); do
    that test "$(head -c 3 "album/$file" | od -An -tx1)" = " ff d8 ff"
done
run "$CAPTION" -o album/page.html album
code 0; err_like $'(^|\n)0 captioned, 3 skipped, 0 failed'
cp album/page.html kept
run "$CAPTION" -q -o album/page.html --existing overwrite --files-from /dev/null
code 0; that cmp -s album/page.html kept
that test "$(ls album/page_files/*.jpg | wc -l)" -eq 2
run "$CAPTION" -q -f gallery album
code 0; that test "$(figures .out)" -eq 3
that test "$(grep -c 'src="data:image/jpeg' .out)" -eq 3
rm -r album/page.html album/page_files

begin "on stdout the links are whole, and a page of nothing is a page"
run "$CAPTION" -q -f gallery album/1.jpg
code 0; that grep -qF "<a href=\"file://$PWD/album/1.jpg\"" .out
that whole .out
run "$CAPTION" -q -o none.html --min-confidence 1 album
code 0
that whole none.html
that test "$(figures none.html)" -eq 0

begin "a page that somebody else made, or wrote into, is left as it is"
echo "<!DOCTYPE html><title>my diary</title>" >diary.html
for how in skip overwrite; do
    run "$CAPTION" -q --gallery diary.html --existing $how album
    code 1; err_lines 1; err_like "^caption: diary.html: .*replace"
    that test "$(cat diary.html)" = "<!DOCTYPE html><title>my diary</title>"
    that test ! -e diary_files
done
sed '/^<figure.*album\/1/a <p>A word of mine</p>' before >mine.html
cp mine.html page.html
for how in skip overwrite; do
    run "$CAPTION" -q --gallery page.html --existing $how album
    code 1; err_like "^caption: page.html: .*replace"
    that cmp -s mine.html page.html
done
sed 's/<style>/<style >/' before >page.html # as another version of the program may begin
cp page.html other.html
run "$CAPTION" -q --gallery page.html album
code 1; err_like "^caption: page.html: is perhaps a gallery file of another version .*--existing replace"
that cmp -s other.html page.html
run "$CAPTION" -q --gallery page.html --existing replace album
code 0; that whole page.html

finish
