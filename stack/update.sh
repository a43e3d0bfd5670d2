#!/usr/bin/env bash
# Writes anew what is generated and committed, so that the tests that compare it are green again; look at the diff.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$BERTH_ROOT"

cargo fmt --all
cargo build --workspace --bin berthd
mkdir -p openapi
"$CARGO_TARGET_DIR/debug/berthd" openapi >openapi/berth.json.part
mv openapi/berth.json.part openapi/berth.json
say "wrote openapi/berth.json"
