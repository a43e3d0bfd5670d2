#!/usr/bin/env bash
# The eight services as processes of their own on the real backing servers, behind NGINX: `make cluster`. Each process is a
# folder with `run` in it, made by stack/cluster/folders.sh, so that tests start and end them one by one.
# usage: stack/cluster.sh up|down|status            the reader's own, in CLUSTER_DIR, with servers of its own
#        stack/cluster.sh prepare DIR LISTEN        a test's, on the tests' servers: stores, certificates, folders; starts nothing
#        stack/cluster.sh forget DIR                drops its databases and topics; its processes have ended
#        stack/cluster.sh start DIR LISTEN          prepares, starts, and waits until it is ready
#        stack/cluster.sh end DIR                   ends its processes, then forgets
# REPLICAS="allocation=2 notification=2" runs so many of a service; CLUSTER_NAME begins the names of its databases and topics.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$BERTH_ROOT/stack/release.sh"
. "$BERTH_ROOT/stack/cluster/folders.sh"
. "$BERTH_ROOT/stack/cluster/stores.sh"
cd "$BERTH_ROOT"

CLUSTER_DIR="${CLUSTER_DIR:-$HOME/.local/share/berth-cluster}"
LISTEN="${BERTH_LISTEN:-127.0.0.1:8080}"
# Others than this machine come by TLS, with a certificate that answers for this machine's names and for loopback.
URL="http://$LISTEN"
is_local "$LISTEN" || URL="https://127.0.0.1:${LISTEN##*:}"
SERVERS_OF_CLUSTER=(mariadb mongodb cassandra redis kafka)
USAGE="usage: stack/cluster.sh up|down|status|prepare DIR LISTEN|forget DIR|start DIR LISTEN|end DIR"
# The server that tests run.
TESTED="${TEST_BERTHD:-$CARGO_TARGET_DIR/debug/berthd}"
STEPS=(stores certificates interface migrations)
# Settings are told to each process in its folder; what the reader's shell has is not for them.
UNNAMED=(env)
for variable in "${!BERTH_@}"; do UNNAMED+=(-u "$variable"); done
# How long all of it may take to be ready, servers and migrations included.
PATIENCE=240

# need_door LISTEN: NGINX, and a certificate where others come.
need_door() {
    is_local "$1" || stack/packages.sh openssl
    stack/packages.sh --idle nginx
}

# step DIR NAME COMMAND...: what it is about is a file, for whoever watches.
step() {
    local dir="$1" name="$2" status=0; shift 2
    mkdir -p "$dir/steps"
    echo "at work" >"$dir/steps/$name"
    "$@" >"$dir/steps/$name.log" 2>&1 || status=$?
    if [ "$status" = 0 ]; then echo ready >"$dir/steps/$name"; return; fi
    echo "failed: see $dir/steps/$name.log" >"$dir/steps/$name"
    tail -n 20 "$dir/steps/$name.log" >&2
    return "$status"
}

# prepare DIR LISTEN BERTHD: everything but processes. Done again, it keeps what is there.
prepare() {
    local dir name instance LISTEN="$2"
    mkdir -p "$1"
    chmod 700 "$1"
    dir="$(cd "$1" && pwd)"
    name="${CLUSTER_NAME:-$(cat "$dir/name" 2>/dev/null || echo berth)}"
    echo "$name" >"$dir/name"
    [ -e "$dir/berth.toml" ] || : >"$dir/berth.toml"
    lend_folder_ports "$dir"
    step "$dir" stores make_stores "$name"
    step "$dir" certificates certificates "$dir" "$3"
    is_local "$2" || nginx/certificate.sh "$dir/door" "$(hostname)" localhost 127.0.0.1 "${2%:*}"
    for instance in $(instances); do write_service "$dir" "$name" "$instance" "$3"; done
    write_door "$dir" "$2"
    step "$dir" interface describe "$dir" "$3"
    step "$dir" migrations migrate "$dir"
}

certificates() { [ -e "$1/certs/ca.pem" ] || "${UNNAMED[@]}" "$2" certs init "$1/certs"; }
describe() { "${UNNAMED[@]}" "$2" docs "$1/door/site"; }

# Each service's own, with its own settings.
migrate() {
    local service jobs=() job failed=0
    for service in "${SERVICES[@]}"; do "${UNNAMED[@]}" "$1/$service-1/run" migrate & jobs+=("$!"); done
    for job in "${jobs[@]}"; do wait "$job" || failed=1; done
    return "$failed"
}

# start_folder DIR: its process, unless that runs.
start_folder() {
    ! our_pid "$1/pid" >/dev/null || return 0
    "${UNNAMED[@]}" setsid "$1/run" >>"$1/log" 2>&1 </dev/null 9>&- &
    remember_pid "$1/pid" "$!"
}

# start DIR LISTEN: a test's that no test program holds.
start() {
    local instance
    need_door "$2"
    CLUSTER_DIR="$(mkdir -p "$1" && cd "$1" && pwd)"
    CLUSTER_NAME="${CLUSTER_NAME:-t_$(basename "$1" | tr -dc 'A-Za-z0-9' | tr 'A-Z' 'a-z')}"
    prepare "$CLUSTER_DIR" "$2" "$TESTED"
    for instance in $(instances) door; do start_folder "$CLUSTER_DIR/$instance"; done
    wait_until "$PATIENCE" ready_or_ended "$2" && curl -sf -m 5 "http://$2/readyz" >/dev/null && return
    tail -n 20 "$CLUSTER_DIR"/*/log >&2
    warn "the cluster was not ready in time; its logs are in $CLUSTER_DIR"
    return 1
}
ready_or_ended() { curl -sf -m 5 "http://$1/readyz" || [ "$(running)" != "$(instances | wc -l)" ]; }

servers() { SERVERS_LAST=yes SERVERS_HOME="$CLUSTER_DIR/servers" stack/servers.sh "$@"; }

# Everything, in the order in which one needs the other. The services wait for their servers by themselves.
bring_up() {
    local instance
    servers up
    eval "$(servers env)"
    prepare "$CLUSTER_DIR" "$LISTEN" "$CARGO_TARGET_DIR/release/berthd"
    end_others
    for instance in $(instances) door; do start_folder "$CLUSTER_DIR/$instance"; done
}

# Replicas that REPLICAS named last time and does not now.
end_others() {
    local file name
    for file in "$CLUSTER_DIR"/*/run; do
        name="$(basename "${file%/run}")"
        [ "$name" = door ] || grep -qx "$name" < <(instances) || { stop_by_file "${file%run}pid" 30; rm "$file"; }
    done
}

# What stack/cluster/watch.mjs shows, in the order of starting.
write_rows() {
    local name
    for name in "${SERVERS_OF_CLUSTER[@]}"; do printf '%s\tstate\t%s\n' "$name" "$CLUSTER_DIR/servers/$name/state"; done
    for name in "${STEPS[@]}"; do printf '%s\tstate\t%s\n' "$name" "$CLUSTER_DIR/steps/$name"; done
    for name in $(instances); do printf '%s\tprocess\thttp://%s\t%s\n' "$name" "$(http_of "$CLUSTER_DIR/$name")" "$CLUSTER_DIR/$name/pid"; done
    printf 'door\tprocess\t%s\t%s\n' "$URL" "$CLUSTER_DIR/door/pid"
}

hints() {
    cat <<HINTS

    Address           $URL
    Documentation     $URL/docs
    Ready?            $URL/readyz, and $URL/readyz/SERVICE
    Mail              $CLUSTER_DIR/mail
    Logs, processes   $CLUSTER_DIR/SERVICE-N/log and pid

    Next:  stack/walk.sh $URL $CLUSTER_DIR          the main job once: an account, a Redis, a PING, its log
           kill -9 \$(cut -d' ' -f1 $CLUSTER_DIR/allocation-1/pid)       and watch $URL/readyz; \`make cluster\` starts it again
           REPLICAS="allocation=2 notification=2" make cluster
           make down        stops the services and their servers; data stays
HINTS
}

answers() { local known=(); is_local "$LISTEN" || known=(--cacert "$CLUSTER_DIR/door/door.pem"); curl -sf -m 3 "${known[@]}" "$URL/readyz" >/dev/null; }
serving() { our_pid "$CLUSTER_DIR/door/pid" >/dev/null && answers && [ "$(running)" = "$(instances | wc -l)" ]; }
running() { local instance count=0; for instance in $(instances); do ! our_pid "$CLUSTER_DIR/$instance/pid" >/dev/null || count=$((count + 1)); done; echo "$count"; }

up() {
    local began starting shown=0 status=0
    if serving; then say "the cluster is already serving"; hints; return; fi
    with_lock cluster
    need_door "$LISTEN"
    need_rust
    prepare_and_build
    our_pid "$CLUSTER_DIR/door/pid" >/dev/null || ! port_taken "$LISTEN" ||
        die "$LISTEN is taken by another program: set BERTH_LISTEN=ADDRESS:PORT"
    began="$(now_ms)"
    mkdir -p "$CLUSTER_DIR"
    forget_last_time
    lend_folder_ports "$CLUSTER_DIR"
    write_rows >"$CLUSTER_DIR/rows"
    # Not `bring_up || …`: in a condition bash goes on after what fails.
    ( trap '[ $? = 0 ] || fail_steps' EXIT; bring_up ) >"$CLUSTER_DIR/up.log" 2>&1 </dev/null &
    starting=$!
    is_local "$LISTEN" || export NODE_EXTRA_CA_CERTS="$CLUSTER_DIR/door/door.pem"
    node stack/cluster/watch.mjs "$CLUSTER_DIR/rows" "$PATIENCE" || shown=1
    wait "$starting" || status=$?
    if [ "$shown" != 0 ] || [ "$status" != 0 ]; then
        tail -n 20 "$CLUSTER_DIR/up.log" >&2
        die "the cluster did not come up; each process has a log in $CLUSTER_DIR, and what started them $CLUSTER_DIR/up.log; make down ends them"
    fi
    say "up in $(since "$began")"
    hints
}

# Or what ended since would be taken for what failed now.
forget_last_time() {
    local file
    rm -rf "$CLUSTER_DIR/steps"
    for file in "$CLUSTER_DIR"/*/pid; do our_pid "$file" >/dev/null || rm -f "$file"; done
}

# Nothing more comes: who watches need not wait for it.
fail_steps() {
    local name
    mkdir -p "$CLUSTER_DIR/steps"
    for name in "${STEPS[@]}"; do
        grep -qsE '^(ready|failed)' "$CLUSTER_DIR/steps/$name" || echo "failed: see $CLUSTER_DIR/up.log" >"$CLUSTER_DIR/steps/$name"
    done
}

# First the door, then what is behind it, of whatever REPLICAS was when it started.
end_processes() {
    local file jobs=()
    stop_by_file "$CLUSTER_DIR/door/pid" 10
    for file in "$CLUSTER_DIR"/*/pid; do
        [ -e "$file" ] || continue
        stop_by_file "$file" 30 & jobs+=("$!")
    done
    [ "${#jobs[@]}" = 0 ] || wait "${jobs[@]}"
}

down() {
    [ -d "$CLUSTER_DIR" ] || { say "cluster: nothing of ours to stop"; return; }
    with_lock cluster
    say "cluster: stopping"
    end_processes
    servers down
}

forget() { [ ! -e "$1/name" ] || drop_stores "$(cat "$1/name")"; }

status() {
    local file name
    for file in "$CLUSTER_DIR"/*/run; do
        [ -e "$file" ] || { say "no cluster in $CLUSTER_DIR"; return 1; }
        name="$(basename "${file%/run}")"
        if our_pid "${file%run}pid" >/dev/null; then say "$name: pid $(our_pid "${file%run}pid")"; else say "$name: down"; fi
    done
    servers status
}

case "${1:-}" in
    up) up ;;
    down) down ;;
    status) status ;;
    prepare) need_door "${3:?$USAGE}"; prepare "${2:?$USAGE}" "$3" "$TESTED" ;;
    forget) forget "${2:?$USAGE}" ;;
    start) start "${2:?$USAGE}" "${3:?$USAGE}" ;;
    end) CLUSTER_DIR="${2:?$USAGE}"; end_processes; forget "$CLUSTER_DIR" ;;
    *) die "$USAGE" ;;
esac
