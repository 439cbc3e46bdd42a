#!/bin/bash
# What a careless or unlucky user does: every time one clear line, the right exit code, nothing lost.
. "$(dirname "$0")/lib.sh"
export CAPTION_MODEL=$MODEL
cp "$SAMPLES/cat.jpg" a.jpg
cp a.jpg b.jpg
mkdir folder
eval_of() { run "$CAPTION" eval --beam 1 --threads 1 --data "$@"; }
fails_with() { code 1; out_is ""; err_lines 1; err_like "$1"; }

begin "a captions file that is no text is named with its line"
printf 'a.jpg\tA cat\nb.jpg\tA d\0og\n' >nul.tsv
eval_of nul.tsv; fails_with "^caption: nul.tsv: line 2 contains a NUL; expected a text file in UTF-8$"
printf 'a.jpg\tA cat\n' | iconv -t UTF-16 >utf16.tsv
eval_of utf16.tsv; fails_with "^caption: utf16.tsv: the text is UTF-16; save it as UTF-8"
eval_of a.jpg; fails_with "^caption: a.jpg: line 1 contains a NUL"

begin "a byte order mark, CRLF, and images named twice are read, bytes that are no UTF-8 are named"
printf '\xef\xbb\xbfimage\tcaption\r\na.jpg\tA c\xffat\r\nb.jpg\tA dog\r\n' >latin.tsv
eval_of latin.tsv; fails_with "^caption: latin.tsv:2: a caption of a.jpg is no UTF-8; .*iconv -f WINDOWS-1252"
printf '\xef\xbb\xbfimage\tcaption\r\na.jpg\tA big cat\r\nb.jpg\tA dog\r\na.jpg\tA cat\r\n' >odd.tsv
eval_of odd.tsv; code 0; err_is ""; out_like "photos      2"

begin "lines without an end, a caption or a name are named"
head -c 3000000 /dev/zero | tr '\0' x >endless.tsv
eval_of endless.tsv; fails_with "^caption: endless.tsv:1: expected an image and a caption, found 1 column$"
{ printf 'a.jpg\t'; cat endless.tsv; } >long.tsv
eval_of long.tsv; fails_with "^caption: long.tsv:1: a caption of a.jpg is longer than 64 KiB$"
printf '\tA cat\n' >nameless.tsv
eval_of nameless.tsv; fails_with "^caption: nameless.tsv:1: a photo's name is empty$"

begin "JSON that is deep, cut, of another type or form is refused"
{ printf '{"images":'; head -c 100000 /dev/zero | tr '\0' '['; } >deep.json
eval_of deep.json; fails_with "^caption: deep.json:1: not JSON: nesting too deep$"
echo '{"images": [{"filename": "a.jpg", "sent' >cut.json
eval_of cut.json; fails_with "^caption: cut.json:2: not JSON: it ends too early$"
echo '[1, 2]' >list.json
eval_of list.json; fails_with "^caption: list.json: item 1: expected an object with a photo"
echo '{"images": [{"filename": "a.jpg", "sentences": [{"raw": 5}]}]}' >type.json
eval_of type.json; fails_with "^caption: type.json: item 1: caption 0 of a.jpg is no text"

begin "what is no cache of features is not overwritten with one"
printf 'a.jpg\tA cat\nb.jpg\tA dog\n' >ok.tsv
cp ok.tsv other.tsv
eval_of ok.tsv --cache other.tsv
fails_with "^caption: other.tsv: not a cache of features, and not to be overwritten; name another file$"
that cmp ok.tsv other.tsv
: >empty
eval_of ok.tsv --cache empty; code 0
eval_of ok.tsv --cache empty; code 0

begin "an output that cannot be written is known before the work, not after it"
for output in folder /nowhere/x /dev/full; do
    run "$CAPTION" train --data ok.tsv -o $output
    fails_with "^caption: $output: cannot write: "
    run "$CAPTION" train --data ok.tsv -o x.safetensors --curve $output
    fails_with "^caption: $output: cannot write: "
    eval_of ok.tsv --json $output
    fails_with "^caption: $output: cannot write: "
    run "$CAPTION" import "$MODEL" -o $output
    fails_with "^caption: $output: cannot write: "
done
run "$CAPTION" -o /sys/new.tsv a.jpg # where nobody may make a file, root neither
code 1; out_is ""; err_like "^caption: /sys/new.tsv: (Permission denied|Operation not permitted|Read-only)"
mkdir v.npy
run "$CAPTION" features a.jpg -o v.npy
fails_with "^caption: v.npy: cannot write: it is a directory$"
that test -z "$(ls | grep -e x.safetensors -e tmp)"

begin "a directory, a device and a loop of links are no models"
ln -s loop loop
for model in folder /dev/null loop a.jpg/model; do
    run "$CAPTION" info $model
    fails_with "^caption: $model: "
done

if [ "$METADATA" = yes ]; then
    begin "an XMP file of many properties and keywords gets a caption, one that would cost more than it may is refused"
    sidecar() { # PROPERTIES: an XMP file of as many, and of as many keywords
        echo '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        echo '<rdf:Description rdf:about="" xmlns:q="http://q/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        seq $1 | sed 's/.*/<q:p&>v<\/q:p&>/'
        echo '<dc:subject><rdf:Bag>'
        seq -f '<rdf:li>v%.0f</rdf:li>' $1
        echo '</rdf:Bag></dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>'
    }
    sidecar 100000 >a.jpg.xmp
    cp a.jpg.xmp before
    run "$CAPTION" -q --sidecar xmp a.jpg
    code 0; err_is ""
    that test "$(diff before a.jpg.xmp | grep -c '^<')" -eq 1
    sidecar 600000 >a.jpg.xmp
    cp a.jpg.xmp before
    run "$CAPTION" -q --sidecar xmp a.jpg
    code 1; err_like "^caption: a.jpg.xmp: (its XMP has|the file has) more than"
    that cmp a.jpg.xmp before
    rm a.jpg.xmp
fi

begin "a model that becomes shorter while it is in use is named"
cp "$MODEL" $'short\ener.safetensors'
mkfifo list
for threads in 1 4; do
    cp "$MODEL" $'short\ener.safetensors'
    "$CAPTION" -j $threads -m $'short\ener.safetensors' --files-from - -o rows$threads.tsv <list 2>.err >.out &
    process=$!
    exec 3>list
    echo a.jpg >&3
    until [ -s rows$threads.tsv ]; do sleep 0.01; done
    truncate -s 4096 $'short\ener.safetensors'
    echo b.jpg >&3
    exec 3>&-
    status=0 out=
    wait $process || status=$?
    err=$(cat .err)
    fails_with "^caption: /.*/short.ner.safetensors: became shorter or unreadable while it was in use"
    that grep -q a.jpg rows$threads.tsv
done

begin "names may begin with a dash, be no UTF-8, and hold a line's end"
mkdir names
cp a.jpg names/-a.jpg; cp a.jpg $'names/\xff.jpg'; cp a.jpg $'names/a\nb.jpg'
cd names
run "$CAPTION" -- -a.jpg
code 0; err_is ""; out_lines 1
run "$CAPTION" -a.jpg
code 2; err_is "caption: unknown option '-a' (see 'caption --help')"
run "$CAPTION" features -o ../names.safetensors .
code 0; err_is ""
cd ..
run "$CAPTION" info names.safetensors
code 0

finish
