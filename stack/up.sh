#!/usr/bin/env bash
# From a fresh clone to a Berth that serves, with its main job done once before the reader's eyes. Run again, it reuses all.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$BERTH_ROOT/stack/release.sh"
cd "$BERTH_ROOT"

DATA_DIR="${BERTH_DATA_DIR:-$HOME/.local/share/berth}"
LISTEN="${BERTH_LISTEN:-127.0.0.1:8080}"
URL="http://$LISTEN"
PID_FILE="$STACK_DIR/berthd.pid"
LOG="$STACK_DIR/berthd.log"
BERTHD="$CARGO_TARGET_DIR/release/berthd"
BEGAN="$(now_ms)"

hints() {
    cat <<HINTS

    Address           $URL
    Documentation     $URL/docs
    Demo account      demo@berth.local, password in $DATA_DIR/demo-password
    Log               $LOG

    Next:  export BERTH_URL=$URL PATH="$CARGO_TARGET_DIR/release:\$PATH"
           berth machines
           berth create postgres --name shop --wait && berth connect shop
           berth logs demo -f
           make down        stops Berth and the engine that it started; containers' data stays
HINTS
}

already_serving() {
    local pid; pid="$(our_pid "$PID_FILE")" || return 1
    curl -sf -m 3 "$URL/readyz" >/dev/null || return 1
    say "Berth is already serving (pid $pid)"
    hints
}

serve() {
    ! port_taken "$LISTEN" || die "$LISTEN is taken by another program: set BERTH_LISTEN=127.0.0.1:PORT"
    mkdir -p "$DATA_DIR"
    chmod 700 "$DATA_DIR"
    say "starting berthd on $LISTEN, data in $DATA_DIR"
    start_berthd "$BERTHD" "$DATA_DIR" "$LISTEN" "$LOG" "$PID_FILE" || die "berthd did not start"
}

stop() {
    trap - INT TERM HUP
    printf '\n'
    say "stopping berthd; your containers keep running"
    stop_by_file "$PID_FILE" 30
    exit 0
}

keep_serving() {
    printf '\n'
    say "serving; Ctrl-C stops Berth. Its log:"
    local pid; pid="$(our_pid "$PID_FILE")" || return 0
    tail -n 0 -F --pid="$pid" "$LOG" 2>/dev/null &
    wait "$!" || true
    rm -f "$PID_FILE"
    say "berthd has ended"
}

main() {
    already_serving && return
    with_lock up
    already_serving && return
    need_rust
    prepare_and_build
    # From here on Ctrl-C ends the server as well.
    trap stop INT TERM HUP
    serve
    stack/walk.sh "$URL" "$DATA_DIR" || warn "the walk did not come to its end; Berth serves all the same"
    say "up in $(since "$BEGAN")"
    hints
    exec 9>&-
    keep_serving
}

main
