#!/usr/bin/env bash
# Forgets everything that `make up` made: the data directory, and this installation's containers, volumes and networks.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

DATA_DIR="${BERTH_DATA_DIR:-$HOME/.local/share/berth}"

! our_pid "$STACK_DIR/berthd.pid" >/dev/null || die "Berth is serving: run make down first"
[ -d "$DATA_DIR" ] || { say "nothing to forget: no $DATA_DIR"; exit 0; }
[ -e "$DATA_DIR/installation" ] || die "$DATA_DIR holds no Berth (no file named installation): not touched"
engine_answers || "$BERTH_ROOT/stack/engine.sh" up
remove_installation "$DATA_DIR"
rm -rf "$DATA_DIR"
say "forgotten: $DATA_DIR"
