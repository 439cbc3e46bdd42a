#!/bin/bash
# Joins the gallery's page with its style and script, puts their hashes into its Content-Security-
# Policy, and prints what stands before and behind the photos as C arrays.
# usage: embed.sh PAGE STYLE SCRIPT > gallery_page.h
set -euo pipefail
page=$1 style=$2 script=$3

# Of the element's text: a newline, and the file.
hash() {
    local hex
    hex=$({ echo; cat "$1"; } | sha256sum | cut -d' ' -f1)
    printf "$(sed 's/../\\x&/g' <<< "$hex")" | base64
}

joined() {
    sed -e "s|@STYLE_HASH@|$(hash "$style")|" -e "s|@SCRIPT_HASH@|$(hash "$script")|" \
        -e "/@STYLE@/{r $style" -e "d}" -e "/@SCRIPT@/{r $script" -e "d}" "$page"
}

array() {
    echo "static const char $1[] = {"
    od -An -v -tu1 | sed 's/\([0-9]\)\( \|$\)/\1,/g'
    echo "0};"
}

if LC_ALL=C grep -n '[^ -~]' "$page" "$style" "$script"; then
    echo "embed.sh: these lines are not plain ASCII" >&2
    exit 1
fi
joined | sed '/@PHOTOS@/,$d' | array app_gallery_head
joined | sed '1,/@PHOTOS@/d' | array app_gallery_foot
