#!/usr/bin/env bash
# Obtains the images of docker-compose.yml. Those of the servers are pulled; where no registry answers they are built from
# the very servers that stack/servers.sh runs, under the official names and versions, and served by a registry on loopback that
# an engine of ours takes for its mirror. Berth's own two are built around a berthd.
# usage: stack/compose/images.sh servers|berthd [BERTHD]|registry-down
# BERTHD is the program to put into them; without one they are compiled inside, which takes ten minutes.
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
. "$BERTH_ROOT/stack/compose/told.sh"
cd "$BERTH_ROOT"

LOGS="$BERTH_CACHE/images/logs"
VERSION="$(told BERTH_VERSION 0.1.0)"
BASE=berth-base:bookworm
REGISTRY_DIR="$BERTH_CACHE/registry"
mkdir -p "$LOGS"

# What the file itself names, so that a version stands in one place.
servers() { sed -nE 's/^    image: ([a-z]+(\/[a-z]+)?:[0-9.]+)$/\1/p' docker-compose.yml; }
present() { docker image inspect "$1" >/dev/null 2>&1; }
missing() { local image; for image in $(servers); do current "$image" || echo "$image"; done; }

# What a stand-in is made from; of one that was made from something else there is a newer one. Official images carry no such label.
sources() { cat "$(dockerfile_of "$1")" "images/$1"/* "images/servers/$1"/* images/base/* stack/servers/"$1"/* 2>/dev/null | sha256sum | cut -c1-16; }
label() { docker image inspect --format '{{index .Config.Labels "berth.image.sources"}}' "$1" 2>/dev/null; }
name_of() { basename "${1%:*}"; }
current() { local label; label="$(label "$1")" && { [ -z "$label" ] || [ "$label" = "$(sources "$(name_of "$1")")" ]; }; }

# context DIR: what a Dockerfile of images/servers may copy, jars and programs of stack/servers included.
context() {
    local lib="$BERTH_CACHE/servers/lib"
    cp -r images/base images/redis images/mariadb "$1/"
    case "$2" in
        mongo) mkdir "$1/mongodb"; cp "$lib/mongodb/mongod" "$1/mongodb/" ;;
        cassandra)
            cp -r "$lib/cassandra" images/servers/cassandra/start.sh "$1/"
            # The heap and the short way in are docker-compose.yml's to say.
            grep -vE '^-(Xm|Dcassandra)' stack/servers/cassandra/java17.options >"$1/java17.options" ;;
        kafka) cp -r "$lib/kafka" images/servers/kafka/run.sh "$1/" ;;
    esac
}

dockerfile_of() { case "$1" in mariadb | redis) echo "images/$1/Dockerfile" ;; *) echo "images/servers/$1/Dockerfile" ;; esac; }

# build IMAGE: a stand-in under its official name.
build() {
    local image="$1" name context log
    name="$(name_of "$image")"
    log="$LOGS/server-$name.log"
    context="$(mktemp -d "${TMPDIR:-/tmp}/berth-image.XXXXXX")"
    say "building $image ..."
    context "$context" "$name"
    DOCKER_BUILDKIT=1 nice -n 5 "$(docker_bin)" build --network host --progress plain --label berth.image.built-here=1 \
        --label berth.image.sources="$(sources "$name")" --build-arg BASE="$BASE" -t "$image" -f "$(dockerfile_of "$name")" "$context" >"$log" 2>&1 ||
        { tail -n 30 "$log" >&2; rm -rf "$context"; die "could not build $image; the log is $log"; }
    rm -rf "$context"
    true_to_its_name "$image" "$name"
}

# version_of NAME IMAGE: what the program in it says it is; jars say it by their names.
version_of() {
    local said
    case "$1" in
        mariadb) said="$(docker run --rm --entrypoint mariadbd "$2" --no-defaults --version)" ;;
        mongo) said="$(docker run --rm --entrypoint mongod "$2" --version)" ;;
        redis) said="$(docker run --rm --entrypoint redis-server "$2" --version)" ;;
        nginx) said="$(docker run --rm --entrypoint nginx "$2" -v 2>&1)" ;;
        cassandra) said="$(docker run --rm --entrypoint ls "$2" /opt/cassandra/lib | grep '^cassandra-all')" ;;
        kafka) said="$(docker run --rm --entrypoint ls "$2" /opt/kafka/libs | grep '^kafka_2.13')" ;;
    esac
    grep -oE '[0-9]+\.[0-9]+\.[0-9]+' <<<"${said/_2.13/}" | head -n 1
}

# Debian moves on within a series; another series is another server.
true_to_its_name() {
    local found wanted="${1##*:}"
    found="$(version_of "$2" "$1")"
    [ "$found" != "$wanted" ] || return 0
    [ "${found%.*}" = "${wanted%.*}" ] || { docker rmi -f "$1" >/dev/null; die "$1 would be version $found: not built under that name"; }
    warn "$1 is built from version $found, the newest of its series here"
}

# The registry has 15 s to answer at all: where names are not resolved, the engine waits ten.
pulled() { timeout 600 "$(docker_bin)" pull -q "$1" >"$LOGS/pull.log" 2>&1; }
registry_answers() { timeout 15 "$(docker_bin)" pull -q "$1" >"$LOGS/pull.log" 2>&1 || grep -qiE 'manifest|not found|denied' "$LOGS/pull.log"; }

obtain() {
    local image wanted
    mapfile -t wanted < <(missing)
    [ "${#wanted[@]}" -gt 0 ] || { say "images of the servers: all here"; return; }
    with_lock compose-images
    # One that ran before us may have stopped with its registry full and the engine empty.
    if [ -e "$REGISTRY_DIR/filled" ]; then start_registry; fi
    say "pulling ${wanted[0]} ..."
    if registry_answers "${wanted[0]}"; then
        for image in "${wanted[@]}"; do current "$image" || { say "pulling $image ..."; pulled "$image" && current "$image"; } || stand_in "$image"; done
        return
    fi
    note "no registry answers: building here"
    for image in "${wanted[@]}"; do stand_in "$image"; done
}

stand_in() {
    if ! present "$BASE" || [ ! -e "$BERTH_CACHE/servers/lib/kafka" ]; then prepare; fi
    build "$1"
    offer "$1"
}

# Debian's base, and the servers' programs as stack/servers.sh installs them.
prepare() {
    present "$BASE" || images/build.sh tiny
    stack/servers.sh install mongodb cassandra kafka
}

# --- the registry on loopback

registry_port() { [ -s "$REGISTRY_DIR/port" ] || free_ports 1 "$REGISTRY_DIR" >"$REGISTRY_DIR/port"; cat "$REGISTRY_DIR/port"; }

start_registry() {
    mkdir -p "$REGISTRY_DIR/data"
    ! our_pid "$REGISTRY_DIR/pid" >/dev/null || return 0
    stack/packages.sh --idle docker-registry
    cat >"$REGISTRY_DIR/config.yml" <<CONFIG
# Written by stack/compose/images.sh.
version: 0.1
log: {level: warn}
storage: {filesystem: {rootdirectory: $REGISTRY_DIR/data}}
http: {addr: "127.0.0.1:$(registry_port)"}
CONFIG
    setsid docker-registry serve "$REGISTRY_DIR/config.yml" >"$REGISTRY_DIR/log" 2>&1 </dev/null 8>&- 9>&- &
    remember_pid "$REGISTRY_DIR/pid" "$!"
    wait_until 10 curl -sf "http://127.0.0.1:$(registry_port)/v2/" || { tail -n 5 "$REGISTRY_DIR/log" >&2; die "the registry did not start"; }
    mirror
}

# An engine that stack/engine.sh started takes it for its mirror; somebody else's engine is left as it is.
mirror() {
    local pid file=/etc/docker/daemon.json
    pid="$(our_pid "$STACK_DIR/dockerd.pid")" || { note "not our engine: its mirrors are left alone"; return 0; }
    if [ -e "$file" ] && ! grep -q "$REGISTRY_MARK" "$file"; then note "$file is somebody's: left alone"; return; fi
    mkdir -p "${file%/*}"
    printf '{"labels": ["%s"], "registry-mirrors": ["http://127.0.0.1:%s"]}\n' "$REGISTRY_MARK" "$(registry_port)" >"$file"
    kill -HUP "$pid"
    wait_until 5 mirrored || warn "the engine did not take up its mirror"
}
REGISTRY_MARK=berth.registry=here
mirrored() { docker info --format '{{.RegistryConfig.Mirrors}}' | grep -q ":$(registry_port)/"; }

# offer IMAGE: in the registry, as the official one names it.
offer() {
    local name="$1" there
    start_registry
    case "$name" in */*) ;; *) name="library/$name" ;; esac
    there="127.0.0.1:$(registry_port)/$name"
    docker tag "$1" "$there"
    docker push -q "$there" >/dev/null
    docker rmi "$there" >/dev/null
    touch "$REGISTRY_DIR/filled"
}

registry_down() {
    stop_by_file "$REGISTRY_DIR/pid" 5
    if grep -qs "$REGISTRY_MARK" /etc/docker/daemon.json; then
        rm -f /etc/docker/daemon.json
        if our_pid "$STACK_DIR/dockerd.pid" >/dev/null; then kill -HUP "$(our_pid "$STACK_DIR/dockerd.pid")"; fi
    fi
}

# --- Berth's own

# mark PROGRAM: what an image that holds it is labelled with.
mark() { stat -c '%s-%Y' "$1"; }
holds() { [ "$(docker image inspect --format '{{index .Config.Labels "berth.image.program"}}' "$1" 2>/dev/null)" = "$2" ]; }

berthd() {
    local program="${1:-}" context target source=compile arguments=()
    context="$BERTH_ROOT"
    with_lock compose-berthd
    if [ -n "$program" ]; then
        if holds "$(image_of service)" "$(mark "$program")" && holds "$(image_of site)" "$(mark "$program")"; then return; fi
        say "putting $program into images ..."
        context="$(mktemp -d "${TMPDIR:-/tmp}/berth-image.XXXXXX")"
        source=prebuilt
        mkdir -p "$context/images" "$context/prebuilt"
        cp -r images/base "$context/images/"
        cp "$program" "$context/prebuilt/berthd"
        # The program stands on this machine's libraries.
        present "$BASE" || images/build.sh tiny
        arguments=(--build-arg BASE="$BASE" --label berth.image.program="$(mark "$program")")
    fi
    for target in service site; do
        DOCKER_BUILDKIT=1 nice -n 5 "$(docker_bin)" build --network host --progress plain --build-arg SOURCE="$source" "${arguments[@]}" \
            --target "$target" -t "$(image_of "$target")" -f images/berthd/Dockerfile "$context" >"$LOGS/berthd.log" 2>&1 ||
            { tail -n 30 "$LOGS/berthd.log" >&2; [ -z "$program" ] || rm -rf "$context"; die "the image was not built; the log is $LOGS/berthd.log"; }
    done
    [ -z "$program" ] || rm -rf "$context"
    for target in service site; do small "$(image_of "$target")" "$program"; done
}
# small IMAGE PROGRAM: whether it is, and how much. A debug build, which tests put in, nobody ships.
MOST=100000000
small() {
    local size
    size="$(docker image inspect --format '{{.Size}}' "$1")"
    note "$1: $(awk -v size="$size" 'BEGIN { printf "%.1f MB", size / 1e6 }')"
    case "$2" in */debug/*) return ;; esac
    [ "$size" -lt "$MOST" ] || { docker rmi "$1" >/dev/null; die "$1 has $size bytes: fewer than $MOST is what it may have"; }
}
image_of() { case "$1" in service) echo "berth/berthd:$VERSION" ;; site) echo "berth/berthd-site:$VERSION" ;; esac; }

case "${1:-}" in
    servers) obtain ;;
    berthd) berthd "${2:-}" ;;
    registry-down) registry_down ;;
    *) die "usage: stack/compose/images.sh servers|berthd [BERTHD]|registry-down" ;;
esac
