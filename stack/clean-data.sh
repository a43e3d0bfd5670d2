#!/usr/bin/env bash
# Forgets everything that `make up` and `make cluster` made: their directories, databases included, and their installations'
# containers, volumes and networks.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

DATA_DIR="${BERTH_DATA_DIR:-$HOME/.local/share/berth}"
CLUSTER_DIR="${CLUSTER_DIR:-$HOME/.local/share/berth-cluster}"

# forget DIR MARK: only what holds the file MARK, which Berth made.
forget() {
    [ -d "$1" ] || { say "nothing to forget: no $1"; return; }
    [ -e "$1/$2" ] || die "$1 holds no Berth (no file named $2): not touched"
    engine_answers || "$BERTH_ROOT/stack/engine.sh" up
    remove_installation "$1"
    rm -rf "$1"
    say "forgotten: $1"
}

for file in "$STACK_DIR/berthd.pid" "$CLUSTER_DIR"/*/pid "$CLUSTER_DIR"/servers/*/pid; do
    ! our_pid "$file" >/dev/null || die "Berth is serving: run make down first"
done
forget "$DATA_DIR" installation
forget "$CLUSTER_DIR" name
