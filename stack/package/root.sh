# shellcheck shell=bash
# A Debian that systemd boots, for one run: the base is made once and kept, what a run writes goes with it.

ROOT_SUITE=bookworm
ROOT_BASE="$BERTH_CACHE/package/root-$ROOT_SUITE"
# What a server has, and what the package's dependencies would else fetch in each run.
ROOT_PACKAGES=systemd-sysv,dbus,curl,ca-certificates,iptables,e2fsprogs
ROOT=""
ROOT_PID=""

need_base() {
    stack/packages.sh debootstrap systemd-container
    with_lock package-root
    [ "$(cat "$ROOT_BASE/.whole" 2>/dev/null)" = "$ROOT_PACKAGES" ] || {
        say "making a Debian to install into ..."
        rm -rf "$ROOT_BASE"
        mkdir -p "$ROOT_BASE"
        debootstrap --variant=minbase --include="$ROOT_PACKAGES" "$ROOT_SUITE" "$ROOT_BASE" >"$LOG" 2>&1 ||
            { tail -n 20 "$LOG" >&2; die "debootstrap failed; the log is $LOG"; }
        echo "$ROOT_PACKAGES" >"$ROOT_BASE/.whole"
    }
    exec 9>&-
}

# boot_root: on the host's network and its engine, with what a root beside its engine may do.
boot_root() {
    local socket
    need_base
    ROOT="$WORK/root"
    mkdir -p "$ROOT" "$WORK/upper" "$WORK/overlay"
    mount -t overlay berth-package -o "lowerdir=$ROOT_BASE,upperdir=$WORK/upper,workdir=$WORK/overlay" "$ROOT"
    socket="$(engine_host)"
    systemd-nspawn --quiet --register=no --keep-unit --directory="$ROOT" --boot --console=pipe --machine="berth-package-$$" \
        --capability=CAP_NET_ADMIN,CAP_NET_RAW,CAP_SYS_ADMIN,CAP_MKNOD --bind="${socket#unix://}:/run/docker.sock" \
        --bind=/dev/loop-control </dev/null >"$LOG" 2>&1 &
    ROOT_PID="$!"
    wait_until 60 root_is_up || { tail -n 20 "$LOG" >&2; die "the Debian did not boot; the log is $LOG"; }
    # A kernel makes these as they are asked for; in here nobody would, and whoever else attaches one meanwhile takes the next.
    inside sh -c 'for i in $(seq 0 127); do [ -e /dev/loop$i ] || mknod -m 660 /dev/loop$i b 7 $i; done'
}
leader() { pgrep -P "$ROOT_PID" | head -n 1; }
root_is_up() { inside systemctl is-system-running | grep -qE 'running|degraded'; }

# inside COMMAND...: in the booted Debian.
inside() {
    local pid
    pid="$(leader)" && [ -n "$pid" ] || return 1
    nsenter --target "$pid" --mount --uts --ipc --pid --root --wd -- \
        env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive "$@"
}

# Ends it and unmounts, whatever state it is in; and nothing else.
halt_root() {
    local pid
    [ -n "$ROOT" ] || return 0
    if [ -n "$ROOT_PID" ] && kill -0 "$ROOT_PID" 2>/dev/null; then
        # What systemd takes as "power off".
        pid="$(leader)"
        [ -z "$pid" ] || kill -s RTMIN+4 "$pid" 2>/dev/null || true
        wait_until 40 root_ended || kill -KILL "$ROOT_PID" ${pid:+"$pid"} 2>/dev/null || true
        wait "$ROOT_PID" 2>/dev/null || true
    fi
    ROOT_PID=""
    ! mountpoint -q "$ROOT" || umount "$ROOT" || umount -l "$ROOT"
    ROOT=""
}
root_ended() { ! kill -0 "$ROOT_PID" 2>/dev/null; }
