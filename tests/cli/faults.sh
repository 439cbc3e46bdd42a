#!/bin/bash
# A disk that fails at each of a command's writes, syncs and renames in turn (tests/support/faults.c):
# it is one line and a failure, what stood before stands, nothing is left behind, and the same
# command then does what it would have done at once.
. "$(dirname "$0")/lib.sh"
export CAPTION_MODEL=$MODEL
mkdir photos
cp "$SAMPLES/cat.jpg" photos/1.jpg
cp "$SOURCE/tests/data/images/rgb.jpg" photos/2.jpg

# fail FAULT COMMAND...: as run, with the fault; hit says whether there was such a call.
fail() {
    rm -f "$work/.hit"
    run env LD_PRELOAD="$FAULTS" FAULT="$1" FAULT_MARK="$work/.hit" \
        ASAN_OPTIONS="$ASAN_OPTIONS:verify_asan_link_order=0" "${@:2}"
    hit=no
    [ ! -e "$work/.hit" ] || hit=yes
}

same_tree() { diff -r "$1" "$2" >"$work/.diff" || problem "$3: $(head -n 3 "$work/.diff")"; }

# What is in the folder `now` is of `before` or of `after`, file by file, but for a checkpoint, which
# may be of a moment between; rows of `before` are kept.
nothing_lost() {
    local file
    while IFS= read -r -d '' file; do
        cmp -s "now/$file" "before/$file" || cmp -s "now/$file" "after/$file" ||
            [ "$2" = rows ] || [[ $file = *.checkpoint ]] ||
            problem "$1: $file is neither the old nor the new one"
    done < <(cd now && find . -type f -print0)
    while IFS= read -r -d '' file; do
        [ -e "now/$file" ] || problem "$1: $file is gone"
        [ "$2" != rows ] || grep -q 1.jpg "now/$file" || problem "$1: the row of 1.jpg is gone"
    done < <(cd before && find . -type f -print0)
}

# One line, and a failure; a training that comes by what it could not write at first is none.
said_of_fault() {
    local lines=$(grep -c '^caption: ' <<<"$err")
    if [ $2 != train ]; then
        [ $status -eq 1 -a $lines -eq 1 ] && [ "${err/$'\n'/}" = "$err" ] || problem "$1: exit code $status, not one line: $err"
    elif [ $status -eq 0 ]; then
        [ $lines -eq 0 ] || [[ $lines = 1 && $err = *"; the training goes on, and tries again"* ]] || problem "$1: $err"
        same_tree now after "$1, tried again"
    else
        [ $status -eq 1 -a $lines -le 2 ] || problem "$1: exit code $status: $err"
    fi
}

# try KIND COMMAND...: the command works in the folder `now`, which begins as a copy of `before`.
# KIND rows: it adds to one file; files: it writes whole ones; train: so it does, reports on them, and
# where it can tries again: then a line is said of what was written in the end.
try() {
    local kind=$1 fault n plus
    shift
    rm -rf now after
    cp -a before now
    cd now; run "$@"; cd ..
    code 0; [ $kind = train ] || err_is ""
    cp -a now after
    for fault in write sync name; do
        for plus in "" +; do # a full disk stays full
            [ -z "$plus" ] || [ $fault = write ] || continue
            n=0
            while :; do
                n=$((n + 1))
                rm -rf now
                cp -a before now
                cd now; fail "$fault:$n$plus" "$@"; cd ..
                [ $hit = yes ] || break
                said_of_fault "$fault:$n$plus" $kind
                nothing_lost "$fault:$n$plus" $kind
                [ -z "$(find now -name '.caption-*')" ] || problem "$fault:$n$plus: a file is left"
                cd now; run "$@"; cd ..
                code 0
                same_tree now after "$fault:$n$plus, and once more"
            done
            [ $fault != write ] || [ $n -gt 1 ] || problem "nothing was written: $*"
        done
    done
}

for format in txt tsv csv json jsonl html; do
    begin "$format: rows that are added"
    rm -rf before; mkdir before
    (cd before && "$CAPTION" -q -o out.$format ../photos/1.jpg)
    try rows "$CAPTION" -q -o out.$format ../photos
done

begin "rows that are written again"
rm -rf before; mkdir before
echo "$(printf 'x.jpg\tan old row')" >before/out.txt
try files "$CAPTION" -q --existing overwrite -o out.txt ../photos/2.jpg

begin "text sidecars, new and replaced"
rm -rf before; mkdir before
echo mine >before/2.txt
try files "$CAPTION" -q --existing replace --sidecar txt --sidecar-dir . ../photos/2.jpg
rm before/2.txt
try files "$CAPTION" -q --sidecar txt --sidecar-dir . ../photos/2.jpg

if [ "$METADATA" = yes ]; then
    begin "XMP sidecars"
    try files "$CAPTION" -q --sidecar xmp --sidecar-dir . ../photos/2.jpg

    begin "captions in photos"
    cp photos/2.jpg before
    try files "$CAPTION" -q --write-metadata 2.jpg

    begin "captions that are taken out of photos and sidecars again"
    (cd before && "$CAPTION" -q --write-metadata 2.jpg >.said && rm .said)
    try files "$CAPTION" undo -q 2.jpg
    cp photos/2.jpg before
    (cd before && "$CAPTION" -q --sidecar xmp 2.jpg >.said && rm .said)
    sed -i 's|</rdf:RDF>|<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/"\
        xmp:Rating="5"/>&|' before/2.jpg.xmp
    try files "$CAPTION" undo -q 2.jpg
fi

begin "a training's model, checkpoint, curve and cache"
rm -rf before; mkdir before
for photo in photos/*.jpg; do echo "A photo of a thing." >"${photo%.jpg}.txt"; done
try train "$CAPTION" train --data ../photos -o m.safetensors --hidden 8 --min-count 1 --batch 4 \
    --epochs 1 --warmup 0 --threads 1 --cache cache --resume

if [ "$METADATA" = yes ]; then
    begin "a photo that would grow beyond the limit of the system is that photo's failure"
    rm -rf now; mkdir now
    cp photos/1.jpg photos/2.jpg now
    limited() { (ulimit -f $((($(stat -c %s now/1.jpg) + 1023) / 1024 - 1)); "$@"); }
    run limited "$CAPTION" -q --write-metadata now/1.jpg now/2.jpg
    code 1; err_lines 1; err_like "now/1.jpg: cannot write: File too large"
    that cmp now/1.jpg photos/1.jpg
    if cmp -s now/2.jpg photos/2.jpg; then problem "2.jpg was not written"; fi
fi

finish
