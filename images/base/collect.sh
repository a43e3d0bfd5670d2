#!/bin/sh
# Copies programs with the libraries they load into a new root, so that an image holds what runs and nothing else.
# usage: collect.sh ROOT PATH...   (a program, a library, or a directory that is taken whole)
set -eu
root="$1"; shift

prepare() {
    mkdir -p "$root/usr/bin" "$root/usr/sbin" "$root/usr/lib" "$root/usr/lib64" "$root/etc" "$root/tmp" "$root/run" "$root/var"
    for dir in bin sbin lib lib64; do [ -e "$root/$dir" ] || ln -s "usr/$dir" "$root/$dir"; done
    [ -e "$root/var/run" ] || ln -s ../run "$root/var/run"
    chmod 1777 "$root/tmp" "$root/run"
}

copy() {
    [ -e "$root$1" ] && return
    mkdir -p "$root$(dirname "$1")"
    cp -RL --preserve=mode "$1" "$root$1"
}

libraries() { ldd "$1" 2>/dev/null | awk '/=> \// { print $3 } $1 ~ /^\// { print $1 }'; }

prepare
for path in "$@"; do
    copy "$path"
    find -L "$path" -type f \( -perm -u+x -o -name '*.so*' \) | while read -r file; do
        for library in $(libraries "$file"); do copy "$library"; done
    done
done
