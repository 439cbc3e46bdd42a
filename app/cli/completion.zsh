#compdef caption
# SPDX-License-Identifier: MIT
# zsh completion for caption.  Options and commands are asked of the program, so they are always
# those of the version that is installed.

_caption() {
    local program=$words[1] line command
    local -a commands options

    commands=("${(@f)$($program --help 2>/dev/null |
        sed -n '/^commands:/,$ s/^  \([a-z]*\)  *\(.*\)/\1:\2/p')}")
    if (( CURRENT > 2 )) && (( ${commands[(I)$words[2]:*]} )); then
        command=$words[2]
    fi
    # "  -m, --model FILE      the model file" becomes --model[the model file]:file:_files
    for line in "${(@f)$($program $command --help 2>/dev/null |
        sed -nE 's/^  (-., |    )--([a-z-]+)( [A-Za-z|]+)? +(.*)/\2\t\3\t\4/p')}"; do
        local -a parts=("${(@s:	:)line}")
        local help=${${parts[3]//\[/(}//\]/)}
        help=${help//:/\\:}
        if [[ -n ${parts[2]} ]]; then
            options+=("--$parts[1]=[$help]:${${parts[2]# }:l}:_files")
        else
            options+=("--$parts[1][$help]")
        fi
    done
    if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then
        _describe command commands
    fi
    _arguments -S : $options '*:photo:_files'
}

if [[ $funcstack[1] == _caption ]]; then
    _caption "$@"
else
    compdef _caption caption
fi
