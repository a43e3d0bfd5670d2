#!/bin/sh
# Makes the database cluster on the first start, as the official image does, then becomes the server.
# POSTGRES_PASSWORD is required the first time; POSTGRES_USER (postgres), POSTGRES_DB (the user's name) and PGDATA are not.
set -eu
. /usr/local/lib/settle.sh
PGDATA="${PGDATA:-/var/lib/postgresql/data}"
export PGDATA
user="${POSTGRES_USER:-postgres}"
database="${POSTGRES_DB:-$user}"

initialise() {
    [ -n "${POSTGRES_PASSWORD:-}" ] || { echo "POSTGRES_PASSWORD is required to initialise the database" >&2; exit 1; }
    echo "initialising the database"
    begin "$PGDATA"
    printf '%s\n' "$POSTGRES_PASSWORD" >/tmp/.pw
    initdb --no-sync --pgdata "$PGDATA/.new" --username "$user" --pwfile /tmp/.pw \
        --encoding UTF8 --locale C.UTF-8 --auth-local trust --auth-host scram-sha-256 >/tmp/.log 2>&1 || { cat /tmp/.log >&2; exit 1; }
    rm -f /tmp/.pw /tmp/.log
    printf 'host all all all scram-sha-256\n' >>"$PGDATA/.new/pg_hba.conf"
    printf "listen_addresses = '*'\n" >>"$PGDATA/.new/postgresql.conf"
    create_database
    whole "$PGDATA"
}

# No server, so nothing listens: one backend that reads its standard input.
create_database() {
    [ "$database" != postgres ] || return 0
    quoted="$(printf '%s' "$database" | sed 's/"/""/g')"
    printf 'CREATE DATABASE "%s"\n' "$quoted" | postgres --single -D "$PGDATA/.new" postgres >/tmp/.log 2>&1 || { cat /tmp/.log >&2; exit 1; }
    if grep -q ERROR /tmp/.log; then cat /tmp/.log >&2; exit 1; fi
    rm -f /tmp/.log
}

# After a crash the server would accept connections and refuse them while it recovers; whoever takes an open port for
# ready is misled. One backend without a port recovers first. Trouble is left for the server to report.
recover() {
    [ -e "$PGDATA/postmaster.pid" ] || return 0
    echo "recovering after a crash"
    postgres --single -D "$PGDATA" template1 </dev/null >/dev/null || true
}

case "${1:-}" in -*) set -- postgres "$@" ;; esac
if [ "${1:-}" = postgres ]; then
    mkdir -p "$PGDATA"
    chmod 700 "$PGDATA"
    settle "$PGDATA" PG_VERSION
    [ -s "$PGDATA/PG_VERSION" ] || { initialise; settle "$PGDATA" PG_VERSION; }
    recover
fi
unset POSTGRES_PASSWORD
exec "$@"
