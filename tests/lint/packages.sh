#!/bin/bash
# Fails when debian/ and the sources disagree: about the version, the functions of the library, or the
# packages that a build wants (run.sh and Build-Depends).
# usage: packages.sh SOURCE_ROOT
cd "$1" || exit 1
failed=0
differ() { # WHAT HERE THERE: texts of sorted lines
    [ "$2" = "$3" ] || { echo "$1:"; diff <(echo "$2") <(echo "$3"); failed=1; }
}

differ "version of meson.build and debian/changelog" \
    "$(sed -n "s/^project(.* version: '\([0-9.]*\)'.*/\1/p" meson.build)" \
    "$(sed -n '1 s/.*(\([0-9.]*\)).*/\1/p' debian/changelog)"
differ "functions of captioner.h and debian/libcaption0.symbols" \
    "$(sed 's|/\*.*\*/||; /^\/\*/,/\*\//d' models/captioner/captioner.h | grep -v '^ \*' |
        grep -oE '\bcaptioner_[a-z_]+\(' | tr -d '(' | sort -u)" \
    "$(sed -n 's/^ \(captioner_[a-z_]*\)@.*/\1/p' debian/libcaption0.symbols | sort -u)"
differ "packages of run.sh that debian/control does not name" "" \
    "$(grep -oE '\blib[a-z0-9.-]+-dev\b|protobuf-c-compiler' run.sh |
        grep -v -e '^libc6-dev$' | sed 's/^libjpeg62-turbo-dev$/libjpeg-dev/' | sort -u |
        comm -23 - <(sed '/^$/q' debian/control | grep -oE '[a-z0-9.+-]+' | sort -u))"
exit $failed
