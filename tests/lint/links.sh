#!/bin/bash
# Fails when a page links to a file that is not in the tree.
# usage: links.sh SOURCE_ROOT
cd "$1" || exit 1
failed=0
while IFS=: read -r page link; do
    target=${link#](}
    target=${target%%[)#]*}
    case $target in
        http:* | https:* | "") continue ;;
    esac
    [ -e "$(dirname "$page")/$target" ] || { echo "$page links to $target, which is not there"; failed=1; }
done < <(find . -path './build*' -prune -o -path './.git' -prune -o -name '*.md' -print0 |
    xargs -0 grep -oH '](\([^)]*\))')
exit $failed
