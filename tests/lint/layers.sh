#!/bin/bash
# Fails when a module includes a header of a module that stands after it in the build's order, or a
# header that is private to another folder.
# usage: layers.sh SOURCE_ROOT
cd "$1" || exit 1
order="base team tensor image metadata vocab cnn rnn metrics models exchange data train app"
# What a module may use, where that is less than everything before it.
declare -A allowed=(
    [base]="base" [tensor]="base tensor" [image]="base image" [metadata]="base metadata" [vocab]="base vocab"
    [cnn]="base tensor cnn" [rnn]="base tensor rnn" [metrics]="base vocab metrics"
    [models]="base tensor image vocab cnn rnn metrics models"
    [team]="base team" [exchange]="base tensor cnn vocab models exchange"
    [data]="base tensor image metadata vocab cnn rnn metrics models team data"
    [train]="base tensor image vocab cnn rnn metrics models team data train" [app]="$order"
)

failed=0
for module in $order; do
    while IFS=: read -r file line text; do
        used=${text#*\"}
        used=${used%%/*}
        case " $order tests bench fuzz " in
            *" $used "*) ;;
            *) continue ;; # a header that the build generates, or a file's name without its folder
        esac
        case " ${allowed[$module]} " in
            *" $used "*) ;;
            *) echo "$file:$line: $module/ may not use $used/:$text"; failed=1 ;;
        esac
    done < <(grep -n '^ *# *include "' -r "$module" --include='*.[ch]')
done

# A header whose name ends in _private.h serves the files of its folder and of those within it.
# Tests and fuzzers may look inside.
while IFS=: read -r file line text; do
    used=${text#*\"}
    used=${used%\"*}
    case $file in
        "${used%/*}"/*) ;;
        *) echo "$file:$line: $used is private to ${used%/*}/"; failed=1 ;;
    esac
done < <(grep -n '^ *# *include ".*_private\.h"' -r $order bench --include='*.[ch]')

# OpenBLAS has one door.
doors=$(grep -l '^ *# *include <cblas.h>' -r $order --include='*.[ch]' | grep -v '^tensor/blas.c$')
[ -z "$doors" ] || { echo "$doors: only tensor/blas.c includes cblas.h"; failed=1; }
exit $failed
