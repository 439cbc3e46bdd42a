#!/bin/bash
# File systems that ignore case: exFAT through FUSE, and ext4's folders that do, each where root may
# mount it.
. "$(dirname "$0")/lib.sh"
export CAPTION_MODEL=$MODEL
PATH=$PATH:/usr/sbin:/sbin
cp "$SAMPLES/cat.jpg" cat.jpg
cp "$SOURCE/tests/data/images/rgb.png" rgb.png
first=$("$CAPTION" -q cat.jpg) second=$("$CAPTION" -q rgb.png)
at_end 'umount "$work"/disk.* 2>/dev/null'

# Each mounts a new file system at $1 and writes the name of a folder in it that ignores case.
mount_exfat() {
    local device
    truncate -s 16M "$1.image" && mkfs.exfat "$1.image" >/dev/null && device=$(losetup --show -f "$1.image") ||
        return 1
    mount.exfat-fuse "$device" "$1"
    losetup -d "$device" # once it is unmounted
    mountpoint -q "$1" && echo "$1"
}
mount_ext4() {
    truncate -s 16M "$1.image" && mkfs.ext4 -q -O casefold "$1.image" &&
        mount -o loop "$1.image" "$1" && mkdir "$1/folder" && chattr +F "$1/folder" && echo "$1/folder"
}

for kind in exfat ext4; do
    begin "$kind: two photos whose stems differ in case have a sidecar each"
    mkdir disk.$kind
    folder=$(mount_$kind disk.$kind 2>.mount)
    if [ -z "$folder" ]; then
        skip "it cannot be mounted here: $(tail -n 1 .mount)"
        continue
    fi
    cp cat.jpg "$folder/IMG_1.jpg"
    cp rgb.png "$folder/img_1.PNG"
    run "$CAPTION" --sidecar txt "$folder"
    code 0; err_like "^2 captioned"
    that test "$(cat "$folder/IMG_1.txt")" = "$first"
    that test "$(cat "$folder/img_1.PNG.txt")" = "$second"
    for how in skip overwrite replace append; do
        run "$CAPTION" -q --sidecar txt --existing $how "$folder"
        code 0
    done
    run "$CAPTION" --sidecar txt "$folder/Img_1.jpg" "$folder/IMG_1.png" "$folder"
    code 0; err_like "^0 captioned, 4 skipped"
    that test "$(cat "$folder/IMG_1.txt")" = "$first"
    that test "$(cat "$folder/img_1.PNG.txt")" = "$second"

    begin "$kind: what is read is not written under a name in another case"
    printf '%s\n' "$folder/IMG_1.jpg" >"$folder/list.txt"
    for name in list.txt LIST.TXT; do
        run "$CAPTION" --files-from "$folder/list.txt" -o "$folder/$name"
        code 2
    done
    run "$CAPTION" "$folder/IMG_1.jpg" -o "$folder/a.tsv" --errors "$folder/A.TSV"
    code 2
    that test "$(cat "$folder/list.txt")" = "$folder/IMG_1.jpg"
    that test ! -e "$folder/a.tsv"
    run "$CAPTION" -q "$folder/IMG_1.jpg" -o "$folder/a.tsv" --errors "$folder/b.tsv"
    code 0

    begin "$kind: a training reads each photo's own captions"
    run "$CAPTION" eval -b 1 -s all --data "$folder"
    code 0; out_like "photos +2 "
    umount disk.$kind
done
finish
