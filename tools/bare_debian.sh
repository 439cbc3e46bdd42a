# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# For make-packages and try-packages: bare Debian systems in folders, made by debootstrap.  Root only.
#
#     bare_begin DIRECTORY [MIRROR]    where the systems are kept, and where packages come from
#     bare_copy SUITE NAME             a fresh copy of a bare SUITE; root is its folder from now on
#     bare COMMAND...                  runs it there as root, with the network
#     bare_install PACKAGE...          installs, with what is recommended
#     bare_end                         unmounts and removes the copy
#
# The mirror is that of this machine's apt, or else debootstrap's own.

bare_folder='' bare_mirror='' root=''

bare_begin() {
    [ "$(id -u)" -eq 0 ] || { echo "this needs root, for chroot and mount" >&2; exit 1; }
    "$(dirname "${BASH_SOURCE[0]}")/install-packages" "make bare Debian systems" debootstrap || exit 1
    bare_folder=$1
    bare_mirror=${2:-$(apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' 2>/dev/null |
        grep -v security | head -n 1)}
    mkdir -p "$bare_folder"
    bare_folder=$(cd "$bare_folder" && pwd)
    trap bare_end EXIT
    trap 'exit 1' INT TERM
}

bare() {
    chroot "$root" /usr/bin/env -i HOME=/root TERM=dumb LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
        PATH=/usr/sbin:/usr/bin:/sbin:/bin ${http_proxy:+"http_proxy=$http_proxy"} "$@" </dev/null
}

bare_install() { bare apt-get -qq -y -o Dpkg::Use-Pty=0 install "$@"; }

bare_copy() {
    local suite=$1 base=$bare_folder/$1-base
    if [ ! -e "$base/.complete" ]; then
        rm -rf --one-file-system "$base"
        debootstrap --variant=minbase "$suite" "$base" ${bare_mirror:+"$bare_mirror"} >"$base.log" 2>&1 ||
            { tail -n 3 "$base.log" >&2; return 1; }
        touch "$base/.complete"
    fi
    # Two runs do not share a copy.
    exec 9>"$bare_folder/$2.lock"
    flock --nonblock 9 || { echo "$bare_folder/$2 is in use" >&2; return 1; }
    root=$bare_folder/$2
    bare_unmount
    rm -rf --one-file-system "$root"
    cp -a "$base" "$root"
    cp /etc/resolv.conf "$root/etc/"
    # No service starts there.
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
    chmod +x "$root/usr/sbin/policy-rc.d"
    mount -t proc proc "$root/proc"
    bare apt-get -qq -o Acquire::Check-Valid-Until=false update
}

bare_unmount() { ! mountpoint -q "$root/proc" || umount "$root/proc"; }

bare_end() {
    [ -n "$root" ] || return 0
    bare_unmount && rm -rf --one-file-system "$root"
    root=
}
