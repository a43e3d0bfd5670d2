#!/usr/bin/env bash
# Stops what `make up`, `make cluster`, `make compose` and the tests started: Berth first, then the engine and the servers that are ours. Data stays; `make
# clean-data` forgets it.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

if pid="$(our_pid "$STACK_DIR/berthd.pid")"; then
    say "stopping berthd (pid $pid)"
    stop_by_file "$STACK_DIR/berthd.pid" 30
else
    rm -f "$STACK_DIR/berthd.pid"
    say "berthd: nothing of ours to stop"
fi
"$BERTH_ROOT/stack/cluster.sh" down
"$BERTH_ROOT/stack/compose.sh" down
"$BERTH_ROOT/stack/compose/images.sh" registry-down
"$BERTH_ROOT/stack/engine.sh" down
"$BERTH_ROOT/stack/servers.sh" down
