#!/usr/bin/env bash
# Obtains the starter images: what the engine has stays, else they are pulled, and where no registry answers they are
# built here from Debian packages, under the official names, because the catalogue uses those.
# usage: images/build.sh [name...]      names: those of ALL below (default: all)
. "$(dirname "${BASH_SOURCE[0]}")/../stack/lib.sh"

SUITE=bookworm
BASE="berth-base:$SUITE"
CACHE="$BERTH_CACHE/images"
LOGS="$CACHE/logs"
ALL=(tiny redis nginx postgres mariadb memcached mosquitto dokuwiki notebook)
REGISTRY=unknown # unknown | answers | silent

image_of() {
    case "$1" in
        tiny) echo berth-tiny:1 ;;
        redis) echo redis:7.0 ;;
        nginx) echo nginx:1.22 ;;
        postgres) echo postgres:15 ;;
        mariadb) echo mariadb:10.11 ;;
        memcached) echo memcached:1.6 ;;
        mosquitto) echo eclipse-mosquitto:2.0 ;;
        dokuwiki) echo berth-dokuwiki:1 ;;
        notebook) echo jupyter/base-notebook:notebook-6.4.12 ;;
        *) die "no such image: $1 (known: ${ALL[*]})" ;;
    esac
}

present() { docker image inspect "$1" >/dev/null 2>&1; }

# The registry has 8 s to answer at all ("Pulling from"), and ten minutes to deliver.
pull() {
    local image="$1" log="$LOGS/pull.log" pid
    [ "$REGISTRY" != silent ] || return 1
    say "pulling $image ..."
    docker pull "$image" >"$log" 2>&1 &
    pid=$!
    if wait_until 8 answered "$log" "$pid" && grep -q 'Pulling from' "$log"; then
        REGISTRY=answers
        wait_until 600 ended "$pid" || kill "$pid" 2>/dev/null || true
        if wait "$pid"; then return 0; fi
        note "not pulled: $(tail -n 1 "$log")"
        return 1
    fi
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
    [ "$REGISTRY" = answers ] || REGISTRY=silent
    note "no registry answers: building here"
    return 1
}
ended() { ! kill -0 "$1" 2>/dev/null; }
answered() { grep -q 'Pulling from' "$1" || ended "$2"; }

# This machine's own mirrors where it is the same Debian, security updates included; else debootstrap's default.
mirrors() {
    . /etc/os-release
    [ "${VERSION_CODENAME:-}" = "$SUITE" ] || return 0
    # shellcheck disable=SC2016 # apt fills these in
    apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian' 2>/dev/null | sort -u
}

configure_root() {
    local root="$1"
    printf 'force-unsafe-io\npath-exclude=/usr/share/doc/*\npath-exclude=/usr/share/man/*\npath-exclude=/usr/share/locale/*\n' \
        >"$root/etc/dpkg/dpkg.cfg.d/berth"
    printf 'APT::Install-Recommends "0";\nAPT::Sandbox::User "root";\n' >"$root/etc/apt/apt.conf.d/berth"
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
    chmod +x "$root/usr/sbin/policy-rc.d"
    [ -z "$2" ] || printf '%s\n' "$2" >"$root/etc/apt/sources.list"
}

bootstrap() {
    local tar="$1" root="$CACHE/root.$$" sources first
    "$BERTH_ROOT/stack/packages.sh" debootstrap debian-archive-keyring
    say "making a Debian $SUITE base (debootstrap) ..."
    sources="$(mirrors)"
    first="$(awk -v suite="$SUITE" '$3 == suite { print $2; exit }' <<<"$sources")"
    debootstrap --variant=minbase "$SUITE" "$root" ${first:+"$first"} >"$LOGS/base.log" 2>&1 ||
        { tail -n 20 "$LOGS/base.log" >&2; rm -rf "$root"; die "debootstrap failed; the log is $LOGS/base.log"; }
    configure_root "$root" "$sources"
    tar -C "$root" --exclude=./var/cache/apt/archives/*.deb -cf "$tar.part" .
    mv "$tar.part" "$tar"
    rm -rf "$root"
}

base() {
    local tar="$CACHE/base-$SUITE.tar"
    present "$BASE" && return
    [ -f "$tar" ] || bootstrap "$tar"
    docker import --change 'LABEL berth.image.built-here=1' "$tar" "$BASE" >/dev/null
}

build() {
    local name="$1" image="$2" log="$LOGS/$1.log"
    base
    say "building $image ..."
    DOCKER_BUILDKIT=1 nice -n 5 "$(docker_bin)" build --network host --progress plain --label berth.image.built-here=1 \
        --build-arg BASE="$BASE" -t "$image" -f "$BERTH_ROOT/images/$name/Dockerfile" "$BERTH_ROOT/images" >"$log" 2>&1 ||
        { tail -n 30 "$log" >&2; die "could not build $image; the log is $log"; }
}

obtain() {
    local name="$1" image began; image="$(image_of "$1")"; began="$(now_ms)"
    present "$image" && return
    # What carries our name is in no registry.
    if [[ "$image" != berth-* ]] && pull "$image"; then say "pulled $image in $(since "$began")"; return; fi
    build "$name" "$image"
    note "$image: $(docker image inspect --format '{{.Size}}' "$image" | awk '{ printf "%.0f MB", $1 / 1e6 }') in $(since "$began")"
}

main() {
    local names=("$@") wanted=() name began; began="$(now_ms)"
    [ "${#names[@]}" -gt 0 ] || names=("${ALL[@]}")
    for name in "${names[@]}"; do wanted+=("$(image_of "$name")"); done
    engine_answers || die "no container engine answers: run stack/engine.sh up first"
    if docker image inspect "${wanted[@]}" >/dev/null 2>&1; then say "images: all here (${wanted[*]})"; return; fi
    mkdir -p "$LOGS"
    with_lock images
    for name in "${names[@]}"; do obtain "$name"; done
    say "images: ready in $(since "$began")"
}

main "$@"
