#!/usr/bin/env bash
# What one runs between two edits: formatting, lints and unit tests.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$BERTH_ROOT"
say "cargo fmt"
cargo fmt --all --check
say "cargo clippy"
cargo clippy --workspace --all-targets -- -D warnings
# Some units speak to a real engine, and each store's to its real server.
join_tests
stack/engine.sh up 8>&-
stack/servers.sh up 8>&-
eval "$(stack/servers.sh env)"
say "cargo test --lib"
cargo test --workspace --lib 8>&-
