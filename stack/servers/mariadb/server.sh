# shellcheck shell=bash
# MariaDB in place of MySQL: user, allocation and notification. A commit is on disk when it is answered, as in production.
# shellcheck disable=SC2034 # read by servers.sh
VARIABLE=TEST_MYSQL_URL
# shellcheck disable=SC2034
PORTS=1

install() { "$BERTH_ROOT/stack/packages.sh" --idle mariadb-server-core mariadb-client; }

prepare() {
    local dir="$1"
    [ ! -e "$dir/data/.made" ] || return 0
    rm -rf "$dir/data"
    mariadb-install-db --no-defaults --datadir="$dir/data" --user="$(id -un)" --auth-root-authentication-method=normal \
        --skip-test-db --skip-name-resolve >"$dir/log" 2>&1 || { tail -n 20 "$dir/log" >&2; return 1; }
    touch "$dir/data/.made"
}

# Small for a machine that carries five servers; the many connections are those of tests side by side.
launch() {
    exec setsid mariadbd --no-defaults --datadir="$1/data" --user="$(id -un)" --socket="$1/socket" --pid-file="$1/mariadb.pid" \
        --bind-address=127.0.0.1 --port="$2" --skip-name-resolve --max-connections=500 --table-open-cache=1000 \
        --character-set-server=utf8mb4 --innodb-buffer-pool-size=128M --innodb-log-file-size=64M --innodb-flush-log-at-trx-commit=1 \
        --performance-schema=OFF
}

ready() { mariadb-admin --no-defaults --host=127.0.0.1 --port="$2" --user=root ping >/dev/null 2>&1; }
address() { echo "mysql://root@127.0.0.1:$1"; }
