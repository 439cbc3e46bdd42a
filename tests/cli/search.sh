#!/bin/bash
# `caption search`: the index that it keeps, what it finds, and what it refuses.
. "$(dirname "$0")/lib.sh"
export CAPTION_MODEL=$MODEL XDG_CACHE_HOME=$work/cache

if [ "$SEARCH" = no ]; then
    begin "a build without SQLite refuses, and reports what is missing"
    run "$CAPTION" search words .
    code 2; out_is ""; err_is "caption: search support is not built in (install libsqlite3-dev, reconfigure with -Dsearch=enabled)"
    finish
fi

mkdir -p photos/below
cp "$SAMPLES/cat.jpg" photos/cat.jpg
cp "$SAMPLES/coffee.jpg" photos/below/coffee.jpg
cp "$SAMPLES/astronaut.jpg" photos/below/astronaut.jpg
echo "no photo" >photos/notes.txt
find_all() { run "$CAPTION" search "$@" --index index.sqlite -n 100 --like photos/cat.jpg photos; }
captioned() { # so many photos in the last run
    if [ "$1" -eq 0 ]; then err_is ""; else err_like "^$1 captioned, 0 skipped, 0 failed"; fi
}

begin "the first search captions the photos, and finds each by its name"
run "$CAPTION" search astronaut photos
code 0; out_is "photos/below/astronaut.jpg"; err_like "3 captioned, 0 skipped, 0 failed"

begin "the next one captions nothing"
run "$CAPTION" search -q coffee photos/
code 0; out_is "photos/below/coffee.jpg"; err_is ""

begin "the index is in the cache directory, and the folder is as it was"
that test "$(ls cache/caption | grep -c '^search-.*sqlite$')" -eq 1
that test "$(find photos -type f | wc -l)" -eq 4

begin "nothing found is exit code 1, without a word"
run "$CAPTION" search -q '"no such phrase"' photos
code 1; out_is ""; err_is ""

begin "a photo is most like itself, and the copy in another place is its duplicate"
find_all -f tsv
code 0; captioned 3; out_lines 3; out_like "^photos/cat.jpg	1\.0000	"
mkdir other
cp photos/cat.jpg other/copy.jpg
run "$CAPTION" search -q --duplicates --min-likeness 0.9999 photos other
code 0; out_is "photos/cat.jpg
other/copy.jpg"

begin "groups of duplicates have an empty line between them"
cp photos/below/coffee.jpg other/again.jpg
run "$CAPTION" search -q --duplicates --min-likeness 0.9999 photos other
code 0; out_is "photos/below/coffee.jpg
other/again.jpg

photos/cat.jpg
other/copy.jpg"

begin "a photo that moved keeps its entry"
mkdir photos/new
mv photos/below/coffee.jpg photos/new/drink.jpg
find_all
code 0; captioned 0; out_lines 3; out_like "photos/new/drink.jpg"
run "$CAPTION" search -q drink --index index.sqlite photos
code 0; out_is photos/new/drink.jpg

begin "so does one that was only touched"
touch -d 2001-01-01 photos/cat.jpg
find_all
captioned 0; out_lines 3

begin "one that changed is captioned again"
cp "$SAMPLES/coffee.jpg" photos/cat.jpg
find_all
captioned 1; out_lines 3
cp "$SAMPLES/cat.jpg" photos/cat.jpg
find_all

begin "one that is gone is not found"
rm photos/new/drink.jpg
find_all
code 0; captioned 0; out_lines 2

begin "a folder that moved keeps the index that was named"
mv photos moved
run "$CAPTION" search --index index.sqlite -n 100 --like moved/cat.jpg moved
code 0; captioned 0; out_lines 2; out_like "^moved/cat.jpg"
mv moved photos

begin "--no-update finds what was there"
cp "$SAMPLES/coffee.jpg" photos/late.jpg
find_all --no-update
code 0; captioned 0; out_lines 2
find_all
captioned 1; out_lines 3

begin "a file that cannot be read is named once, and again when it is asked for"
echo "P6 9 9 255" >photos/broken.ppm
find_all
code 0; out_lines 3; err_like "^caption: photos/broken.ppm: "
find_all
code 0; err_is "caption: photos: passed over 1 photo that could not be read before (--again tries it)"
find_all --again
code 0; err_like "caption: photos/broken.ppm: "
rm photos/broken.ppm

begin "words exclude, phrases must be there"
run "$CAPTION" search -q 'cat late -late' --index index.sqlite photos
code 0; out_is photos/cat.jpg
run "$CAPTION" search -q 'cat -"late jpg"' --index index.sqlite photos
code 0; out_is photos/cat.jpg
run "$CAPTION" search -q '"below astronaut" cat' --index index.sqlite photos
code 0; out_is photos/below/astronaut.jpg

none_of() { [[ ! $out =~ $1 ]] || problem "stdout '$out' has $1"; }
begin "what is excluded is neither captioned nor found, and keeps its entry"
mkdir photos/raw
cp "$SAMPLES/coffee.jpg" photos/raw/first.jpg
echo 1 >>photos/raw/first.jpg
find_all --exclude raw/ --exclude late.jpg
code 0; captioned 0; out_lines 2
find_all
code 0; captioned 1; out_lines 4
find_all --exclude raw --exclude 'photos/late.*'
code 0; captioned 0; out_lines 2; none_of 'raw|late'
find_all --exclude raw --no-update
code 0; out_lines 3; none_of raw
run "$CAPTION" search -q first --exclude raw --index index.sqlite photos
code 1; out_is ""
run "$CAPTION" search -q --duplicates --min-likeness 0.5 --exclude raw/ --index index.sqlite photos
none_of raw
rm photos/late.jpg
find_all --exclude raw/
code 0; captioned 0; out_lines 2
find_all
code 0; captioned 0; out_lines 3; out_like "photos/raw/first.jpg"
rm -r photos/raw
find_all --exclude raw
code 0; err_is "caption: --exclude raw: excluded nothing"; out_lines 2
find_all
cp "$SAMPLES/coffee.jpg" photos/late.jpg
find_all

begin "formats: paths for xargs, columns, JSON"
run bash -c "'$CAPTION' search -q -0 late --index index.sqlite photos | xargs -0 basename"
out_is late.jpg
run "$CAPTION" search -q -f json late --index index.sqlite photos
out_like '^\[\{"path":"photos/late.jpg","score":-?[0-9.]+,.*"captions":\[\{"caption":".*","confidence":.*\}\]$'
run "$CAPTION" search -q -f jsonl --duplicates --min-likeness 0.5 --index index.sqlite photos
code 0; out_like '"group":1'

begin "a page of what was found"
run "$CAPTION" search -q late --index index.sqlite --gallery page.html photos
code 0
that grep -q 'href="photos/late.jpg"' page.html

begin "the page says what was searched for, and its order"
titled() { # the page, its title, the first order
    that test "$(sed -n 's/^<title>\(.*\)<.title>$/\1/p' "$1")" = "$2"
    that test "$(sed -n 's/^<h1>\(.*\)<.h1>$/\1/p' "$1")" = "$2"
    that test "$(sed -n 's/^<option value="run">\(.*\)<.option>$/\1/p' "$1")" = "$3"
}
titled page.html 'Search: late' 'Best first'
run "$CAPTION" search -q 'late "<b>Photos with captions"' --index index.sqlite --gallery odd.html photos
code 1; titled odd.html 'Search: late &quot;&lt;b&gt;Photos with captions&quot;' 'Best first'
run "$CAPTION" search -q --like photos/cat.jpg --index index.sqlite --gallery like.html photos
code 0; titled like.html 'Photos like photos/cat.jpg' 'Best first'

begin "it shows the groups of duplicates"
run "$CAPTION" search -q --duplicates --min-likeness 0.9999 --gallery groups.html photos other
code 0; titled groups.html 'Photos that look nearly the same' 'By group'
that test "$(grep -c '^<figure .*<b>Group [12]</b>' groups.html)" -eq "$(grep -c . .out)"
that test "$(grep -c '<b>Group' page.html)" -eq 0

begin "another search replaces the page, and one that finds nothing does not"
run "$CAPTION" search -q astronaut --index index.sqlite --gallery odd.html photos
code 0; titled odd.html 'Search: astronaut' 'Best first'
that grep -q 'href="photos/below/astronaut.jpg"' odd.html
cp odd.html before
run "$CAPTION" search -q '"no such phrase"' --index index.sqlite --gallery odd.html photos
code 1; that cmp odd.html before

begin "nothing else is replaced: a gallery of captions, a page of somebody's, what is cut or continued"
"$CAPTION" -q --gallery captions.html photos/cat.jpg >/dev/null
printf '<title>Mine</title><option value="run">Mine</option>\n' >mine.html
head -c -20 odd.html >cut.html
{ cat odd.html; echo mine; } >continued.html
for page in captions mine cut continued; do
    cp $page.html before
    run "$CAPTION" search -q astronaut --index index.sqlite --gallery $page.html photos
    code 2; out_is ""
    err_is "caption: $page.html: is no page of a search or of scores, and was left as it is; name another file"
    that cmp $page.html before
done

begin "several folders are one search"
run "$CAPTION" search -q -n 3 'copy late' photos other
code 0; out_lines 2

begin "a folder that is named twice has one index, which no one waits for"
cp "$SAMPLES/coffee.jpg" other/new.jpg
echo 2 >>other/new.jpg
run "$CAPTION" search new other other/
code 0; out_is "other/new.jpg
other/new.jpg"; err_like "^1 captioned"

begin "a model that made no index makes it again, and --no-update refuses"
LC_ALL=C sed 's/sleeps/sleepz/' "$MODEL" >other.safetensors
find_all --no-update --model other.safetensors
code 2; err_like "index.sqlite: was made with another model; without --no-update it is made again"
find_all --model other.safetensors
code 0; err_like "^caption: photos: the index was made with another model; 3 photos are captioned again"
find_all

begin "a file that is no index is refused, whatever it is, and nobody is told to remove it"
refuses_foreign() { # the file
    cp "$1" before
    for update in --again --no-update; do
        run "$CAPTION" search -q $update --index "$1" cat photos
        code 2; out_is ""; err_is "caption: $1: is no index of \`caption search\`; it stays as it is"
        that cmp "$1" before
    done
}
find_all
echo "my notes" >notes.txt
printf 'SQLite format 3\0%.0s' {1..300} >like.sqlite
LC_ALL=C sed 's/CapS/CapT/' index.sqlite >others.sqlite # another program's, by its header
head -c 5000 others.sqlite >torn.sqlite
for file in notes.txt like.sqlite others.sqlite torn.sqlite; do refuses_foreign $file; done

begin "an index that cannot be opened is an error with the system's reason"
mkdir directory
run "$CAPTION" search -q --index directory cat photos
code 2; err_like "^caption: directory: the index cannot be opened: Is a directory; --index FILE names another"
run "$CAPTION" search -q --index nowhere/index.sqlite cat photos
code 2; err_like "^caption: nowhere/index.sqlite: the index cannot be opened: No such file or directory;"
run "$CAPTION" search -q --index /sys/index.sqlite cat photos # where nobody may make a file
code 2; err_like "^caption: /sys/index.sqlite: the index cannot be opened: (Permission denied|Read-only|Operation)"

begin "a damaged index is an error of one line, wherever the damage is"
find_all
size=$(stat -c %s index.sqlite)
for part in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19; do
    cp index.sqlite damaged.sqlite
    dd if="$SAMPLES/cat.jpg" of=damaged.sqlite bs=1 skip=$((part * 700)) \
        seek=$((size * part / 20 + 40)) count=600 conv=notrunc status=none
    run "$CAPTION" search -q --index damaged.sqlite late photos
    [ "$status" -le 2 ] || problem "part $part: exit code $status: $err"
    [ "$(grep -c '' <"$work/.err")" -le 4 ] || problem "part $part: $err"
done
head -c $((size / 2)) index.sqlite >damaged.sqlite
run "$CAPTION" search -q --index damaged.sqlite late photos
code 2; err_lines 1; err_like "damaged.sqlite: the index is damaged .*; remove it"

begin "characters of Chinese are words, and find the captions that have them, in an index of their own"
"$MAKE_MODEL" chinese.safetensors zh
caption_of() { "$CAPTION" -q --model chinese.safetensors --lang zh "$1" | cut -f 2; }
chinese() { run "$CAPTION" search -q --model chinese.safetensors --lang zh "$@" chinese; }
mkdir chinese
cp "$SAMPLES/cat.jpg" chinese/one.jpg
text=$(caption_of chinese/one.jpg)
first=$(head -c 3 <<<"$text") # of UTF-8: one character
that test ${#text} -gt ${#first}
chinese "\"$text\""
code 0; out_is chinese/one.jpg
chinese -f json "$first"
code 0; out_like "\"caption\":\"$text\""
chinese "\"$text$text$text\""
code 1; out_is ""
chinese -- "$first -$first"
code 1; out_is ""
run "$CAPTION" search -q --model chinese.safetensors one chinese
code 0; out_is chinese/one.jpg
that test "$(ls cache/caption | grep -c -- '-zh.sqlite$')" -eq 1

begin "an index in a place that cannot be written is an error with a way out"
run env XDG_CACHE_HOME=/proc/nowhere "$CAPTION" search -q late photos
code 2; err_like "--index FILE names another place"

begin "a full disk is an error of one line, and the next search goes on"
run bash -c "ulimit -f 40; exec '$CAPTION' search -q --index full.sqlite late photos"
code 2; out_is ""; err_lines 1; err_like "^caption: full.sqlite: "
run "$CAPTION" search -q --index full.sqlite late photos
code 0; out_is photos/late.jpg

begin "an interrupted search keeps what it did"
for i in 1 2 3 4 5 6 7 8 9; do cp "$SAMPLES/cat.jpg" other/cat$i.jpg; echo $i >>other/cat$i.jpg; done
"$CAPTION" search -q --index stopped.sqlite cat1 other >stopped.out 2>&1 &
sleep 0.5
kill -INT $! 2>/dev/null
wait $! || true
that test "$(grep -c . stopped.out)" -le 1
run "$CAPTION" search -q --index stopped.sqlite cat1 other
code 0; out_is other/cat1.jpg

begin "names of any bytes are searched, found and written"
mkdir odd
cp "$SAMPLES/cat.jpg" "odd/$(printf 'b\377 ad\n\tname.jpg')"
cp "$SAMPLES/coffee.jpg" "odd/quote\" OR NEAR(.jpg"
run bash -c "'$CAPTION' search -q -0 name odd | od -c"
out_like 'o +d +d +/ +b +377 .*n +a +m +e'
run "$CAPTION" search -q 'quote' odd
code 0; out_is 'odd/quote" OR NEAR(.jpg'
run "$CAPTION" search -q "quote' OR 1=1; NEAR(* ^col:" odd
code 0; out_is 'odd/quote" OR NEAR(.jpg'
run "$CAPTION" search -q -f tsv name odd
out_like '\\n\\tname.jpg'

begin "mistakes of usage"
run "$CAPTION" search; code 2; err_like "no words to search for"
run "$CAPTION" search two dogs; code 2; err_like "dogs: is no directory \(put several words into quotation marks"
run "$CAPTION" search --like photos/cat.jpg --duplicates photos; code 2
run "$CAPTION" search --index a.sqlite cat photos other; code 2; err_like "one directory"
run "$CAPTION" search -0 -f json cat photos; code 2
run "$CAPTION" search cat --exclude ../raw photos; code 2; err_like "--exclude ../raw: "
run "$CAPTION" search -q '-cat' photos; code 2
run "$CAPTION" search '' photos; code 2; err_like "^caption search: no words to search for"
run "$CAPTION" search ' ' photos; code 2; err_like "no words to search for"
run "$CAPTION" search cat ''; code 2; err_like "'': is no directory"
run "$CAPTION" search cat --gallery found.txt photos; code 2; err_like "found.txt: --gallery writes a page"
that test ! -e found.txt

begin "a directory without words is not searched for, and nothing is captioned"
rm -rf cache
run "$CAPTION" search photos
code 2; out_is ""; err_like "photos: is a directory; to search in it, give words first"
that test ! -e cache
run "$CAPTION" search -q photos photos
[ "$status" -le 1 ] || problem "exit code $status: $err"

begin "an error is exit code 2, and no search that found nothing"
run "$CAPTION" search -q 'cat "dog' photos; code 2; err_like "a quotation mark without its second"
run "$CAPTION" search -q -- '-cat' photos; code 2; err_like "there is no word to search for"
run "$CAPTION" search -q --like missing.jpg photos; code 2; err_like "missing.jpg: "
run "$CAPTION" search -q --model missing.safetensors cat photos; code 2; err_like "missing.safetensors: "
run bash -c "'$CAPTION' search -q cat photos >/dev/full"; code 2; err_like "standard output: No space left"
run "$CAPTION" search -q --duplicates --min-likeness 1 odd; code 1; out_is ""; err_is ""

begin "punctuation is no word"
run "$CAPTION" search 'late* "," -!' --index index.sqlite photos
code 0; that test "$(head -n 1 .out)" = photos/late.jpg
that test -z "$(grep -F '*' .err)"
run "$CAPTION" search -q '* ?' photos; code 2; err_like "there is no word to search for"

begin "two searches at once, and one that is killed, leave an index that is whole"
rm -f both.sqlite
for i in 1 2 3 4 5 6 7 8; do cp "$SAMPLES/cat.jpg" photos/copy$i.jpg; echo $i >>photos/copy$i.jpg; done
"$CAPTION" search -q --index both.sqlite late photos >first 2>&1 &
first=$!
"$CAPTION" search -q --index both.sqlite late photos >second 2>&1 &
second=$!
wait $first || problem "the first: $(cat first)"
wait $second || problem "the second: $(cat second)"
that test "$(cat first second | sort -u)" = photos/late.jpg
rm -f killed.sqlite
"$CAPTION" search -q --index killed.sqlite late photos >/dev/null 2>&1 &
sleep 1
{ kill -9 $! && wait $!; } 2>/dev/null
run "$CAPTION" search -q --index killed.sqlite late photos
code 0; out_is photos/late.jpg

finish
