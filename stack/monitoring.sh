#!/usr/bin/env bash
# Whether what operators watch by is right: alerts and dashboard parse, each alert fires and stays quiet as its tests say and has
# its part of docs/operations.md, and every metric that these name is one that Berth really gives.
# usage: stack/monitoring.sh            all of it; needs an engine and the debug build of berthd and berth
#        stack/monitoring.sh static     without a running Berth
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$BERTH_ROOT"

# What `berthd up` does not show: it is of services in processes of their own, or of what went wrong. Looked for in the code.
ELSEWHERE="berth_outbox_lag_seconds berth_outbox_lag_rows berth_redis_up berth_redis_failed_total berth_peer_connect_failures_total
berth_peer_retries_total berth_tls_certificate_not_after_seconds berth_verifier_owner_asked_total berth_outbox_late_total
berth_outbox_failed_total berth_sql_retries_total berth_feed_batches_repeated_total berth_bus_skipped_total berth_outbox_sent_total"

PASSED=0
ok() { note "$1"; PASSED=$((PASSED + 1)); }

alerts() { sed -n 's/^ *- alert: //p' monitoring/alerts.yml; }
expressions() { jq -r '.panels[].targets[]?.expr' monitoring/grafana.json; }
# names FILE... -> the metrics that are named in them, histograms by the name they are exported under
names() { grep -ohE '\b(berth|process)_[a-z_]+[a-z]\b' "$@" | sed -E 's/_(bucket|count|sum)$//' | sort -u; }

check_rules() {
    local out
    out="$(promtool check rules monitoring/alerts.yml)" || die "$out"
    out="$(promtool check config monitoring/prometheus.yml)" || die "$out"
    out="$(promtool test rules monitoring/alerts_test.yml 2>&1)" || { printf '%s\n' "$out" >&2; die "an alert does not do as its test says"; }
    ok "rules, their tests and the example configuration"
}

# No alert without a case that fires, one that does not, and a page.
check_alerts_are_covered() {
    local alert anchor
    for alert in $(alerts); do
        grep -q "name: $alert fires" monitoring/alerts_test.yml || die "$alert has no case that fires"
        grep -q "name: $alert is quiet" monitoring/alerts_test.yml || die "$alert has no case that is quiet"
        anchor="docs/operations.md#$(tr '[:upper:]' '[:lower:]' <<<"$alert")"
        grep -q "runbook: $anchor\$" monitoring/alerts.yml || die "$alert does not name $anchor"
        grep -q "^### $alert\$" docs/operations.md || die "docs/operations.md has no part named $alert"
    done
    for alert in $(sed -n 's/^### \(Berth[A-Za-z]*\)$/\1/p' docs/operations.md); do
        alerts | grep -qx "$alert" || die "docs/operations.md has a part for $alert, which is no alert"
    done
    ok "$(alerts | wc -l) alerts, each with cases and a page"
}

check_dashboard() {
    local rules="$WORK/dashboard.yml" out
    jq -e '([.panels[].id] | length == (unique | length)) and ([.panels[].title] | all(. != ""))
        and .schemaVersion >= 36 and all(.panels[] | select(.type != "row"); (.targets | length) > 0)' monitoring/grafana.json >/dev/null ||
        die "monitoring/grafana.json: ids of panels are unique, panels have titles and something to show"
    # Prometheus itself reads the expressions, as rules.
    # shellcheck disable=SC2016 # Grafana's variables, not ours
    expressions | sed -e 's/\$__rate_interval/5m/g' -e 's/\$job/berth/g' |
        jq -Rn '{groups: [{name: "dashboard", rules: [inputs | {record: "x", expr: .}] | to_entries | map({record: "x\(.key)", expr: .value.expr})}]}' >"$rules"
    out="$(promtool check rules "$rules" 2>&1)" || { printf '%s\n' "$out" >&2; die "an expression of the dashboard does not parse"; }
    ok "$(jq '[.panels[] | select(.type != "row")] | length' monitoring/grafana.json) panels with $(expressions | wc -l) expressions"
}

# The code says which metrics there are at all.
check_elsewhere() {
    local name
    for name in $ELSEWHERE; do grep -rqF "\"$name\"" crates services berthd --include=*.rs || die "nothing in the code is called $name"; done
}

# A Berth of our own does its main job once; what it shows afterwards is what it has.
check_live() {
    local listen data="$WORK/data" shown="$WORK/shown" name missing=()
    stack/engine.sh up
    listen="127.0.0.1:$(free_ports 1 "$WORK")"
    start_berthd "$CARGO_TARGET_DIR/debug/berthd" "$data" "$listen" "$WORK/berthd.log" "$WORK/berthd.pid"
    BERTH_CLI="$CARGO_TARGET_DIR/debug/berth" stack/walk.sh "http://$listen" "$data" >"$WORK/walk.log" || { cat "$WORK/walk.log" >&2; die "the walk failed"; }
    curl -s -o "$WORK/refusal" "http://$listen/allocations"
    wait_until 30 all_shown "http://$listen" "$shown" || true
    for name in $WANTED; do grep -qx "$name" "$shown" || missing+=("$name"); done
    [ "${#missing[@]}" = 0 ] || die "named by alerts, dashboard or docs/operations.md, and not exported: ${missing[*]}"
    ok "$(wc -w <<<"$WANTED") metrics that a running berthd exports, $(wc -w <<<"$ELSEWHERE") that the code has"
}
# Some come with a task's next run.
all_shown() {
    curl -fsS "$1/metrics" | sed -n 's/^# TYPE \([a-z_]*\) .*/\1/p' | sort -u >"$2"
    local name
    for name in $WANTED; do grep -qx "$name" "$2" || return 1; done
}

clean_up() {
    stop_by_file "$WORK/berthd.pid" 30
    remove_installation "$WORK/data" || true
    rm -rf "$WORK"
}
WORK="$(mktemp -d "${TMPDIR:-/tmp}/berth-monitoring.XXXXXX")"
trap clean_up EXIT
trap 'exit 130' INT TERM

stack/packages.sh --idle prometheus
stack/packages.sh jq
check_rules
check_alerts_are_covered
check_dashboard
check_elsewhere
expressions >"$WORK/expressions"
WANTED="$(names monitoring/alerts.yml "$WORK/expressions" docs/operations.md | grep -vxFf <(tr ' ' '\n' <<<"$ELSEWHERE" | grep .))"
[ "${1:-}" = static ] || check_live
printf "monitoring: %s passed, 0 failed\n" "$PASSED"
