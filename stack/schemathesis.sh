#!/usr/bin/env bash
# Lets schemathesis read the platform's own description and try every operation with what it makes up, good and bad, against
# a Berth of its own: no server error, no answer that is not described, nothing wrong taken for right.
# usage: stack/schemathesis.sh [EXAMPLES [SEED]]      EXAMPLES an operation (default: 20); TEST_BERTHD names the server
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

BIN="$BERTH_CACHE/python/bin"
BERTHD="${TEST_BERTHD:-$CARGO_TARGET_DIR/debug/berthd}"
OUTSIDE="$BERTH_ROOT/tests/outside"
WORK="$(mktemp -d "${TMPDIR:-/tmp}/berth-outside.XXXXXX")"
EXAMPLES="${1:-20}"
SEED="${2:-$(date +%s)}"

clean_up() {
    stop_by_file "$WORK/berthd.pid" 30
    remove_installation "$WORK/data"
    rm -rf "$WORK"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# Limits out of the way: what is tried is each operation, not how often.
serve() {
    mkdir -m 700 "$WORK/data"
    BERTH_LIMITS__ADDRESS_PER_MINUTE=1000000 BERTH_LIMITS__CALLER_PER_MINUTE=1000000 \
        BERTH_LIMITS__CREDENTIALS_PER_MINUTE=1000000 BERTH_DRAIN=0ms \
        start_berthd "$BERTHD" "$WORK/data" "127.0.0.1:$1" "$WORK/berthd.log" "$WORK/berthd.pid"
}

try() {
    (
        cd "$WORK" && env -u BERTH_CACHE OUTSIDE_URL="http://127.0.0.1:$1" OUTSIDE_MAIL="$WORK/data/mail" \
            SCHEMATHESIS_HOOKS=hooks PYTHONPATH="$OUTSIDE" PYTHONDONTWRITEBYTECODE=1 \
            "$BIN/schemathesis" --config-file "$OUTSIDE/schemathesis.toml" run "http://127.0.0.1:$1/openapi.json" \
            --max-examples "$EXAMPLES" --seed "$SEED" --no-color --report json --report-json-path "$WORK/report.json"
    )
}

# The last line is the count, as newman's is: test cases, and failures by kind and operation.
count() {
    sed -n -E 's/^ *([0-9]+) generated, ([0-9]+) found ([0-9]+) unique failure.*/\1 \3/p; s/^ *([0-9]+) generated, ([0-9]+) passed.*/\1 0/p' \
        "$WORK/out" | tail -n 1 | awk '{ printf "schemathesis: %d passed, %d failed\n", $1 - $2, $2 }'
}

main() {
    local ports status=0
    [ -x "$BERTHD" ] || die "no $BERTHD: run cargo build first"
    [ -x "$BIN/schemathesis" ] || die "no schemathesis: run stack/tools.sh first"
    mapfile -t ports < <(free_ports 1)
    [ "${#ports[@]}" = 1 ] || die "no free port"
    serve "${ports[0]}"
    say "schemathesis: $EXAMPLES examples an operation, seed $SEED"
    try "${ports[0]}" >"$WORK/out" 2>&1 || status=$?
    cat "$WORK/out"
    if [ "$status" != 0 ]; then printf '\nthe last errors of berthd:\n'; grep -a ERROR "$WORK/berthd.log" | tail -n 20; fi
    count
    return "$status"
}

main
