# SPDX-License-Identifier: MIT
# bash completion for caption.  Options and commands are asked of the program, so they are always
# those of the version that is installed.

_caption()
{
    local current=${COMP_WORDS[COMP_CWORD]} command= words=
    local commands
    commands=$(caption --help 2>/dev/null | sed -n '/^commands:/,$ s/^  \([a-z]\+\) .*/\1/p')

    if [ "$COMP_CWORD" -gt 1 ] && grep -qxF -- "${COMP_WORDS[1]}" <<<"$commands"; then
        command=${COMP_WORDS[1]}
    fi
    case $current in
        -*) words=$(caption $command --help 2>/dev/null | grep -oE -- '^  .{4}--[a-z-]+' | tr -d ' ' |
                sed 's/^-.,//') ;;
        *) [ "$COMP_CWORD" -gt 1 ] || words=$commands ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -o default -F _caption caption
