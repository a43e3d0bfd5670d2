#!/bin/sh
# The front door as one process: writes NGINX's configuration into DIR, becomes NGINX, and beside it follows the services'
# addresses, so that replicas that come and go are known without a restart. POSIX shell: it runs in NGINX's own image too.
# usage: nginx/door.sh DIR [test]        `test` only has NGINX read what was written
# DIR/peers has a line for each service: its name, and HOST:PORT of its replicas with commas between them. A HOST that is a name
# is looked up again every few seconds and stands for all of its addresses.
# DOOR_LISTEN       where plain HTTP is answered, `127.0.0.1:8080`; empty where it is not
# DOOR_TLS_LISTEN   where TLS is answered, with DIR/door.pem and DIR/door.key; DOOR_LISTEN then only shows the way there
# DOOR_REQUESTS, DOOR_BURST, DOOR_CONNECTIONS   of one address: requests a second, those at once, connections with one under way
# DOOR_WORKER_CONNECTIONS   connections of each of DOOR_WORKERS processes
# DOOR_PROXIES      addresses and networks of load balancers before this door, whose X-Forwarded-For is believed
# DOOR_LOG          the file that each request gets a line of JSON in; `off` for none
set -eu

HERE="$(cd "$(dirname "$0")" && pwd)"
DIR="${1:?usage: nginx/door.sh DIR [test]}"
DOOR_LISTEN="${DOOR_LISTEN-127.0.0.1:8080}"
DOOR_TLS_LISTEN="${DOOR_TLS_LISTEN:-}"
DOOR_REQUESTS="${DOOR_REQUESTS:-200}"
DOOR_BURST="${DOOR_BURST:-400}"
DOOR_CONNECTIONS="${DOOR_CONNECTIONS:-400}"
DOOR_WORKERS="${DOOR_WORKERS:-auto}"
DOOR_WORKER_CONNECTIONS="${DOOR_WORKER_CONNECTIONS:-16384}"
DOOR_PROXIES="${DOOR_PROXIES:-}"
DOOR_LOG="${DOOR_LOG:-/dev/stdout}"
# How often names are looked up.
EVERY=3
PATH="$PATH:/usr/sbin"

mkdir -p "$DIR/tmp" "$DIR/site"
cd "$DIR"
ln -sfn "$HERE/conf" conf

# write FILE: what comes in, the whole of it or what was there before; 1 where nothing changed.
write() {
    cat >"$1.new"
    if cmp -s "$1.new" "$1"; then rm "$1.new"; return 1; fi
    mv "$1.new" "$1"
}

# resolve HOST:PORT -> each of its addresses, or nothing.
resolve() {
    host="${1%:*}" port="${1##*:}"
    case "$host" in
        \[*\]) echo "$1"; return ;;
        *[!0-9.]*) ;;
        *) echo "$1"; return ;;
    esac
    getent ahosts "$host" | awk -v port="$port" '$2 == "STREAM" { if ($1 ~ /:/) print "[" $1 "]:" port; else print $1 ":" port }' | sort -u
}

# An upstream by each service's name. Who cannot be found now keeps the addresses it had: a name server may be away too.
upstreams() {
    while read -r service places; do
        [ -n "$service" ] || continue
        found="$(for place in $(echo "$places" | tr , ' '); do resolve "$place"; done)"
        if [ -z "$found" ]; then found="$(cat "tmp/$service" 2>/dev/null || true)"; else echo "$found" >"tmp/$service"; fi
        printf 'upstream %s {\n    zone %s 64k;\n' "$service" "$service"
        for address in $found; do printf '    server %s fail_timeout=1s;\n' "$address"; done
        [ -n "$found" ] || printf '    server 127.0.0.1:9 down;\n'
        # Shorter than the services keep theirs, so that it is never they who close first.
        printf '    keepalive 64;\n    keepalive_requests 100000;\n    keepalive_timeout 60s;\n}\n'
    done <peers
}

limits() {
    printf 'limit_req_zone $client zone=requests:10m rate=%sr/s;\nlimit_conn_zone $client zone=connections:10m;\n' "$DOOR_REQUESTS"
    printf 'limit_req zone=requests burst=%s nodelay;\nlimit_conn connections %s;\n' "$DOOR_BURST" "$DOOR_CONNECTIONS"
    for proxy in $DOOR_PROXIES; do printf 'set_real_ip_from %s;\n' "$proxy"; done
    [ -z "$DOOR_PROXIES" ] || printf 'real_ip_header X-Forwarded-For;\nreal_ip_recursive on;\n'
}

listeners() {
    if [ -n "$DOOR_TLS_LISTEN" ]; then
        printf 'server {\n    listen %s ssl http2 backlog=4096;\n    include conf/tls.conf;\n    include conf/server.conf;\n}\n' "$DOOR_TLS_LISTEN"
            [ -z "$DOOR_LISTEN" ] || printf 'server { listen %s; return 308 https://$host:%s$request_uri; }\n' "$DOOR_LISTEN" "${DOOR_TLS_LISTEN##*:}"
    elif [ -n "$DOOR_LISTEN" ]; then
        printf 'server {\n    listen %s backlog=4096;\n    include conf/server.conf;\n}\n' "$DOOR_LISTEN"
    fi
}

# As many files as its connections take, two each, where this process may have them.
files() {
    most="$(ulimit -H -n)" wanted=$((DOOR_WORKER_CONNECTIONS * 2))
    if [ "$most" = unlimited ] || [ "$most" -gt "$wanted" ]; then echo "$wanted"; else echo "$most"; fi
}

main_file() {
    cat <<CONF
# Written by nginx/door.sh.
daemon off;
pid nginx.pid;
error_log stderr warn;
worker_processes $DOOR_WORKERS;
worker_rlimit_nofile $(files);
# Who still holds a socket of a process from before so many reloads connects again.
worker_shutdown_timeout 24h;
$([ "$(id -u)" != 0 ] || echo "user $(id -un);")
events { worker_connections $DOOR_WORKER_CONNECTIONS; }
http {
    client_body_temp_path tmp/body;
    proxy_temp_path tmp/proxy;
    fastcgi_temp_path tmp/fastcgi;
    uwsgi_temp_path tmp/uwsgi;
    scgi_temp_path tmp/scgi;
    include conf/http.conf;
    access_log $([ "$DOOR_LOG" = off ] && echo off || echo "$DOOR_LOG line buffer=32k flush=1s");
}
CONF
}

# What NGINX has to read again where it changes.
state() { cat upstreams.conf door.pem 2>/dev/null | cksum; }

# follow MASTER LOADED: until it is gone. What it cannot read it goes on without, and is asked again the next time.
follow() {
    loaded="$2"
    while sleep "$EVERY" && kill -0 "$1" 2>/dev/null; do
        upstreams | write upstreams.conf || true
        now="$(state)"
        [ "$now" != "$loaded" ] || continue
        nginx -t -q -e stderr -p "$DIR" -c nginx.conf && kill -HUP "$1" && loaded="$now" || true
    done
}

# A directory that was used before may have all of these as they are.
upstreams | write upstreams.conf || true
limits | write limits.conf || true
listeners | write listen.conf || true
main_file | write nginx.conf || true
# A socket that a killed one left is in the way of the next.
rm -f ready.sock
if [ "${2:-}" = test ]; then exec nginx -t -q -e stderr -p "$DIR" -c nginx.conf; fi
follow $$ "$(state)" &
exec nginx -e stderr -p "$DIR" -c nginx.conf
