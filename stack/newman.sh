#!/usr/bin/env bash
# Runs the Postman collection against a Berth of its own, with a mail server that keeps the codes; leaves nothing behind.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

BIN="$BERTH_CACHE/node/node_modules/.bin"
BERTHD="${TEST_BERTHD:-$CARGO_TARGET_DIR/debug/berthd}"
COLLECTION="$BERTH_ROOT/postman/berth.postman_collection.json"
ENVIRONMENT="$BERTH_ROOT/postman/berth.postman_environment.json"
WORK="$(mktemp -d "${TMPDIR:-/tmp}/berth-newman.XXXXXX")"

clean_up() {
    stop_by_file "$WORK/berthd.pid" 30
    stop_by_file "$WORK/maildev.pid" 5
    remove_installation "$WORK/data"
    rm -rf "$WORK"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

start_mail() {
    NODE_NO_WARNINGS=1 setsid "$BIN/maildev" --ip 127.0.0.1 --smtp "$1" --web "$2" --silent >"$WORK/maildev.log" 2>&1 </dev/null &
    remember_pid "$WORK/maildev.pid" "$!"
    wait_until 20 curl -sf "http://127.0.0.1:$2/healthz" || { tail -n 20 "$WORK/maildev.log" >&2; die "maildev did not start"; }
}

run() {
    "$BIN/newman" run "$COLLECTION" -e "$ENVIRONMENT" --env-var "base_url=http://127.0.0.1:$1" --env-var "mail_url=http://127.0.0.1:$2" \
        --reporters cli,json --reporter-json-export "$WORK/result.json" --color off --timeout-request 70000
}

# Failures also count requests that got no answer and scripts that threw.
count() {
    # shellcheck disable=SC2016 # that is JavaScript
    node -e '
        const { run } = JSON.parse(require("fs").readFileSync(process.argv[1]));
        const failed = run.failures.length, total = run.stats.assertions.total;
        console.log(`newman: ${total - run.stats.assertions.failed} passed, ${failed} failed`);' "$WORK/result.json"
}

main() {
    local ports status=0
    [ -x "$BERTHD" ] || die "no $BERTHD: run cargo build first"
    [ -f "$COLLECTION" ] || die "no $COLLECTION"
    [ -x "$BIN/newman" ] || die "no newman: run stack/tools.sh first"
    mapfile -t ports < <(free_ports 3)
    [ "${#ports[@]}" = 3 ] || die "no free ports"
    start_mail "${ports[0]}" "${ports[1]}"
    mkdir -m 700 "$WORK/data"
    BERTH_SMTP_URL="smtp://127.0.0.1:${ports[0]}" start_berthd "$BERTHD" "$WORK/data" "127.0.0.1:${ports[2]}" "$WORK/berthd.log" "$WORK/berthd.pid"
    run "${ports[2]}" "${ports[1]}" || status=$?
    if [ "$status" != 0 ]; then printf '\nthe last lines of berthd:\n'; tail -n 40 "$WORK/berthd.log"; fi
    [ -f "$WORK/result.json" ] || die "newman gave no result"
    count
    return "$status"
}

main
