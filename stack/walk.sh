#!/usr/bin/env bash
# The main job once, before the reader's eyes: an account, a Redis, a real PING, its live log. Run again, it logs in.
# usage: stack/walk.sh URL DATA_DIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

URL="${1:?usage: stack/walk.sh URL DATA_DIR}"
DATA_DIR="${2:?usage: stack/walk.sh URL DATA_DIR}"
BERTH="${BERTH_CLI:-$CARGO_TARGET_DIR/release/berth}"
EMAIL=demo@berth.local
PASSWORD_FILE="$DATA_DIR/demo-password"
NAME=demo

# The client's words, in one place each.
CLEAN=(env -u BERTH_CACHE -u BERTH_DATA_DIR -u BERTH_LISTEN -u BERTH_CLI)
berth() { "${CLEAN[@]}" "$BERTH" --url "$URL" --json "$@"; }
do_signup() { berth signup --email "$EMAIL" --password "$1" --first-name Demo --last-name Berth; }
do_ask_for_code() { berth otp --email "$EMAIL"; }
do_verify() { berth verify --email "$EMAIL" --otp "$1"; }
do_login() { berth login --email "$EMAIL" --password "$1"; }
do_create() { berth create redis --name "$NAME" --wait; }
do_start() { berth start "$NAME" --wait; }
do_connect() { berth connect "$NAME"; }
do_logs() { timeout 2 "${CLEAN[@]}" "$BERTH" --url "$URL" logs "$NAME" --tail 4 -f; }

# step SENTENCE COMMAND...: one line with a mark and the time it took; what went wrong is shown.
step() {
    local what="$1" began out; shift
    began="$(now_ms)"
    printf '    %-52s' "$what"
    if out="$("$@" 2>&1)"; then printf 'ok  %8s\n' "$(since "$began")"; return; fi
    printf 'failed\n%s\n' "$out" >&2
    return 1
}

make_password() { (umask 077; head -c 256 /dev/urandom | base64 -w0 | tr -dc 'A-Za-z0-9' | cut -c1-24 >"$PASSWORD_FILE"); }

# Newest mail to us with a code; headers and MIME boundaries hold digits too, so only the body counts.
code_from_mail() {
    local mail
    mail="$(find -H "$DATA_DIR/mail" -name '*.eml' -printf '%T@ %p\n' 2>/dev/null | sort -n | cut -d' ' -f2- \
        | xargs -r -d '\n' grep -lE '^Subject: [0-9]{6} ' | tail -n 1)"
    [ -n "$mail" ] || return 1
    tr -d '\r' <"$mail" | sed '1,/^$/d' | grep -oE '(^|[^0-9A-Za-z=#])[0-9]{6}([^0-9A-Za-z]|$)' | grep -oE '[0-9]{6}' | head -n 1
}
code_arrived() { [ -n "$(code_from_mail)" ]; }

sign_up() {
    # An earlier run may have ended between sign-up and verification.
    if [ -e "$PASSWORD_FILE.signed-up" ]; then step "ask for a new code for $EMAIL" do_ask_for_code
    else step "sign up as $EMAIL" do_signup "$(cat "$PASSWORD_FILE")"; fi
    touch "$PASSWORD_FILE.signed-up"
    step "wait for the code in $DATA_DIR/mail" wait_until 15 code_arrived
    step "verify with the code $(code_from_mail)" do_verify "$(code_from_mail)"
    touch "$PASSWORD_FILE.verified"
}

account() {
    [ -s "$PASSWORD_FILE" ] || make_password
    [ -e "$PASSWORD_FILE.verified" ] || sign_up
    step "log in" do_login "$(cat "$PASSWORD_FILE")"
}

redis() {
    if berth show "$NAME" >/dev/null 2>&1; then step "start the Redis of last time" do_start
    else step "allocate a Redis named $NAME and wait for it" do_create; fi
}

# Whatever shape the answer has, the command is the string that begins so.
redis_cli_command() { do_connect | jq -r '[.. | strings | select(startswith("redis-cli "))][0] // empty'; }

ping() {
    local argv reply
    read -ra argv < <(redis_cli_command) || { warn "berth connect $NAME printed no redis-cli command"; return 1; }
    reply="$("${argv[@]}" PING)"
    printf '    %-52s%s\n' "redis-cli -h … PING" "$reply"
    [ "$reply" = PONG ]
}

log_for_a_moment() {
    note "its live log:"
    do_logs 2>/dev/null | sed -u 's/^/      | /' || true
}

say "the main job, once"
account
redis
ping
log_for_a_moment
