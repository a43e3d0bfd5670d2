#!/bin/sh
# Writes a minimal /etc for an image of one user, and a shell with the usual small tools (busybox) for terminals.
# usage: identity.sh ROOT NAME UID
set -eu
root="$1"
printf 'root:x:0:0:root:/:/bin/sh\n%s:x:%s:%s:%s:/tmp:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n' "$2" "$3" "$3" "$2" >"$root/etc/passwd"
printf 'root:x:0:\n%s:x:%s:\nnogroup:x:65534:\n' "$2" "$3" >"$root/etc/group"
printf 'passwd: files\ngroup: files\nhosts: files dns\n' >"$root/etc/nsswitch.conf"
cp /bin/busybox "$root/usr/bin/busybox"
for tool in $(/bin/busybox --list); do
    [ -e "$root/usr/bin/$tool" ] || ln -s busybox "$root/usr/bin/$tool"
done
