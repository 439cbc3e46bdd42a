#!/bin/bash
# Fails when a page links to a file that is not in the tree, or names one in one of our folders.
# usage: links.sh SOURCE_ROOT
cd "$1" || exit 1
failed=0
pages() { # grep's arguments: what a page has, as PAGE:TEXT
    find . -path './build*' -prune -o -path './.git' -prune -o -name '*.md' -print0 |
        xargs -0 grep -oH "$@"
}

while IFS=: read -r page link; do
    target=${link#](}
    target=${target%%[)#]*}
    case $target in
        http:* | https:* | "") continue ;;
    esac
    [ -e "$(dirname "$page")/$target" ] || { echo "$page links to $target, which is not there"; failed=1; }
done < <(pages '](\([^)]*\))')

# `rnn/cells/` or `tests/*/test_oom*.c`: a pattern has to match a file.
while IFS=: read -r page name; do
    name=${name//\`/}
    [ -e "$name" ] || compgen -G "$name" >/dev/null ||
        { echo "$page names $name, which is not there"; failed=1; }
done < <(pages -E '`(base|tensor|image|vocab|cnn|rnn|metrics|models|data|train|app|tests|bench|fuzz|docs|tools)/[^ `<]*`')
exit $failed
