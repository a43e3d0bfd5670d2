# shellcheck shell=bash
# A test's own platform from docker-compose.yml: its services are its own containers, the servers are shared by all tests, as
# another project from the same file. What differs from the file as it is written stands in `override` below.

SERVERS_PROJECT=berth-test-servers
SERVERS_HOME="$STACK_DIR/compose-servers"
# Of tests: beside Berth's own subnets, outside of what engines and people usually take.
SERVERS_NET=10.199.255
SERVERS_OF_COMPOSE=(mariadb mongodb cassandra redis kafka)
SERVICES_OF_COMPOSE=(user machines verifier docker allocation feed notification interact)

# Neither .env nor the files that it names: they are for the reader's own project.
servers_compose() {
    CASSANDRA_HEAP=768M COMPOSE_PROJECT_NAME="$SERVERS_PROJECT" BERTH_SECRETS="$SERVERS_HOME/secrets" BERTH_NET="$SERVERS_NET" \
        CASSANDRA_JVM="-XX:TieredStopAtLevel=1 -Dcassandra.test.flush_local_schema_changes=false" \
        docker compose --env-file /dev/null -f docker-compose.yml "$@"
}

servers_up() {
    with_lock compose-servers
    make_secrets "$SERVERS_HOME/secrets" berth
    stack/compose/images.sh servers
    servers_compose up -d --wait "${SERVERS_OF_COMPOSE[@]}"
    exec 9>&-
}

servers_down() {
    with_lock compose-servers
    servers_compose down -v -t 2
    rm -rf "$SERVERS_HOME"
}

# test_compose DIR ARGUMENT...: on the project in DIR.
test_compose() {
    COMPOSE_PROJECT_NAME="$(cat "$1/name")" docker compose --progress quiet --env-file "$1/env" --project-directory "$BERTH_ROOT" \
        -f docker-compose.yml -f "$1/compose.yml" "${@:2}"
}

# net_of LISTEN: a subnet by the number of the port, which no two tests have.
net_of() { local number=$((${1##*:} % 2250)); echo "10.$((190 + number / 250)).$((number % 250))"; }

# What a test's project is told.
environment() {
    local net; net="$(net_of "$2")"
    printf '%s\n' "BERTH_SECRETS=$1/secrets" "BERTH_STATE=$1/state" "BERTH_TOML=$1/berth.toml" "BERTH_PUBLISH=$2" "BERTH_NET=$net" \
        "BERTH_KAFKA_ADDRESS=$SERVERS_NET.130" BERTH_PROBE_EVERY=2s BERTH_VERSION=test DOOR_REQUESTS=100000 DOOR_BURST=100000 DOOR_CONNECTIONS=10000
    # shellcheck disable=SC2086 # several words
    [ -z "${SETTINGS:-}" ] || printf '%s\n' $SETTINGS
}

# The servers are another project's, where names are its own; mail is where a test reads it; what a test serves on this host is
# found as `testhost`.
override() {
    local service name; name="$(cat "$1/name")"
    printf '%s\n' "# Written by stack/compose/test.sh." "services:"
    for service in "${SERVERS_OF_COMPOSE[@]}"; do printf '  %s: {profiles: [elsewhere]}\n' "$service"; done
    cat <<YML
  accounts:
    network_mode: container:$SERVERS_PROJECT-mongodb-1
    depends_on: !reset {}
    environment: &names
      BERTH_KAFKA__TOPIC_PREFIX: $name.
      BERTH_REDIS__PREFIX: "$name:"
      BERTH_FEED__KEYSPACE: ${name}_feed
      BERTH_MACHINES__MONGODB_DATABASE: ${name}_machines
      BERTH_VERIFIER__MONGODB_DATABASE: ${name}_verifier
  migrate:
    environment: *names
    depends_on: !override {accounts: {condition: service_completed_successfully}}
YML
    for service in "${SERVICES_OF_COMPOSE[@]}"; do
        printf '  %s:\n    extra_hosts: ["testhost:%s.1"]\n' "$service" "$(net_of "$2")"
        case "$service" in docker) engine ;; *) printf '    environment: *names\n' ;; esac
    done
    cat <<YML
networks:
  stores: !override {external: true, name: ${SERVERS_PROJECT}_stores}
volumes:
  mail: {driver: local, driver_opts: {type: none, o: bind, device: $1/mail}}
YML
}

# The docker service's engine: where it is a proxy's, by the directory of its socket, because who cuts one makes it anew.
engine() {
    local socket="${TEST_ENGINE:-}"
    socket="${socket#unix://}"
    printf '    environment:\n      <<: *names\n'
    [ -z "$socket" ] || printf '      DOCKER_HOST: unix://%s\n    volumes: ["%s:%s"]\n' "$socket" "${socket%/*}" "${socket%/*}"
}

# prepare DIR LISTEN: everything but running services.
prepare() {
    local dir name file
    mkdir -p "$1"
    dir="$(cd "$1" && pwd)"
    name="${CLUSTER_NAME:-t$(tr -dc 'A-Za-z0-9' <<<"$dir" | tr 'A-Z' 'a-z' | tail -c 24)}"
    servers_up
    BERTH_VERSION=test stack/compose/images.sh berthd "${TEST_BERTHD:-$CARGO_TARGET_DIR/debug/berthd}"
    echo "$name" >"$dir/name"
    mkdir -p -m 700 "$dir/secrets" "$dir/state"
    mkdir -p "$dir/mail"
    chown 10001:10001 "$dir/mail"
    for file in mariadb_root_password mysql_admin_url mongodb_key mongodb_admin_url cassandra_admin_url feed_password redis_conf redis_url; do
        cp -p "$SERVERS_HOME/secrets/$file" "$dir/secrets/"
    done
    make_secrets "$dir/secrets" "$name"
    ln -sfn secrets/installation "$dir/installation"
    [ -e "$dir/berth.toml" ] || : >"$dir/berth.toml"
    environment "$dir" "$2" >"$dir/env"
    override "$dir" "$2" >"$dir/compose.yml"
    test_compose "$dir" up -d --no-build certificates accounts migrate docs
    # shellcheck disable=SC2046 # several words
    test_compose "$dir" create --no-build --no-recreate ${REPLICAS:+$(printf -- '--scale %s ' $REPLICAS)}
    finished "$dir"
    folders "$dir"
}

# Those that run once have, and well.
finished() {
    local name container
    for name in certificates accounts migrate docs; do
        container="$(test_compose "$1" ps -aq "$name")"
        [ "$(timeout 180 "$(docker_bin)" wait "$container")" = 0 ] || { docker logs --tail 20 "$container" >&2; die "$name did not end well"; }
    done
}

# A folder a container with `run` in it, as stack/cluster.sh makes one a process: it becomes who starts the container, hears
# what it says, and ends as it ends.
folders() {
    local container service folder
    test_compose "$1" ps -a --format '{{.Name}} {{.Service}}' "${SERVICES_OF_COMPOSE[@]}" nginx | while read -r container service; do
        folder="$service-${container##*-}"
        [ "$service" != nginx ] || folder=door
        mkdir -p "$1/$folder"
        echo "$container" >"$1/$folder/container"
        printf '#!/bin/sh\n# Written by stack/compose/test.sh: becomes this container.\nexec %s start --attach %s\n' "$(docker_bin)" "$container" \
            >"$1/$folder/run"
        chmod 700 "$1/$folder/run"
    done
}

start() {
    prepare "$1" "$2"
    test_compose "$1" up -d --no-build --wait --wait-timeout 120 ||
        { test_compose "$1" logs --tail 20 >&2; die "the platform in $1 was not ready in time"; }
}

end() {
    [ -e "$1/name" ] || return 0
    test_compose "$1" down -v -t 1 --remove-orphans
    detach_volumes "$1/state"
    drop_databases "$(cat "$1/name")"
}

address_of() { docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' "$SERVERS_PROJECT-$1-1"; }

# What a broker has to carry for each goes first. On the servers whose containers have no client, what is left goes with them.
drop_databases() {
    local service
    node "$BERTH_ROOT/stack/servers/client/kafka.mjs" "$SERVERS_NET.130:9092" delete "$1."
    CASSANDRA_LOGIN="$(sed -E 's|.*://(.*)@.*|\1|' "$SERVERS_HOME/secrets/cassandra_admin_url")" \
        node "$BERTH_ROOT/stack/servers/client/cassandra.mjs" "$(address_of cassandra):9042" "DROP KEYSPACE IF EXISTS $1_feed"
    { for service in user allocation notification; do
        printf 'DROP DATABASE IF EXISTS `%s`; DROP USER IF EXISTS `%s`;\n' "$1_$service" "$1_$service"
    done } | docker exec -i "$SERVERS_PROJECT-mariadb-1" sh -c 'MYSQL_PWD="$(cat /run/secrets/mariadb_root_password)" exec mariadb -u root'
    docker exec "$SERVERS_PROJECT-redis-1" sh -c 'export REDISCLI_AUTH="$(sed "s/^requirepass //" /run/secrets/redis_conf)"
        redis-cli --scan --pattern "$1:*" | xargs -r redis-cli unlink' sh "$1" >/dev/null
}
