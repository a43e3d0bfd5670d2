# shellcheck shell=bash
# Redis Cluster of one node that holds all slots: scripts whose keys lie in different slots fail here as they would there.
# shellcheck disable=SC2034 # read by servers.sh
VARIABLE=
# The second is the cluster bus.
# shellcheck disable=SC2034
PORTS=2

install() { "$BERTH_ROOT/stack/packages.sh" --idle redis-server redis-tools; }
prepare() { mkdir -p "$1/data"; }
launch() {
    exec setsid redis-server --dir "$1/data" --bind 127.0.0.1 --port "$2" --cluster-enabled yes --cluster-port "$3" --appendonly yes --save ''
}
ready() { [ "$(redis-cli -h 127.0.0.1 -p "$2" ping 2>/dev/null)" = PONG ]; }
begun() {
    [ -e "$1/data/.slots" ] || redis-cli -h 127.0.0.1 -p "$2" cluster addslotsrange 0 16383 >/dev/null
    touch "$1/data/.slots"
    wait_until 10 serves_slots "$2"
}
serves_slots() { redis-cli -h 127.0.0.1 -p "$1" cluster info | grep -q '^cluster_state:ok'; }
address() { echo "redis://127.0.0.1:$1"; }
