#!/usr/bin/env bash
# Installs what the tests look at Berth with: the databases' own clients, newman, a mail server that keeps every mail, and
# schemathesis; and, asked for by name, what looks at licences.
# usage: stack/tools.sh [clients|node|python|deny]      (default: all but deny)
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

NODE_DIR="$BERTH_CACHE/node"
PYTHON_DIR="$BERTH_CACHE/python"

# One query for all: this runs at each start and must cost nothing when there is nothing to do.
clients() {
    "$BERTH_ROOT/stack/packages.sh" curl jq openssl redis-tools postgresql-client mariadb-client mosquitto-clients
    # The front door is tested by itself too.
    "$BERTH_ROOT/stack/packages.sh" --idle nginx
}

node_runtime() {
    has node && has npm && return
    "$BERTH_ROOT/stack/packages.sh" nodejs npm
}

# What is installed is what the lock file says, or it is installed again.
node_tools() {
    local lock="$BERTH_ROOT/postman/package-lock.json"
    node_runtime
    cmp -s "$lock" "$NODE_DIR/.installed" && return
    with_lock node
    cmp -s "$lock" "$NODE_DIR/.installed" && return
    say "installing newman and maildev ..."
    mkdir -p "$NODE_DIR"
    cp "$BERTH_ROOT/postman/package.json" "$lock" "$BERTH_ROOT/postman/.npmrc" "$NODE_DIR/"
    npm ci --prefix "$NODE_DIR" --no-audit --no-fund >"$STACK_DIR/npm.log" 2>&1 ||
        { tail -n 20 "$STACK_DIR/npm.log" >&2; die "npm ci failed; the log is $STACK_DIR/npm.log"; }
    cp "$lock" "$NODE_DIR/.installed"
}

# An environment of its own: nothing of the machine's Python is touched.
python_tools() {
    local wanted="$BERTH_ROOT/tests/outside/requirements.txt"
    cmp -s "$wanted" "$PYTHON_DIR/.installed" && return
    with_lock python
    cmp -s "$wanted" "$PYTHON_DIR/.installed" && return
    python3 -c 'import ensurepip, venv' 2>/dev/null || "$BERTH_ROOT/stack/packages.sh" python3 python3-venv
    say "installing schemathesis ..."
    rm -rf "$PYTHON_DIR"
    { python3 -m venv "$PYTHON_DIR" && "$PYTHON_DIR/bin/pip" install --quiet --no-input --disable-pip-version-check -r "$wanted"; } \
        >"$STACK_DIR/pip.log" 2>&1 || { tail -n 20 "$STACK_DIR/pip.log" >&2; die "pip install failed; the log is $STACK_DIR/pip.log"; }
    cp "$wanted" "$PYTHON_DIR/.installed"
}

DENY_VERSION=0.20.2
deny() {
    [ "$("$BERTH_CACHE/deny/bin/cargo-deny" --version 2>/dev/null)" != "cargo-deny $DENY_VERSION" ] || return 0
    say "installing cargo-deny ..."
    cargo install cargo-deny --locked --quiet --version "$DENY_VERSION" --root "$BERTH_CACHE/deny" --target-dir "$BERTH_CACHE/deny/target"
    rm -rf "$BERTH_CACHE/deny/target"
}

case "${1:-all}" in
    clients) clients ;;
    node) node_tools ;;
    python) python_tools ;;
    deny) deny ;;
    all) clients; node_tools; python_tools ;;
    *) die "usage: stack/tools.sh [clients|node|python|deny]" ;;
esac
