#!/usr/bin/env bash
# The measurements under benches/, against release builds and the real engine.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$BERTH_ROOT"

[ -x benches/run ] || die "benches/ holds no measurements yet (benches/run is what this calls)"
stack/engine.sh up
images/build.sh
cargo build --release --workspace --bin berthd --bin berth
exec benches/run "$@"
