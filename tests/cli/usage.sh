#!/bin/bash
# Help, version and mistakes on the command line.
. "$(dirname "$0")/lib.sh"

begin "--help goes to stdout, and all is well"
run "$CAPTION" --help
code 0; err_is ""; out_like "^usage: caption "

begin "--version names program, version and, of a checkout, the commit"
commit=$(bash "$SOURCE/app/cli/commit.sh")
commit=${commit:+" \([0-9a-f]{12}(-dirty)?\)"}
CAPTION_MODEL=$MODEL run "$CAPTION" --version
code 0; err_is ""; out_like "^caption [0-9]+\.[0-9]+\.[0-9]+$commit"$'\n'; out_like "model: $MODEL \("; out_like "photos: JPEG, PNG"
run "$TEXTRNN" --version
code 0; err_is ""; out_like "^textrnn [0-9]+\.[0-9]+\.[0-9]+$commit$"

begin "a tree without git's records names no commit, wherever it lies"
mkdir -p outer/tree/app/cli
cp "$SOURCE/app/cli/commit.sh" outer/tree/app/cli
if command -v git >/dev/null; then
    git -C outer init -q
    git -C outer -c user.name=x -c user.email=x commit -q --allow-empty -m x
fi
run bash outer/tree/app/cli/commit.sh
code 0; out_is ""; err_is ""

begin "what a build may lack is named by --version, and is in --help or is refused with the remedy"
run "$CAPTION" --help
commands=$(sed -n '/^commands:/,$ s/^  \([a-z]\+\) .*/\1/p' .out)
for part in serve:$SERVE:serve search:$SEARCH:search alt:$ALT:alt EPUB:$BOOKS:alt; do
    IFS=: read -r name there option <<<"$part"
    run "$CAPTION" --version
    out_like $'\n'"features: .*, $name (yes|no \([a-z0-9-]+\))(,|$)"
    [[ ${BASH_REMATCH[1]} == $there* ]] || problem "--version about $name: ${BASH_REMATCH[1]}, expected $there"
    [ "$name" != EPUB ] || continue
    that test "$(grep -cx "$name" <<<"$commands")" -eq $([ "$there" = yes ] && echo 1 || echo 0)
    [ "$there" = no ] || continue
    for arguments in "" --help photo.jpg; do
        run "$CAPTION" "$name" $arguments
        code 2; out_is ""; err_lines 1; err_like "^caption: $name support is not built in \(.+\)$"
        err_like "\(install [a-z0-9-]+, reconfigure with -D$option=enabled\)$"
    done
done

begin "-h and -V are the same in short"
run "$CAPTION" -h
code 0; out_like "^usage: caption "
run "$CAPTION" -V
code 0; out_like "^caption [0-9]"

begin "without photos it is a usage error on one line"
run "$CAPTION"
code 2; out_is ""; err_is "caption: no photo given (see 'caption --help')"

begin "a mistyped option is told its nearest name"
run "$CAPTION" --beem 3 photo.jpg
code 2; out_is ""
err_is "caption: unknown option '--beem', did you mean '--beam'? (see 'caption --help')"

begin "a mistyped command is told its nearest name, and a file is a file"
for pair in evl:eval trian:train inof:info feature:features calibrat:calibrate; do
    for rest in "" --help "x --no-such-thing"; do
        run "$CAPTION" ${pair%:*} $rest
        code 2; out_is ""
        err_is "caption: no file and no command '${pair%:*}', did you mean '${pair#*:}'? (see 'caption --help')"
    done
done
run "$TEXTRNN" trian --data x
code 2; err_is "textrnn: unknown command 'trian', did you mean 'train'? (see 'textrnn --help')"
run "$TEXTRNN" xyzzy x --help
code 2; err_is "textrnn: unknown command 'xyzzy' (see 'textrnn --help')"
cp "$SAMPLES/cat.jpg" evl
run "$CAPTION" -m "$MODEL" evl
code 0
run "$CAPTION" evl -m "$MODEL"
code 0; err_is ""
run "$CAPTION" holidays.jpg -m "$MODEL"
code 1; err_is "caption: holidays.jpg: No such file or directory"
run "$CAPTION" -m "$MODEL" evk # only the first word may be a command
code 1; err_is "caption: evk: No such file or directory"

begin "a command goes first, and nothing is done where it does not"
mkdir album
cp "$SAMPLES/cat.jpg" album/a.jpg
for line in "-q undo album" "--write-metadata undo album/a.jpg" "--beam 3 undo -n album" "album undo" "-q UNDO album"; do
    run "$CAPTION" -m "$MODEL" $line
    code 2; out_is ""
    err_is "caption: the command goes first: 'caption undo ...' (see 'caption --help')"
done
that cmp album/a.jpg "$SAMPLES/cat.jpg"
for pair in UNDO:undo undo-all:undo trainer:train help:--help HELP:--help; do
    run "$CAPTION" ${pair%:*} album
    code 2; out_is ""
    err_is "caption: no file and no command '${pair%:*}', did you mean '${pair#*:}'? (see 'caption --help')"
done
for file in undo.jpg train.jpg info/1 ./undo; do
    run "$CAPTION" $file -m "$MODEL"
    code 1; err_is "caption: $file: No such file or directory"
done
run "$CAPTION" -m "$MODEL" -q -- undo
code 1; err_is "caption: undo: No such file or directory"
cp "$SAMPLES/cat.jpg" undo
run "$CAPTION" -m "$MODEL" -q undo
code 0; err_is ""; out_lines 1
rm undo

begin "numbers are whole, and within their range"
run "$CAPTION" --beam 3x photo.jpg
code 2; err_is "caption: --beam: '3x' is not a whole number (see 'caption --help')"
for wanted in 0 65 -1 automatic 3x; do
    run "$CAPTION" --keywords "$wanted" photo.jpg
    code 2; err_is "caption: --keywords '$wanted': expected auto, or a number from 1 to 64 (see 'caption --help')"
done
run "$CAPTION" --beam 0 photo.jpg
code 2; err_is "caption: --beam: 0 is not between 1 and 64 (see 'caption --help')"
run "$CAPTION" --threads -1 photo.jpg
code 2; err_is "caption: --threads: '-1' is not a whole number (see 'caption --help')"

begin "a photo that was taken for an option's value is told"
run "$CAPTION" --keywords photo.jpg
code 2; err_is "caption: --keywords 'photo.jpg': expected auto, or a number from 1 to 64 (see 'caption --help')"

begin "an output is a file, and not -"
for option in -o --output; do
    run "$CAPTION" photo.jpg -f tsv $option -
    code 2; err_is "caption: --output: - stands for no output; name a file, or leave the option out to print (see 'caption --help')"
done
for option in gallery errors explain; do
    run "$CAPTION" photo.jpg --$option -
    code 2; err_is "caption: --$option: - stands for no output; name a file (see 'caption --help')"
done
run "$CAPTION" photo.jpg --sidecar txt --sidecar-dir -
code 2; err_is "caption: --sidecar-dir: - stands for no output; name a directory (see 'caption --help')"
run "$CAPTION" features photo.jpg -o -
code 2; err_is "caption features: --output: - stands for no output; name a file (see 'caption features --help')"
that test ! -e -
cp "$SAMPLES/cat.jpg" photo.jpg
run "$CAPTION" -m "$MODEL" photo.jpg -f tsv -o ./-
code 0; that test -s ./-
rm photo.jpg ./-

begin "texts of one's own are text"
for option in prefix suffix template; do
    for text in $'\xff' $'\x1b[1m' $'\uffff' $'a\rb'; do
        run "$CAPTION" --$option "$text" photo.jpg
        code 2; err_is "caption: --$option: expected UTF-8 without control characters and noncharacters (see 'caption --help')"
    done
done
run "$CAPTION" -m "$MODEL" --template $'{name}\t{rank}\n.' "$SAMPLES/cat.jpg"
code 0; out_is $'cat.jpg\t1\n.'

begin "a number that no machine holds is out of range too"
run "$CAPTION" --beam 99999999999999999999999 photo.jpg
code 2; err_is "caption: --beam: 99999999999999999999999 is not between 1 and 64 (see 'caption --help')"

begin "an option without its argument, or with an empty one, is a usage error"
run "$CAPTION" photo.jpg --model
code 2; err_is "caption: --model needs FILE (see 'caption --help')"
run "$CAPTION" --model= photo.jpg
code 2; err_is "caption: --model needs FILE, not an empty text (see 'caption --help')"
run "$CAPTION" ''
code 2; err_is "caption: a photo without a name ('') (see 'caption --help')"
run "$CAPTION" --help=all
code 2; err_is "caption: --help takes no argument (see 'caption --help')"

begin "what only sampling knows needs --sample"
run "$CAPTION" --seed 3 photo.jpg
code 2; err_is "caption: --seed needs --sample (see 'caption --help')"
for option in "temperature 0.5" "top-k 3" "top-k 0" "top-p 0.5"; do
    run "$CAPTION" --$option photo.jpg
    code 2; err_is "caption: --${option% *} needs --sample (see 'caption --help')"
done

begin "what the search alone knows is no option of sampling"
run "$CAPTION" -s -b 3 photo.jpg
code 2; err_is "caption: --beam is of the search, and has no part in --sample (see 'caption --help')"

begin "what words are drawn from has its limits"
for option in "top-k 1025" "top-p 0" "top-p 1.01" "temperature 0" "temperature 101"; do
    run "$CAPTION" --sample --$option photo.jpg
    code 2; err_lines 1; err_like "^caption: --${option% *}: ${option#* } is not between "
done
for value in nan inf 0x1 1e999 "" -; do
    for option in sample--top-p sample--temperature quiet--length-exponent; do
        run "$CAPTION" --${option%%--*} --${option#*--} "$value" photo.jpg
        code 2; err_lines 1; err_like "^caption: --${option#*--}: '$value' is not a number"
    done
done

commands=$("$CAPTION" --help | sed -n '/^commands:/,$ s/^  \([a-z]\+\) .*/\1/p')
for command in "" $commands; do
    begin "the help of 'caption $command' fits on a screen"
    run "$CAPTION" $command --help
    code 0; err_is ""; out_like "^usage: caption ?$command "
    that test "$(grep -c '' .out)" -le $([ -z "$command" ] && echo 64 || echo 68)
    that test "$(awk '{ if (length > most) most = length } END { print most + 0 }' .out)" -le 100

    begin "'caption $command' refuses an option that it does not know"
    run "$CAPTION" $command --no-such-thing
    code 2; out_is ""; err_lines 1
done

begin "the man page names every option and command of caption"
page=$(sed 's/\\-/-/g; s/\\f[A-Z]//g' "$SOURCE/docs/caption.1")
for name in $("$CAPTION" --help | grep -oE '^ .{5}--[a-z-]+' | grep -oE '\-\-[a-z-]+'); do
    [[ $page == *"$name"* ]] || problem "docs/caption.1 does not name $name"
done
for name in $commands; do
    [[ $page == *".B $name"$'\n'* ]] || problem "docs/caption.1 does not name the command $name"
done

begin "the bash completion knows options and commands"
complete_line() { # words..., the last one being typed; prints the offers
    PATH=$(dirname "$CAPTION"):$PATH bash -c '. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1));
        _caption; printf "%s\n" "${COMPREPLY[@]}"' "$SOURCE/app/cli/completion.bash" "$@"
}
that test "$(complete_line caption --bea)" = --beam
that test "$(complete_line caption inf)" = info
that test "$(complete_line caption info --ten)" = --tensors

begin "the other completions can read every line of the options"
run "$CAPTION" --help
pattern=$(sed -n "s/.*sed -nE 's\/\([\^]  .*\)\/--.*/\1/p" "$SOURCE/app/cli/completion.fish")
that test -n "$pattern"
that grep -qF -- "$pattern" "$SOURCE/app/cli/completion.zsh"
unread=$(grep -E '^  ( {4}|-., )--' .out | grep -vE -- "$(sed 's/ +(\.\*)$/ {2,}[^ ]/' <<<"$pattern")")
that test -z "$unread"

finish
