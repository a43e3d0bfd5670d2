#!/bin/sh
# Makes the data directory on the first start, as the official image does, then becomes the server.
# MARIADB_ROOT_PASSWORD or MARIADB_ROOT_PASSWORD_FILE is required the first time; MARIADB_DATABASE, MARIADB_USER and
# MARIADB_PASSWORD are not.
set -eu
. /usr/local/lib/settle.sh
data=/var/lib/mysql

# An SQL string: backslashes and quotes doubled.
quote() { printf "'%s'" "$(printf '%s' "$1" | sed -e 's/\\/\\\\/g' -e "s/'/''/g")"; }
# shellcheck disable=SC2016 # backquotes are what SQL names are quoted with
name() { printf '`%s`' "$(printf '%s' "$1" | sed 's/`/``/g')"; }

accounts() {
    root="$(quote "$MARIADB_ROOT_PASSWORD")"
    echo "FLUSH PRIVILEGES;"
    # These would need no password.
    echo "DROP USER IF EXISTS root@'127.0.0.1', root@'::1';"
    echo "ALTER USER root@localhost IDENTIFIED BY $root;"
    echo "CREATE USER root@'%' IDENTIFIED BY $root;"
    echo "GRANT ALL ON *.* TO root@'%' WITH GRANT OPTION;"
    if [ -n "${MARIADB_DATABASE:-}" ]; then echo "CREATE DATABASE IF NOT EXISTS $(name "$MARIADB_DATABASE");"; fi
    [ -n "${MARIADB_USER:-}" ] || return 0
    echo "CREATE USER $(quote "$MARIADB_USER")@'%' IDENTIFIED BY $(quote "${MARIADB_PASSWORD:-}");"
    if [ -n "${MARIADB_DATABASE:-}" ]; then echo "GRANT ALL ON $(name "$MARIADB_DATABASE").* TO $(quote "$MARIADB_USER")@'%';"; fi
}

# Nothing is synced one by one while the directory is made: all of it is, once, before it counts.
fast="--innodb-log-file-size=48M --innodb-flush-method=nosync --innodb-doublewrite=0 --innodb-flush-log-at-trx-commit=0"

# Bootstrap mode reads SQL from its input and never opens a socket.
initialise() {
    [ -z "${MARIADB_ROOT_PASSWORD_FILE:-}" ] || MARIADB_ROOT_PASSWORD="$(cat "$MARIADB_ROOT_PASSWORD_FILE")"
    [ -n "${MARIADB_ROOT_PASSWORD:-}" ] || { echo "MARIADB_ROOT_PASSWORD is required to initialise the database" >&2; exit 1; }
    echo "initialising the database"
    begin "$data"
    # shellcheck disable=SC2086 # $fast is several words
    mariadb-install-db --no-defaults --datadir="$data/.new" --tmpdir=/tmp --auth-root-authentication-method=normal --skip-test-db \
        --skip-name-resolve --cross-bootstrap $fast >/tmp/.log 2>&1 || { cat /tmp/.log >&2; exit 1; }
    # shellcheck disable=SC2086
    accounts | mariadbd --no-defaults --bootstrap --datadir="$data/.new" --tmpdir=/tmp --skip-name-resolve $fast \
        --log-warnings=0 >/tmp/.log 2>&1 || { cat /tmp/.log >&2; exit 1; }
    if grep -q ERROR /tmp/.log; then cat /tmp/.log >&2; exit 1; fi
    rm -f /tmp/.log
    touch "$data/.new/.initialised"
    whole "$data"
}

case "${1:-}" in -*) set -- mariadbd "$@" ;; mysqld) shift; set -- mariadbd "$@" ;; esac
if [ "${1:-}" = mariadbd ]; then
    settle "$data" .initialised
    # A directory made by the official image has no mark of ours, but has its system tables.
    [ -e "$data/.initialised" ] || [ -d "$data/mysql" ] || { initialise; settle "$data" .initialised; }
fi
unset MARIADB_ROOT_PASSWORD MARIADB_PASSWORD
exec "$@"
