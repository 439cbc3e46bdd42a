#!/bin/bash
# SPDX-License-Identifier: MIT
# What a training will read, before it does: vectors of other networks, captions in the photos.
. "$(dirname "$0")/lib.sh"
export CAPTION_MODEL=$MODEL
mkdir photos
number_of=0
for name in a b c d e f g h i j k l; do # each of another colour
    number_of=$((number_of + 1))
    colour=$(printf '\\x%02x\\x%02x\\x40' $((number_of * 20)) $((255 - number_of * 20)))
    { printf 'P6\n8 8\n255\n'; for i in {1..64}; do printf "$colour"; done; } >photos/$name.jpg
    echo "thing $((number_of % 3)) on a table" >photos/$name.txt
done
small=(--hidden 8 --min-count 1 --batch 4 --epochs 1 --warmup 0 --threads 2 --patience 0)

begin "features are read back as vectors: a model of them captions no photos, and says so"
run "$CAPTION" features -o v.npy photos
code 0
that test "$(sed -n 2p v.npy.names)" = photos/b.jpg
run "$CAPTION" train --data photos --vectors v.npy -o v.safetensors "${small[@]}"
code 0; err_like "12 photos|1[01] photos"
run "$CAPTION" -m v.safetensors photos/a.jpg
code 1; out_is ""; err_lines 1
err_like "v.safetensors: was trained on 4096 numbers per photo that another network made"
run "$CAPTION" eval --data photos --vectors v.npy -m v.safetensors --split all
code 0; out_like "photos      12"
run "$CAPTION" eval --data photos -m v.safetensors
code 1; err_like "cannot look at photos itself"
run "$CAPTION" features -o v2.safetensors photos
code 0
run "$CAPTION" train --data photos --vectors v2.safetensors -o v2.st "${small[@]}"
code 0
that cmp v.safetensors v2.st

begin "vectors of any width, without the photos themselves"
printf "\x93NUMPY\x01\x00\x46\x00%-69s\n" "{'descr': '<f4', 'fortran_order': False, 'shape': (12, 4), }" >w.npy
for i in {1..48}; do printf "\\x00\\x00\\x$(printf %02x $((i * i * 7 % 128)))\\x3f"; done >>w.npy
for photo in photos/*.txt; do printf 'far/%s.jpg\t%s\n' "$(basename "$photo" .txt)" "$(cat "$photo")"; done >table.tsv
cut -f 1 table.tsv | sort -r >names
run "$CAPTION" train --data table.tsv --vectors w.npy --vectors-names names -o w.safetensors "${small[@]}"
code 0
run "$CAPTION" eval --data table.tsv --vectors w.npy --vectors-names names -m w.safetensors --split all
code 0
run "$CAPTION" train --data table.tsv --vectors w.npy -o w2.safetensors "${small[@]}"
code 0; err_like "w.npy: comes without names; its rows are taken to be in the order of the data"
run "$CAPTION" eval --data photos --vectors w.npy -m v.safetensors
code 1; err_like "w.npy: 4 numbers per photo, and v.safetensors reads 4096"
sed -i 1d names
run "$CAPTION" train --data table.tsv --vectors w.npy --vectors-names names -o w3.safetensors "${small[@]}"
code 1; err_lines 1; err_like "names: 11 names of 12 rows"
that test ! -e w3.safetensors

begin "vectors are captioned, in rows with their names"
run "$CAPTION" --vectors w.npy -m w2.safetensors
code 0; out_lines 12; out_like "^0	[^
]*
1	"
run "$CAPTION" --vectors v.npy --beam 2
code 0; out_lines 12; out_like "^photos/a.jpg	"
run "$CAPTION" --vectors v.npy -m v.safetensors -f jsonl -o rows.jsonl --prefix 'seen: '
code 0; out_is ""
that test "$(grep -c '"path":"photos/.\.jpg".*"caption":"seen: ' rows.jsonl)" -eq 12
run "$CAPTION" --vectors w.npy -m v.safetensors
code 1; err_is "caption: w.npy: 4 numbers per photo, and the model reads 4096"
for more in photos --write-metadata "--format gallery"; do
    run "$CAPTION" --vectors v.npy -m v.safetensors $more
    code 2; err_like "--vectors takes no photos"
done

begin "what needs an encoder is refused with vectors"
for option in --finetune-cnn "--text table.tsv" "--encoder $MODEL"; do
    run "$CAPTION" train --data photos --vectors v.npy -o x.safetensors $option
    code 2; err_like "--vectors and ${option%% *} do not go together"
done
run "$CAPTION" calibrate --data photos --vectors v.npy -m v.safetensors
code 1; err_like "cannot look at photos itself"

begin "captions in the photos' own metadata: XMP, IPTC, EXIF and sidecars, of a person"
mkdir -p own/below
for name in Caption-Abstract Description ImageDescription rich; do
    cp "$SOURCE/tests/data/metadata/$name.jpg" own/
done
said="own: the captions are the descriptions in the photos' own metadata"
for name in a b c d e f g h; do
    cp photos/$name.jpg own/below/
    cat >own/below/$name.xmp <<XMP
<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>
<rdf:Description xmlns:dc='http://purl.org/dc/elements/1.1/'><dc:description><rdf:Alt>
<rdf:li xml:lang='x-default'>Une chose</rdf:li><rdf:li xml:lang='en'>A thing on
a table</rdf:li></rdf:Alt></dc:description></rdf:Description></rdf:RDF>
XMP
done
cp "$SOURCE/tests/data/images/grey.jpg" own/below/k.jpg
cp photos/l.jpg own/below # nothing is said of them, or a camera says it, as of rich.jpg
sed "s/Une chose/OLYMPUS DIGITAL CAMERA/; s/A thing on/OLYMPUS DIGITAL CAMERA/; s/^a table//" \
    own/below/a.xmp >own/below/l.jpg.xmp
if [ "$METADATA" = yes ]; then
    run "$CAPTION" train --data own -o own.safetensors "${small[@]}" --dev-share 0
    code 0; err_like "$said"; err_like "3 photos without a caption"
    err_like "vocabulary: [0-9]+ words"
    grep -aq 'granny' own.safetensors || problem "no 'granny'"
    grep -aq 'thing' own.safetensors || problem "no 'thing'"
    if grep -aq -e chose -e olympus own.safetensors; then problem "words of no caption"; fi
    "$CAPTION" --write-metadata own/below/k.jpg >/dev/null 2>&1
    run "$CAPTION" train --data own -o own2.safetensors "${small[@]}" --dev-share 0
    code 0
    that cmp own.safetensors own2.safetensors # what the program says itself does not count
    run "$CAPTION" train --data photos -o x.safetensors "${small[@]}" --captions-in-photos
    code 1; err_like "photos: no captions in|neither a captions file"
    run "$CAPTION" train --data table.tsv -o x.safetensors --captions-in-photos
    code 1; err_like "table.tsv: expected a folder of photos"
else
    run "$CAPTION" train --data own -o own.safetensors --captions-in-photos
    code 1; err_like "support for metadata is not built in"
fi

found() { # the JSON has a finding of the code, and whether it is wrong
    tr -d ' \n' <j.json | grep -q "\"wrong\":$2,\"code\":\"$1\"" || problem "no $1 ($2): $(cat j.json)"
}
check=("$CAPTION" check --threads 2 --json j.json)

begin "check: what a training will read, and that it can be read"
before=$(find . -newer table.tsv -type f | sort)
run "${check[@]}" --data photos
code 0
out_like "photos \(folder\): 12 photos, 12 captions"
out_like "photos      10 to train on, 2 dev"
out_like "min-count 1 +7 +100.0 % +100.0 %"
out_like "min-count 2 \\* +7 +100.0 % +100.0 %"
out_like "of the start +[0-9]+ +[0-9.]+ %"
out_like "start       .*test-model.safetensors"
out_like "to 5 words, half have 5 at most"
out_like "result      'caption train' can read it"
tr -d ' \n' <j.json | grep -q '^{"ok":true,"sets":\[{"path":"photos","form":"folder","photos":12' || problem "$(cat j.json)"
rm j.json
that test "$(find . -newer table.tsv -type f | grep -v '^./\.' | sort)" = "$(grep -v '^./\.' <<<"$before")"

begin "check: photos that are missing, are none, or cannot be decoded are wrong, or left out"
cp -r photos hurt
head -c 100 hurt/a.jpg >hurt/b.jpg
echo text >hurt/c.jpg
(cd hurt && for photo in *.jpg gone.jpg; do printf '%s\ta thing\n' $photo; done) >hurt/captions.tsv
run "${check[@]}" --data hurt
code 1; found missing true; found unreadable true
out_like "gone.jpg"; out_like "hurt/c.jpg: is no picture"; out_like "photos that cannot be read: 1"
run "${check[@]}" --data hurt --decode
code 1; out_like "photos that cannot be read: 2"; out_like "hurt/b.jpg: "
run "${check[@]}" --data hurt --decode --skip-missing
code 0; found missing false; found unreadable false
run "${check[@]}" --data nothing --data photos
code 1; found set true; out_like "nothing: No such file"; out_like "12 photos"

begin "check: captions that a program has spoilt, or that are none"
spoil() { # code, whether it is wrong, caption
    printf 'a.jpg\t%s\nb.jpg\ta thing on a table\n' "$3" >photos/captions.tsv
    run "${check[@]}" --data photos/captions.tsv
    code $([ $2 = true ] && echo 1 || echo 0)
    [ $2 = none ] || found "$1" "$2"
    [ $2 != none ] || ! grep -q "\"code\": *\"$1\"" j.json || problem "$1: $3"
}
spoil mojibake true 'a cafÃ© in Paris'
spoil mojibake true 'it isnâ€™t a dog'
spoil mojibake true 'ä¸€åª ç‹—'
spoil mojibake none 'a “café” – naïve Ærøskøbing, ÅÄÖ'
spoil replaced true $'a caf\xef\xbf\xbd'
spoil entities true 'a man &amp; a dog'
spoil entities true 'it isn&#39;t'
spoil entities none 'black & white; salt & pepper;'
spoil tags true 'a man<br>a dog'
spoil tags true '<p class="x">a man</p>'
spoil tags none '1 < 2 and 3 > 2, <3'
spoil links false 'a man, see https://example.org/1'
spoil file-names true 'IMG_0001.JPG'
spoil file-names none 'cat'
spoil capitals false 'A MAN WITH A DOG'
spoil script true 'кот на столе'
spoil script none 'a sign that says кот'
spoil links false "x$(printf 'é%.0s' {1..150}) www.example.org" # which is cut within a character
iconv -f UTF-8 -t UTF-8 j.json >/dev/null || problem "the JSON is no UTF-8"
spoil wordless false '...'
spoil long false "$(printf 'a word and %.0s' {1..15})"
printf 'a.jpg\t一只狗\nb.jpg\ta dog\n' >photos/captions.tsv
run "${check[@]}" --data photos --lang zh
code 1; found script true; out_like "b.jpg: \"a dog\""
for photo in a b c d e f; do printf '%s.jpg\tsame words\n' $photo; done >photos/captions.tsv
run "${check[@]}" --data photos
code 0; found repeated false; out_like "photos with one and the same caption: 6"
rm photos/captions.tsv

begin "check: photos of dev that are in train, and photos that are there twice"
cp photos/a.jpg photos/twin.jpg
cp photos/b.jpg photos/again.jpg
{ cat photos/c.jpg; echo other bytes; } >photos/other.jpg
entry() { printf '{"filename":"%s.jpg","split":"%s","sentences":[{"raw":"a thing"}]}' $1 $2; }
echo "{\"images\":[$(entry a train),$(entry b train),$(entry c train),$(entry again train),$(entry twin val)]}" \
    >photos/dataset_x.json
run "${check[@]}" --data photos/dataset_x.json
code 1; found dev-in-train true; found repeated-photos false
out_like "photos/twin.jpg and photos/a.jpg"
out_like "photos      4 to train on, 1 dev"
echo "{\"images\":[$(entry c train),$(entry other val)]}" >photos/dataset_x.json
run "${check[@]}" --data photos/dataset_x.json
code 0
run "${check[@]}" --data photos/dataset_x.json --decode # the same picture in other bytes
code 1; found dev-in-train true
rm photos/dataset_x.json photos/{twin,again,other}.jpg

begin "check: vectors in place of photos, and what it takes no part in"
run "${check[@]}" --data table.tsv --vectors w.npy
code 0; out_like "12 photos, 12 captions"
run "${check[@]}" --data photos --vectors v.npy
code 0
head -n 11 v.npy.names >names
run "${check[@]}" --data photos --vectors v.npy --vectors-names names
code 1; err_like "names: 11 names of 12 rows"
run "$CAPTION" check --data photos --start photos/a.txt
code 1; err_lines 1; err_like "photos/a.txt"
run "$CAPTION" check
code 2; err_like "--data"
run "$CAPTION" check --data photos --json photos/a.jpg
code 2

finish
