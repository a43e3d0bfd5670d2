# shellcheck shell=bash
# Cassandra: the feed. One node.
# shellcheck disable=SC2034 # read by servers.sh
VARIABLE=TEST_CASSANDRA
# The second is for other nodes.
# shellcheck disable=SC2034
PORTS=2
CASSANDRA_LIB="$PROGRAMS/cassandra"

install() { install_java; maven_lib cassandra; }

prepare() {
    mkdir -p "$1/data" "$1/tmp"
    sed -e "s|@DIR@|$1|; s|@PORT@|$2|; s|@STORAGE_PORT@|$3|" "$SERVER_HOME/cassandra.yaml" >"$1/cassandra.yaml"
}

launch() {
    # shellcheck disable=SC2046 # none is no word
    exec setsid "$(java17)" $(jvm_compiler) $(quick_schema) @"$SERVER_HOME/java17.options" -Dcassandra.config="file://$1/cassandra.yaml" \
        -Dcassandra.storagedir="$1/data" -Djava.io.tmpdir="$1/tmp" -Dlogback.configurationFile="$SERVER_HOME/logback.xml" \
        -cp "$CASSANDRA_LIB/*" org.apache.cassandra.service.CassandraDaemon
}

# Each change of the schema is written into tables of its own, which takes a second or three, and tests make keyspaces without
# end. Left in memory until a proper stop it is a twentieth of that; who kills such a server loses it.
quick_schema() { [ "$USE" != tests ] || echo -Dcassandra.test.flush_local_schema_changes=false; }

# Clients are let in last.
ready() { taken "$2"; }
address() { echo "127.0.0.1:$1"; }
