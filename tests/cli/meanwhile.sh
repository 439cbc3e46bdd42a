#!/bin/bash
# While the program flushes the new file to the disk, somebody changes the one that it is to replace
# (tests/support/faults.c): what they wrote is not lost.
. "$(dirname "$0")/lib.sh"
export CAPTION CAPTION_MODEL=$MODEL
mkdir photos
cp "$SAMPLES/cat.jpg" photos/1.jpg
cp "$SOURCE/tests/data/images/rgb.jpg" photos/2.jpg

# meanwhile N DO COMMAND...: as run; at the N-th flush the shell does DO.
meanwhile() {
    rm -f "$work/.hit"
    run env LD_PRELOAD="$FAULTS" FAULT="meanwhile:$1" FAULT_DO="$2" FAULT_MARK="$work/.hit" \
        ASAN_OPTIONS="$ASAN_OPTIONS:verify_asan_link_order=0" "${@:3}"
    [ -e "$work/.hit" ] || problem "nothing was flushed: ${*:3}"
    [ -z "$(find . -name '.caption-*')" ] || problem "a file is left: $2"
}
alone="unset LD_PRELOAD FAULT;"
changed="somebody changed it meanwhile; it is left as it is"

begin "lines that somebody adds meanwhile to a text sidecar stay, and the caption joins them"
cp photos/2.jpg .
append="-q --existing append --sidecar txt 2.jpg"
echo mine >2.txt
meanwhile 1 "$alone echo yours >>2.txt" "$CAPTION" $append
code 0; err_is ""
that [ "$(head -n 2 2.txt)" = $'mine\nyours' ]; that [ "$(wc -l <2.txt)" = 3 ]
rm 2.txt
meanwhile 1 "$alone echo yours >2.txt" "$CAPTION" $append
code 0; err_is ""
that [ "$(head -n 1 2.txt)" = yours ]; that [ "$(wc -l <2.txt)" = 2 ]
meanwhile 1+ "$alone echo theirs >>2.txt" "$CAPTION" -s --seed 5 $append
code 1; err_like "2.txt: $changed"
that [ "$(grep -c theirs 2.txt)" = 8 ]

begin "a text sidecar that somebody writes meanwhile is skipped"
rm 2.txt
meanwhile 1 "$alone echo yours >2.txt" "$CAPTION" -q --sidecar txt 2.jpg
code 0; that [ "$(cat 2.txt)" = yours ]

if [ "$METADATA" = yes ]; then
    begin "a photo that somebody changes meanwhile is left as it is, however it is changed"
    for change in 'cp ../photos/1.jpg . && mv 1.jpg 2.jpg' 'cp -p 2.jpg 3.jpg && mv 3.jpg 2.jpg' \
        'touch -r 2.jpg t && echo more >>2.jpg && touch -r t 2.jpg' 'chmod 640 2.jpg' 'rm 2.jpg' \
        '"$CAPTION" -q -s --seed 9 --write-metadata --existing append 2.jpg'; do
        rm -rf now theirs; mkdir now theirs
        cp -p photos/2.jpg now; cp -p photos/2.jpg theirs
        (cd theirs && eval "$change" >../.said)
        cd now
        meanwhile 1 "$alone $change" "$CAPTION" -q --write-metadata --existing append 2.jpg
        cd ..
        code 1; err_like "2.jpg: $changed"
        diff -r now theirs >.diff || problem "$change: $(head -n 3 .diff)"
    done

    begin "of a photo that somebody changes while it is undone, what they made of it is undone"
    rm -rf captioned; mkdir captioned
    (cd captioned && cp -p ../photos/2.jpg . && "$CAPTION" -q --write-metadata 2.jpg >.said && rm .said)
    for change in 'cp ../photos/1.jpg . && mv 1.jpg 2.jpg' 'cp -p 2.jpg 3.jpg && mv 3.jpg 2.jpg' \
        'touch -r 2.jpg t && echo more >>2.jpg && touch -r t 2.jpg' 'chmod 640 2.jpg'; do
        rm -rf now theirs
        cp -a captioned now; cp -a captioned theirs
        (cd theirs && eval "$change" && "$CAPTION" undo -q 2.jpg)
        cd now
        meanwhile 1 "$alone $change" "$CAPTION" undo -q 2.jpg
        cd ..
        code 0; err_is ""
        diff -r now theirs >.diff || problem "$change: $(head -n 3 .diff)"
        that test "$(stat -c %a now/2.jpg)" = "$(stat -c %a theirs/2.jpg)"
    done
    cp captioned/2.jpg now
    meanwhile 1 "rm now/2.jpg" "$CAPTION" undo -q now/2.jpg
    code 1; err_is "caption: now/2.jpg: No such file or directory"
    if [ -e now/2.jpg ]; then problem "it came back"; fi

    begin "a photo that changes all the time is left as it is"
    (cd captioned && cp ../photos/2.jpg . && "$CAPTION" -q --write-metadata 2.jpg >../.said)
    cp -a captioned/2.jpg theirs/2.jpg
    meanwhile 1+ "$alone echo more >>captioned/2.jpg; echo more >>theirs/2.jpg" "$CAPTION" undo -q captioned/2.jpg
    code 1; err_is "caption: captioned/2.jpg: $changed"
    that cmp captioned/2.jpg theirs/2.jpg

    begin "what another run undoes meanwhile is no failure, and a photo counts once"
    rm -rf captioned; mkdir captioned; cp photos/*.jpg captioned
    "$CAPTION" -q --write-metadata --sidecar xmp captioned >.said
    for inputs in here "here/1.jpg here/1.jpg.xmp here/2.jpg here/2.jpg.xmp"; do
        for other in "'$CAPTION' undo -q here" "rm here/*.xmp"; do
            rm -rf here; cp -a captioned here
            meanwhile 1 "$alone $other" "$CAPTION" undo $inputs
            code 0
            [ "$inputs" != here ] || err_like "(^|"$'\n'")[0-2] undone, [0-2] had nothing of this program, 0 failed$"
            that test "$(ls here | xargs)" = "1.jpg 2.jpg"
            run "$CAPTION" undo -n here
            code 0; out_is ""
        done
    done

    begin "what somebody adds to a sidecar while it is undone stays"
    rated='<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating='
    rate="sed -i 's|</rdf:RDF>|$rated\"3\"/>&|' 2.jpg.xmp"
    "$CAPTION" -q --sidecar xmp 2.jpg >.said
    sed -i "s|</rdf:RDF>|$rated\"1\" xmp:Label=\"red\"/>&|" 2.jpg.xmp
    sed -i 's/xmp:Rating="1" //' 2.jpg.xmp
    meanwhile 1 "$alone $rate" "$CAPTION" undo -q 2.jpg
    code 0; err_is ""
    that grep -q 'xmp:Rating="3"' 2.jpg.xmp; that grep -q 'xmp:Label="red"' 2.jpg.xmp
    run "$CAPTION" undo 2.jpg
    code 0; err_is "caption: 2.jpg: has nothing of this program"

    begin "an XMP sidecar that another run adds to meanwhile has both captions"
    rm -f 2.jpg.xmp
    other=$("$CAPTION" -q -s --seed 9 2.jpg)
    meanwhile 1 "$alone '$CAPTION' -q -s --seed 9 --sidecar xmp --existing append 2.jpg" \
        "$CAPTION" -q --sidecar xmp --existing append 2.jpg
    code 0; err_is ""
    run "$CAPTION" -q 2.jpg
    [ "$out" != "$other" ] || problem "both runs have the same caption: $out"
    that grep -qF "$out" 2.jpg.xmp; that grep -qF "$other" 2.jpg.xmp
fi

finish
