#!/usr/bin/env bash
# Writes anew what is generated and committed, so that the tests that compare it are green again; look at the diff.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$BERTH_ROOT"

# write FILE COMMAND...: the file is the old one or the whole new one. tests/derived.rs compares the same pairs.
write() {
    local file="$1"; shift
    "$@" >"$file.part"
    mv "$file.part" "$file"
    say "wrote $file"
}

cargo fmt --all
cargo build --workspace --bin berthd
write openapi/berth.json "$CARGO_TARGET_DIR/debug/berthd" openapi
write docs/errors.md "$CARGO_TARGET_DIR/debug/berthd" errors
