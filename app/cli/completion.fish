# SPDX-License-Identifier: MIT
# fish completion for caption.  Options and commands are asked of the program, so they are always
# those of the version that is installed.

function __caption_commands
    caption --help 2>/dev/null | sed -n '/^commands:/,$ s/^  \([a-z]*\)  *\(.*\)/\1\t\2/p'
end

function __caption_options
    set -l tokens (commandline -opc)
    set -l command
    if test (count $tokens) -gt 1; and __caption_commands | string match -qr "^$tokens[2]\t"
        set command $tokens[2]
    end
    caption $command --help 2>/dev/null |
        sed -nE 's/^  (-., |    )--([a-z-]+)( [A-Za-z|]+)? +(.*)/--\2\t\4/p'
end

complete -c caption -n 'test (count (commandline -opc)) -eq 1' -a '(__caption_commands)'
complete -c caption -n 'string match -q -- "-*" (commandline -ct)' -a '(__caption_options)'
