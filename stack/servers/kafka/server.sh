# shellcheck shell=bash
# Kafka: the events between the services. One broker in KRaft mode, no ZooKeeper.
# shellcheck disable=SC2034 # read by servers.sh
VARIABLE=TEST_KAFKA
# The second is the controller's.
# shellcheck disable=SC2034
PORTS=2
KAFKA_LIB="$PROGRAMS/kafka"

install() { install_java; maven_lib kafka; }

prepare() {
    sed -e "s|@DIR@|$1|; s|@PORT@|$2|; s|@CONTROLLER_PORT@|$3|; s|@ADVERTISED_PORT@|${ADVERTISED_PORT:-$2}|" "$SERVER_HOME/server.properties" >"$1/server.properties"
    [ ! -e "$1/data/meta.properties" ] || return 0
    tool format --cluster-id "$(tool random-uuid)" --config "$1/server.properties" >"$1/log"
}
tool() { "$(java17)" -Xshare:auto -XX:TieredStopAtLevel=1 -cp "$KAFKA_LIB/*" kafka.tools.StorageTool "$@" 2>/dev/null; }

launch() {
    # What it said before its last end would pass for being ready.
    : >"$1/log"
    # shellcheck disable=SC2046 # none is no word
    exec setsid "$(java17)" $(jvm_compiler) -Xms128m -Xmx512m -XX:+UseSerialGC -Dlog4j2.configurationFile="$SERVER_HOME/log4j2.properties" \
        -cp "$KAFKA_LIB/*" kafka.Kafka "$1/server.properties"
}

ready() { grep -q 'Kafka Server started' "$1/log" && taken "$2"; }
address() { echo "127.0.0.1:$1"; }
