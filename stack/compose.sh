#!/usr/bin/env bash
# Berth as containers, from docker-compose.yml: `make compose`. Does what a reader would do by hand, and makes a test's own.
# usage: stack/compose.sh up [COMPOSE-ARGUMENT...]  secrets, images, `docker compose up -d --wait`, then what to try
#        stack/compose.sh down|status|forget        ends it, data stays · what runs · removes data, allocations included
#        stack/compose.sh walk                      the main job once: an account, a Redis, a PING, its log
#        stack/compose.sh secrets|images            one of these alone
#        stack/compose.sh do ARGUMENT...            docker compose on that project, the plugin found
#        stack/compose.sh servers up|down           the servers that tests share, from the same file
#        stack/compose.sh prepare DIR LISTEN        a test's services: databases, certificates, a folder a container; starts none
#        stack/compose.sh start DIR LISTEN          prepares, starts, and waits until it is ready
#        stack/compose.sh end DIR · logs DIR        removes them with their databases · the last that they said
# What `docker compose` reads, the shell and .env, is read the same here; docs/compose.md has it. COMPOSE_BERTHD is a program to put
# into the image in place of compiling one there. SETTINGS are more `NAME=value` of a test's project.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$BERTH_ROOT/stack/compose/told.sh"
. "$BERTH_ROOT/stack/compose/plugin.sh"
. "$BERTH_ROOT/stack/compose/secrets.sh"
. "$BERTH_ROOT/stack/compose/test.sh"
cd "$BERTH_ROOT"

COMPOSE_PROJECT_NAME="$(told COMPOSE_PROJECT_NAME berth)"
export COMPOSE_PROJECT_NAME
SECRETS="$(told BERTH_SECRETS "$BERTH_ROOT/secrets")"
STATE="$(told BERTH_STATE /var/lib/berth-compose)"
VERSION="$(told BERTH_VERSION 0.1.0)"
USAGE="usage: stack/compose.sh up|down|status|forget|walk|secrets|images|do|servers up|down|prepare DIR LISTEN|start DIR LISTEN|end DIR|logs DIR"

# Where the door is: by its name where it speaks TLS, else where it is published.
address() {
    local place
    place="$(docker compose port nginx 443 2>/dev/null)" || place=""
    case "$place" in "" | *:0) echo "http://$(docker compose port nginx 8080)" ;; *) echo "https://$(told BERTH_HOST "$place")" ;; esac
}

# The program to put into the images: one that is named, else what cargo builds on a host of the images' own Debian, else what the
# image itself compiles where there is none.
berthd_images() {
    if [ -n "${COMPOSE_BERTHD:-}" ]; then stack/compose/images.sh berthd "$COMPOSE_BERTHD"; return; fi
    if grep -qs '^VERSION_CODENAME=bookworm' /etc/os-release && has cargo; then
        say "building berthd (release; some minutes the first time)"
        cargo build --release -p berthd || die "the build failed"
        stack/compose/images.sh berthd "$CARGO_TARGET_DIR/release/berthd"
        return
    fi
    docker image inspect "berth/berthd:$VERSION" "berth/berthd-site:$VERSION" >/dev/null 2>&1 || stack/compose/images.sh berthd
}

images() {
    stack/compose/images.sh servers
    berthd_images
}

up() {
    local began
    stack/engine.sh up
    need_compose
    make_secrets "$SECRETS" berth
    images
    began="$(now_ms)"
    docker compose up -d --wait --wait-timeout 300 "$@"
    say "ready in $(since "$began")"
    hints
}

hints() {
    local url mail
    url="$(address)"
    case "$url" in
        https:*) mail="by the server that $SECRETS/smtp_url names" ;;
        *) mail="files in the volume ${COMPOSE_PROJECT_NAME}_mail:  $(mail_directory)" ;;
    esac
    cat <<HINTS

    Address           $url
    Documentation     $url/docs/
    Ready?            $url/readyz, and $url/readyz/SERVICE
    The first sign-up sends this set-up code and becomes admin:   $(cat "$SECRETS/setup_code")
    Mail              $mail

    Next:  stack/compose.sh walk      the main job once, where mail is files: an account, a Redis, a PING, its log
           docker compose ps, logs -f allocation                    (stack/compose.sh do … where the client has no compose)
           stack/compose.sh down      ends it; data stays      stack/compose.sh forget      removes that too
HINTS
}
# Where nothing of it is on the engine, no plugin is looked for either.
down() {
    if ! engine_answers || [ -z "$(docker ps -aq --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME")" ]; then
        say "containers: nothing of ours to stop"
        return
    fi
    need_compose
    docker compose down
}
# What walk.sh keeps of the demo account, beside its mail.
WALK="$BERTH_CACHE/compose-walk/$COMPOSE_PROJECT_NAME"
walk() {
    local url
    url="$(address)"
    case "$url" in https:*) die "the walk reads its code from mail that is files; here a server takes the mail" ;; esac
    mkdir -p "$WALK"
    ln -sfn "$(mail_directory)" "$WALK/mail"
    BERTH_SETUP_CODE="$(cat "$SECRETS/setup_code")" stack/walk.sh "$url" "$WALK"
}
mail_directory() { docker volume inspect --format '{{.Mountpoint}}' "${COMPOSE_PROJECT_NAME}_mail" 2>/dev/null || true; }

# detach_volumes STATE: loop devices over its files. By the files: a device that a container attached which has ended since
# names its file from where that had it.
detach_volumes() {
    local image
    for image in "$1"/site/volumes/*.img; do
        [ ! -e "$image" ] || losetup -n -O NAME -j "$image" | xargs -r -n 1 losetup -d
    done
}

# What lies in STATE may be another Berth's, a packaged one's say: that is not ours to empty.
ours_to_forget() {
    case "$STATE" in /*) ;; *) die "BERTH_STATE is $STATE: it has to begin with a /" ;; esac
    [ ! -e "$STATE/user.db" ] || die "$STATE is the data directory of a \`berthd up\`: nothing is removed; BERTH_STATE names another"
    [ ! -e "$STATE/installation" ] || [ "$(id_in "$STATE")" = "$(id_in "$SECRETS")" ] ||
        die "$STATE is another installation's than $SECRETS: nothing is removed"
    [ ! -d "$STATE/site" ] || [ -n "$(id_in "$SECRETS")" ] || die "$SECRETS/installation is not there: whose $STATE is cannot be told, nothing is removed"
}
id_in() { tr -d '[:space:]' <"$1/installation" 2>/dev/null || true; }
unheld() { [ ! -e "$STATE/lock" ] || flock -n "$STATE/lock" true; }

# Data, and what is left of its allocations on the engine and in the kernel.
forget() {
    ours_to_forget
    # Our docker service holds the lock until it ends; who holds it then is somebody else.
    docker compose stop docker
    unheld || die "a process holds $STATE/lock: our docker service is stopped, and nothing removed"
    docker compose down -v --remove-orphans
    if [ -d "$STATE/site" ]; then
        [ -e "$STATE/installation" ] || cp "$SECRETS/installation" "$STATE/installation"
        remove_installation "$STATE"
        detach_volumes "$STATE"
        rm -rf "${STATE:?}/site" "$STATE"/docker.db* "$STATE/lock" "$STATE/installation"
    fi
    rm -rf "$WALK"
    say "forgotten; the secrets stay in $SECRETS"
}

case "${1:-}" in
    up) up "${@:2}" ;;
    down) down ;;
    status) need_compose; docker compose ps -a ;;
    forget) need_compose; forget ;;
    walk) need_compose; walk ;;
    secrets) make_secrets "$SECRETS" berth; say "secrets: in $SECRETS" ;;
    images) images ;;
    do) need_compose; docker compose "${@:2}" ;;
    servers) need_compose; case "${2:-}" in up) servers_up ;; down) servers_down ;; *) die "$USAGE" ;; esac ;;
    prepare) need_compose; prepare "${2:?$USAGE}" "${3:?$USAGE}" ;;
    start) need_compose; start "${2:?$USAGE}" "${3:?$USAGE}" ;;
    end) need_compose; end "${2:?$USAGE}" ;;
    logs) need_compose; test_compose "${2:?$USAGE}" logs --tail 20 ;;
    *) die "$USAGE" ;;
esac
