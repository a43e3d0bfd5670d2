#!/usr/bin/env bash
# All tests, from a fresh clone: what they need is installed and started while cargo builds. The last line is the count.
# usage: stack/test.sh [full]
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$BERTH_ROOT"

LOGS="$BERTH_CACHE/test-logs"
PREPARE_LOG="$LOGS/prepare.log"
PREPARE_PID=
SUMMARY=()
FAILED_PHASES=()
# What runs of tests started and the last one ends, for all that run now.
OURS="$STACK_DIR/started-by-tests"
mkdir -p "$LOGS"
rm -f "$LOGS"/*.log

# What the tests find their world by. No BERTH_ names: those are the server's settings.
WIDTH="${1:-sample}"
export TEST_BERTHD="$CARGO_TARGET_DIR/debug/berthd"
DOCKER_HOST="$(engine_host)"
export DOCKER_HOST
# Ten thousand connections are opened to the front door.
ulimit -S -n "$(ulimit -H -n)"
# Scenarios mostly wait for containers; how many platforms they start at once they bound themselves.
export RUST_TEST_THREADS="${RUST_TEST_THREADS:-4}"
unset BERTH_DATA_DIR BERTH_LISTEN BERTH_CONFIG BERTH_SMTP_URL

# What does not end well is told by the next run; the tests' own result stands.
clean_up() {
    if [ -n "$PREPARE_PID" ]; then kill -TERM -- "-$PREPARE_PID" 2>/dev/null || true; fi
    alone_with_tests || return 0
    [ ! -e "$OURS.engine" ] || stack/engine.sh down >/dev/null || true
    [ ! -e "$OURS.servers" ] || stack/servers.sh down >/dev/null || true
    rm -f "$OURS.engine" "$OURS.servers"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# Who is alone says what is here already and so stays. Servers that are not all up begin without what a killed run left on them.
look_around() {
    rm -f "$OURS.engine" "$OURS.servers"
    engine_answers || touch "$OURS.engine"
    if stack/servers.sh status >/dev/null; then return; fi
    touch "$OURS.servers"
    stack/servers.sh down >/dev/null
    stack/servers.sh forget
}

# A session of its own, so that all of it can be ended at once.
prepare() {
    if alone_with_tests; then look_around; fi
    join_tests
    say "preparing engine, servers, images and tools in the background (log: $PREPARE_LOG)"
    setsid bash -c 'stack/servers.sh up & servers=$!
        stack/engine.sh up && stack/tools.sh && images/build.sh && wait "$servers"' >"$PREPARE_LOG" 2>&1 </dev/null 8>&- &
    PREPARE_PID=$!
}

await_preparation() {
    local status=0
    wait "$PREPARE_PID" || status=$?
    PREPARE_PID=
    if [ "$status" != 0 ]; then tail -n 40 "$PREPARE_LOG" >&2; return "$status"; fi
    tail -n 3 "$PREPARE_LOG"
    eval "$(stack/servers.sh env)"
}

# phase NAME COMMAND...: runs it, keeps its output, and remembers how long it took and whether it failed.
phase() {
    local name="$1" began status=0 took; shift
    began="$(now_ms)"
    say "$name"
    "$@" 2>&1 8>&- | tee "$LOGS/$name.log" || status=$?
    took="$(since "$began")"
    if [ "$status" = 0 ]; then SUMMARY+=("$(printf '%-12s ok      %10s' "$name" "$took")"); return 0; fi
    SUMMARY+=("$(printf '%-12s FAILED  %10s   %s' "$name" "$took" "$LOGS/$name.log")")
    FAILED_PHASES+=("$name")
    return 1
}

build() { cargo build --workspace && cargo test --workspace --no-run; }
# What meets the real engine, once more: a fault that shows one time in two has two chances.
again() { cargo test --no-fail-fast -p berth-docker -p berth-tests --test engine --test scenarios; }
preparation() { [ "$PREPARED" = 0 ]; }
# The second topology: some scenarios, others in each run; at full width all of them, and newman.
SCENARIOS=4
SEED="${TEST_SEED:-$(date +%s)}"
cluster() {
    local names=() status=0
    export TEST_TOPOLOGY=cluster
    if [ "$WIDTH" = full ]; then
        cargo test --no-fail-fast -p berth-tests --test scenarios || status=1
        stack/newman.sh || status=1
        cargo test --no-fail-fast -p berth-tests --test faults -- --test-threads 1 || status=1
        return "$status"
    fi
    mapfile -t names < <(cargo test -q -p berth-tests --test scenarios -- --list --format terse | sed -n 's/: test$//p' | shuffled | head -n "$SCENARIOS")
    say "$SCENARIOS scenarios on a cluster each, TEST_SEED=$SEED"
    cargo test --no-fail-fast -p berth-tests --test scenarios -- --exact "${names[@]}"
}
# The third: the same as containers, from docker-compose.yml as it is written.
compose() {
    local status=0
    export TEST_TOPOLOGY=compose
    cargo test --no-fail-fast -p berth-tests --test compose -- --test-threads 1 || status=1
    cargo test --no-fail-fast -p berth-tests --test scenarios -- --test-threads 1 || status=1
    stack/newman.sh || status=1
    stack/compose.sh servers down
    unset TEST_TOPOLOGY
    return "$status"
}
package() { stack/package.sh test; }
monitoring() { stack/monitoring.sh; }
shuffled() { awk -v seed="$SEED" 'BEGIN { srand(seed) } { print rand() "\t" $0 }' | sort -n | cut -f2-; }
# How many requests schemathesis makes up for each operation.
EXAMPLES=20
[ "$WIDTH" != full ] || EXAMPLES=200
outside() { stack/schemathesis.sh "$EXAMPLES"; }
# Licences, bans and sources of every crate; what is known of their faults cannot be fetched everywhere.
deny() { stack/tools.sh deny && "$BERTH_CACHE/deny/bin/cargo-deny" check licenses bans sources; }

# counted LOG -> "PASSED FAILED" over the result lines of cargo, newman and schemathesis.
counted() {
    [ -f "$1" ] || { echo '0 0'; return; }
    sed 's/\x1b\[[0-9;]*m//g' "$1" | awk '
        /^test result:/ || /^(newman|schemathesis|package|monitoring): / {
            for (i = 2; i <= NF; i++) { if ($i ~ /^passed/) p += $(i - 1); if ($i ~ /^failed/) f += $(i - 1) }
        }
        END { print p + 0, f + 0 }'
}

# A phase that failed without counting anything, as a build does, counts as one failure.
report() {
    local name passed=0 failed=0 p f
    for name in test again newman cluster outside compose package monitoring; do
        read -r p f < <(counted "$LOGS/$name.log")
        passed=$((passed + p)); failed=$((failed + f))
    done
    for name in "${FAILED_PHASES[@]}"; do
        read -r p f < <(counted "$LOGS/$name.log")
        [ "$f" -gt 0 ] || failed=$((failed + 1))
    done
    printf '\n'
    printf '    %s\n' "${SUMMARY[@]}" "$(printf '%-12s         %10s' total "$(since "$BEGAN")")"
    printf '%s passed, %s failed\n' "$passed" "$failed"
    [ "$failed" = 0 ]
}

main() {
    local PREPARED=0
    BEGAN="$(now_ms)"
    prepare
    if phase build build; then
        phase fmt cargo fmt --all --check || true
        phase clippy cargo clippy --workspace --all-targets -- -D warnings || true
        await_preparation || PREPARED=1
        if phase preparation preparation; then
            phase test cargo test --workspace --no-fail-fast || true
            if [ "$WIDTH" = full ]; then phase again again || true; fi
            phase newman stack/newman.sh || true
            phase cluster cluster || true
            phase outside outside || true
            if [ "$WIDTH" = full ]; then
                phase compose compose || true
                phase package package || true
                phase monitoring monitoring || true
                phase deny deny || true
            fi
        fi
    fi
    report
}

main
