#!/usr/bin/env bash
# Runs the Postman collection against a Berth of its own, with a mail server that keeps the codes; leaves nothing behind.
# TEST_BERTHD names the server to run, where it is not cargo's. With TEST_TOPOLOGY=cluster it is a cluster of its own, on the
# servers that TEST_MYSQL_URL and the others name; with `compose` it is containers, from docker-compose.yml.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

BIN="$BERTH_CACHE/node/node_modules/.bin"
BERTHD="${TEST_BERTHD:-$CARGO_TARGET_DIR/debug/berthd}"
COLLECTION="$BERTH_ROOT/postman/berth.postman_collection.json"
ENVIRONMENT="$BERTH_ROOT/postman/berth.postman_environment.json"
TOPOLOGY="${TEST_TOPOLOGY:-embedded}"
WORK="$(mktemp -d "${TMPDIR:-/tmp}/berth-newman.XXXXXX")"

# Whose word makes, starts and ends a platform in pieces; and how its services find what stands here.
case "$TOPOLOGY" in
    embedded) PIECES='' HERE=127.0.0.1 MAIL_AT=127.0.0.1 ;;
    cluster) PIECES="$BERTH_ROOT/stack/cluster.sh" HERE=127.0.0.1 MAIL_AT=127.0.0.1 ;;
    compose) PIECES="$BERTH_ROOT/stack/compose.sh" HERE=testhost MAIL_AT=0.0.0.0 ;;
    *) die "TEST_TOPOLOGY is $TOPOLOGY: it is cluster, compose, embedded or unset" ;;
esac

clean_up() {
    if [ -n "$PIECES" ]; then "$PIECES" end "$WORK/data"; else stop_by_file "$WORK/berthd.pid" 30; fi
    stop_by_file "$WORK/maildev.pid" 5
    remove_installation "$WORK/data"
    rm -rf "$WORK"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

start_mail() {
    NODE_NO_WARNINGS=1 setsid "$BIN/maildev" --ip "$MAIL_AT" --smtp "$1" --web "$2" --mail-directory "$WORK/mail" --silent \
        >"$WORK/maildev.log" 2>&1 </dev/null &
    remember_pid "$WORK/maildev.pid" "$!"
    wait_until 20 curl -sf "http://127.0.0.1:$2/healthz" || { tail -n 20 "$WORK/maildev.log" >&2; die "maildev did not start"; }
}

# Every operation of that very server is in the collection.
covered() {
    "$BERTHD" openapi >"$WORK/openapi.json" || die "$BERTHD openapi failed"
    node "$BERTH_ROOT/postman/covered.mjs" "$WORK/openapi.json"
}

# The collection asks for a code too soon and, at its end, for another: with a pause below a minute it does both without a long wait.
# Its webhook leads to this very server, whose redirect nobody follows.
serve() {
    mkdir -m 700 "$WORK/data"
    printf '%s\n' "smtp_url = \"smtp://$HERE:$1\"" '[user]' 'code_pause = "15s"' '[notification]' 'webhooks_allow_private = true' \
        >"$WORK/data/berth.toml"
    if [ -n "$PIECES" ]; then "$PIECES" start "$WORK/data" "127.0.0.1:$2"; return; fi
    BERTH_CONFIG="$WORK/data/berth.toml" \
        start_berthd "$BERTHD" "$WORK/data" "127.0.0.1:$2" "$WORK/berthd.log" "$WORK/berthd.pid"
}
last_words() {
    case "$TOPOLOGY" in
        cluster) tail -n 20 "$WORK/data"/*/log ;;
        compose) "$PIECES" logs "$WORK/data" ;;
        *) tail -n 40 "$WORK/berthd.log" ;;
    esac
}

# The collection as this platform takes it: containers are public, so that the first sign-up has to know the set-up code, and
# find the door by its name. Their door shows counts to nobody but itself: whoever collects them asks each process.
collection() {
    if [ "$TOPOLOGY" != compose ]; then cp "$COLLECTION" "$WORK/collection.json"; return; fi
    # shellcheck disable=SC2016 # those are the filter's
    jq --arg code "$(cat "$WORK/data/secrets/setup_code")" '(.. | objects | .raw | strings) |= (
        (if contains("\"password\":") and contains("\"first_name\":") then sub("\"password\":"; "\"setup_code\": \"\($code)\", \"password\":") else . end)
        | sub("\"url\": \"{{base_url}}/docs\""; "\"url\": \"http://nginx:8080/docs\"")) | del(.. | objects | select(.name == "Counts"))' \
        "$COLLECTION" >"$WORK/collection.json"
}

run() {
    collection
    "$BIN/newman" run "$WORK/collection.json" -e "$ENVIRONMENT" --env-var "base_url=http://127.0.0.1:$1" --env-var "mail_url=http://127.0.0.1:$2" \
        --reporters cli,json --reporter-cli-no-success-assertions --reporter-cli-no-failures --reporter-cli-no-banner \
        --reporter-json-export "$WORK/result.json" --color off --timeout-request 70000
}

# What failed, each with its request; then the count. Failures are also requests that got no answer and scripts that threw.
count() {
    # shellcheck disable=SC2016 # that is JavaScript
    node -e '
        const { run } = JSON.parse(require("fs").readFileSync(process.argv[1]));
        const failed = run.failures.length, total = run.stats.assertions.total;
        for (const { source, error } of run.failures) {
            console.log(`FAILED  ${source?.name ?? "a script"}: ${error.test ?? error.name}\n        ${error.message}`);
        }
        console.log(`newman: ${total - run.stats.assertions.failed} passed, ${failed} failed`);' "$WORK/result.json"
}

main() {
    local ports status=0 covered=0
    [ -x "$BERTHD" ] || die "no $BERTHD: run cargo build first"
    [ -f "$COLLECTION" ] || die "no $COLLECTION"
    [ -x "$BIN/newman" ] || die "no newman: run stack/tools.sh first"
    covered || covered=1
    mapfile -t ports < <(free_ports 3)
    [ "${#ports[@]}" = 3 ] || die "no free ports"
    start_mail "${ports[0]}" "${ports[1]}"
    serve "${ports[0]}" "${ports[2]}"
    run "${ports[2]}" "${ports[1]}" || status=$?
    if [ "$status" != 0 ]; then printf '\nthe last lines of berthd:\n'; last_words; fi
    [ -f "$WORK/result.json" ] || die "newman gave no result"
    count
    [ "$covered" = 0 ] || warn "the collection leaves out operations: see its first lines"
    return $((status | covered))
}

main
