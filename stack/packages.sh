#!/usr/bin/env bash
# Installs Debian packages, only those that are missing, and says what to do where it cannot.
# usage: stack/packages.sh [--idle] PACKAGE...      --idle: a service that comes with one neither starts now nor at boot
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

PATH="$PATH:/usr/sbin:/sbin"

# What a package is wanted for. Who has that program from elsewhere (docker-ce, rustup's, nvm's) keeps it.
program_of() {
    case "$1" in
        docker.io) echo dockerd ;;
        iproute2) echo ip ;;
        e2fsprogs) echo mkfs.ext4 ;;
        redis-tools) echo redis-cli ;;
        postgresql-client) echo psql ;;
        mariadb-client) echo mariadb ;;
        mariadb-server-core) echo mariadbd ;;
        python3-pip) echo pip3 ;;
        maven) echo mvn ;;
        mosquitto-clients) echo mosquitto_pub ;;
        nodejs) echo node ;;
        build-essential) echo cc ;;
        *) echo "$1" ;;
    esac
}

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }
here() { type -P "$(program_of "$1")" >/dev/null || installed "$1"; }
missing() { local package; for package in "$@"; do here "$package" || printf '%s\n' "$package"; done; }

explain() {
    printf 'error: these are missing: %s\n' "$*" >&2
    if is_debian; then
        printf '  get them with:  sudo apt-get install %s\n  or run this again as root\n' "$*" >&2
    else
        printf '  this installs by itself only on Debian and Ubuntu, as root.\n' >&2
        printf '  get the programs of those Debian packages from your system'\''s package manager, then run this again\n' >&2
    fi
    exit 1
}

apt() { DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -qq -y --no-install-recommends "$@"; }

install() {
    local log="$STACK_DIR/apt.log"
    say "installing $* ..."
    apt install "$@" >"$log" 2>&1 && return
    say "refreshing the package lists ..."
    apt update >"$log" 2>&1 || true
    apt install "$@" >"$log" 2>&1 || { tail -n 20 "$log" >&2; die "could not install $*; the log is $log"; }
}

# Debian starts what it installs, on the port that everybody knows: in the way of whoever has one there. This file is how one says no.
POLICY=/usr/sbin/policy-rc.d
install_idle() {
    local package
    if [ ! -e "$POLICY" ]; then
        trap 'rm -f "$POLICY"' EXIT
        printf '#!/bin/sh\nexit 101\n' >"$POLICY"
        chmod 755 "$POLICY"
    fi
    install "$@"
    has systemctl || return 0
    for package in "$@"; do systemctl disable "$package" >/dev/null 2>&1 || true; done
}

HOW=install
[ "${1:-}" != --idle ] || { HOW=install_idle; shift; }
mapfile -t wanted < <(missing "$@")
[ "${#wanted[@]}" -gt 0 ] || exit 0
can_install || explain "${wanted[@]}"
with_lock packages
"$HOW" "${wanted[@]}"
