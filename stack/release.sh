# shellcheck shell=bash
# What `make up` and `make cluster` need before they start anything: Rust, a release build, engine, images and clients.

PREPARE_LOG="$STACK_DIR/prepare.log"

need_rust() {
    has cargo || [ ! -r "$HOME/.cargo/env" ] || . "$HOME/.cargo/env"
    has cargo || die "cargo is missing: install Rust $(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml) or newer, then run this again"
    { has cc && has make; } || stack/packages.sh build-essential
}

# Images and clients come while cargo builds.
prepare_and_build() {
    local preparing status=0
    stack/engine.sh up
    bash -c 'stack/tools.sh clients && images/build.sh' >"$PREPARE_LOG" 2>&1 </dev/null &
    preparing=$!
    say "building berthd and berth (release; some minutes the first time)"
    cargo build --release --workspace --bin berthd --bin berth || die "the build failed"
    wait "$preparing" || status=$?
    [ "$status" = 0 ] || { tail -n 30 "$PREPARE_LOG" >&2; die "could not obtain images and clients; the log is $PREPARE_LOG"; }
    tail -n 1 "$PREPARE_LOG"
}

port_taken() { (exec 3<>"/dev/tcp/${1%:*}/${1##*:}") 2>/dev/null; }
