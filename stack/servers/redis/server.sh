# shellcheck shell=bash
# Redis: throttles and caches. It keeps what it was told across restarts, up to the last second.
# shellcheck disable=SC2034 # read by servers.sh
VARIABLE=TEST_REDIS_URL
# shellcheck disable=SC2034
PORTS=1

install() { "$BERTH_ROOT/stack/packages.sh" --idle redis-server redis-tools; }
prepare() { mkdir -p "$1/data"; }
launch() {
    exec setsid redis-server --dir "$1/data" --bind 127.0.0.1 --port "$2" --appendonly yes --save '' --maxclients 2000 --databases 1
}
ready() { [ "$(redis-cli -h 127.0.0.1 -p "$2" ping 2>/dev/null)" = PONG ]; }
address() { echo "redis://127.0.0.1:$1"; }
