# shellcheck shell=bash
# What a cluster has on the backing servers, by its name: a database for each service, and topics.

# port_of URL: of HOST:PORT wherever it stands in it.
port_of() { sed -E 's/.*127\.0\.0\.1:([0-9]+).*/\1/' <<<"$1"; }

mysql_root() { mariadb --no-defaults --host=127.0.0.1 --port="$(port_of "$TEST_MYSQL_URL")" --user=root; }
mongodb_admin() { node "$BERTH_ROOT/stack/servers/client/mongodb.mjs" "$(port_of "$TEST_MONGODB_URL")" "$@" >/dev/null; }
cassandra_cql() { node "$BERTH_ROOT/stack/servers/client/cassandra.mjs" "$(port_of "$TEST_CASSANDRA")" "$@"; }
kafka_topics() { node "$BERTH_ROOT/stack/servers/client/kafka.mjs" "$(port_of "$TEST_KAFKA")" "$@"; }
redis_keys() { redis-cli -u "$TEST_REDIS_URL" --scan --pattern "$1" | xargs -r redis-cli -u "$TEST_REDIS_URL" unlink >/dev/null; }

# What an administrator makes before the services: MySQL's databases. The others' come with the migrations.
make_stores() {
    local service
    for service in user allocation notification; do echo "CREATE DATABASE IF NOT EXISTS \`$1_$service\` CHARACTER SET utf8mb4;"; done | mysql_root
}

# Side by side: each takes its server a moment.
drop_stores() {
    local service
    { for service in user allocation notification; do echo "DROP DATABASE IF EXISTS \`$1_$service\`;"; done | mysql_root; } &
    for service in machines verifier; do mongodb_admin '{"dropDatabase": 1}' "$1_$service"; done &
    cassandra_cql "DROP KEYSPACE IF EXISTS $1_feed" &
    kafka_topics delete "$1." &
    redis_keys "$1:*" &
    wait
}
