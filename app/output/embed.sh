#!/bin/bash
# Joins a page with its styles and scripts, each in their order, puts their hashes into its Content-
# Security-Policy, and prints what stands before and behind the line @MIDDLE@ as the C arrays
# NAME_head and NAME_foot.
# usage: embed.sh NAME PAGE.html STYLE.css... SCRIPT.js... > header.h
set -euo pipefail
name=$1 page=$2
shift 2
styles=() scripts=()
for file; do
    case $file in
        *.css) styles+=("$file") ;;
        *.js) scripts+=("$file") ;;
    esac
done

command -v sha256sum >/dev/null || sha256sum() { shasum -a 256; } # of macOS

# Of the element's text: a newline, and the files.
hash() {
    local hex
    hex=$({ echo; cat "$@"; } | sha256sum | cut -d' ' -f1)
    printf "$(sed 's/../\\x&/g' <<< "$hex")" | base64
}

joined() {
    local text
    text=$(sed -e "s|@STYLE_HASH@|$(hash "${styles[@]}")|" \
        -e "s|@SCRIPT_HASH@|$(hash "${scripts[@]}")|" "$page")
    while IFS= read -r line; do
        case $line in
            @STYLE@) cat "${styles[@]}" ;;
            @SCRIPT@) cat "${scripts[@]}" ;;
            *) printf '%s\n' "$line" ;;
        esac
    done <<< "$text"
}

array() {
    echo "static const char $1[] = {"
    od -An -v -tu1 | sed 's/[0-9]\{1,\}/&,/g'
    echo "0};"
}

if LC_ALL=C grep -n '[^ -~]' "$page" "${styles[@]}" "${scripts[@]}"; then
    echo "embed.sh: these lines are not plain ASCII" >&2
    exit 1
fi
joined | sed '/@MIDDLE@/,$d' | array "${name}_head"
joined | sed '1,/@MIDDLE@/d' | array "${name}_foot"
