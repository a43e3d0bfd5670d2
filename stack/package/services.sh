# shellcheck shell=bash
# The other topology on units: eight services, each hardened as its unit says, on the real servers of the tests.

SERVICES=(user machines verifier docker allocation feed notification interact)

# What an administrator writes into berth.toml, with the three lines that the packaged one has as comments. One secret goes the
# other way, as a file that one unit loads.
services_toml() {
    local i
    sed -n 's/^#\(installation_file\|master_key_file\) /\1 /p' packaging/berth.toml
    cat <<TOML
drain = "1s"
[kafka]
brokers = "$TEST_KAFKA"
topic_prefix = "$CLUSTER."
[redis]
url = "$TEST_REDIS_URL"
prefix = "$CLUSTER:"
[allocation]
database_url = "$TEST_MYSQL_URL/${CLUSTER}_allocation"
[notification]
database_url = "$TEST_MYSQL_URL/${CLUSTER}_notification"
[machines]
mongodb_url = "$TEST_MONGODB_URL"
mongodb_database = "${CLUSTER}_machines"
[verifier]
mongodb_url = "$TEST_MONGODB_URL"
mongodb_database = "${CLUSTER}_verifier"
[feed]
cassandra = "$TEST_CASSANDRA"
keyspace = "${CLUSTER}_feed"
[peers]
$(sed -n 's/^#certificates /certificates /p' packaging/berth.toml)
TOML
    for i in "${!SERVICES[@]}"; do [ "${SERVICES[i]}" = interact ] || echo "${SERVICES[i]} = \"127.0.0.1:${PORTS[2 * i + 1]}\""; done
}

# Ports of its own: the network is the host's.
services_env() {
    local i
    for i in "${!SERVICES[@]}"; do
        printf 'BERTH_LISTEN=127.0.0.1:%s\nBERTH_PEERS__LISTEN=127.0.0.1:%s\n' "${PORTS[@]:2 * i:2}" >"$ROOT/etc/berth/services/${SERVICES[i]}.env"
    done
}

secret_of_user() {
    local dir="$ROOT/etc/systemd/system/berthd@user.service.d"
    mkdir -p "$dir"
    (umask 077; echo "$TEST_MYSQL_URL/${CLUSTER}_user" >"$ROOT/etc/berth/platform/database_url")
    printf '[Service]\nLoadCredential=database_url:/etc/berth/platform/database_url\nEnvironment=BERTH_USER__DATABASE_URL_FILE=%%d/database_url\n' >"$dir/secrets.conf"
}

units() { printf 'berthd@%s.service\n' "${SERVICES[@]}"; }
port_of_service() { local i; for i in "${!SERVICES[@]}"; do [ "${SERVICES[i]}" != "$1" ] || echo "${PORTS[2 * i]}"; done; }
service_ready() { inside curl -fsS -m 5 "http://127.0.0.1:$(port_of_service "$1")/readyz"; }
ended_well() { local unit; for unit in $(units); do [ "$(inside systemctl show -P Result "$unit")" = success ] || { echo "$unit"; return 1; }; done; }
uid_of() { inside stat -c %u "/proc/$(pid_of "berthd@$1")"; }
# systemd's range for users that it makes up.
dynamic() { [ "$1" -ge 61184 ] && [ "$1" -le 65519 ]; }
mail_came() { inside sh -c 'cat /var/lib/berth-services/notification/mail/*.eml' | grep -q '^Subject: [0-9]\{6\} '; }

begin_stores() {
    local here
    # Their words for databases and topics serve here too.
    # shellcheck source=stack/cluster/stores.sh
    . stack/cluster/stores.sh
    stack/servers.sh status >/dev/null || die "the tests' servers are not up: run stack/servers.sh up"
    here="$(stack/servers.sh env)"
    eval "$here"
    CLUSTER="package$$"
    make_stores "$CLUSTER"
}
# In a shell of its own: what it waits for is all that its shell began, and ours began a Debian.
end_stores() { [ -z "${CLUSTER:-}" ] || (drop_stores "$CLUSTER") >/dev/null 2>&1 || true; CLUSTER=""; }

# As docs/operations.md has it: commands that root runs, with what the example says and the secrets by variables.
scene_by_hand() {
    local told="$WORK/doctor.json" wrong
    inside env BERTH_USER__DATABASE_URL_FILE=/etc/berth/platform/database_url berthd doctor --json --config "$CONF" >"$told" || true
    # The servers of the tests are small, and some of them know no passwords: what is looked at here is what the host has.
    wrong="$(jq -r '.findings[] | select(.level == "wrong" and (.id | test("^(config|identity|peers|host)\\."))) | "\(.id) \(.subject // "") \(.told)"' "$told")"
    expect "the doctor finds nothing wrong with settings, keys and certificates" test -z "$wrong"
    expect "and it did look" test "$(jq '[.findings[] | select(.id == "peers.certificates" and .level == "ok")] | length' "$told")" = 8
    expect "a service without a database is not called migrated" no inside berthd migrate user
}

started_at() { inside systemctl show -P ActiveEnterTimestampMonotonic "berthd@$1"; }
# The order of packaging/debian/postinst.
in_order() {
    local service last=0 at
    for service in docker verifier user machines feed notification allocation interact; do
        at="$(started_at "$service")"
        [ "$at" -gt "$last" ] || { echo "$service began at $at, the one before at $last"; return 1; }
        last="$at"
    done
}
scene_upgrade_of_services() {
    local before service
    before="$(pid_of berthd@user)"
    expect "an upgrade takes them one by one" install_deb "$NEW"
    expect "what ran was restarted" test "$(pid_of berthd@user)" != "$before"
    expect "who is called before who calls" in_order
    for service in "${SERVICES[@]}"; do expect "$service is ready again" service_ready "$service"; done
}

scene_services() {
    local service unit
    say "services of their own"
    begin_stores
    mapfile -t PORTS < <(free_ports 16 "$WORK")
    inside systemctl stop berthd
    expect "a platform's id, key and certificates are made" inside /usr/lib/berth/new-platform
    services_toml >"$ROOT$CONF"
    services_env
    secret_of_user
    inside systemctl daemon-reload
    for unit in $(units); do inside systemctl enable -q "$unit"; done
    expect "tables and topics are made" inside env BERTH_USER__DATABASE_URL_FILE=/etc/berth/platform/database_url berthd migrate --config "$CONF"
    expect "the target starts them" inside systemctl start berthd.target
    for service in "${SERVICES[@]}"; do expect "$service is ready" soon service_ready "$service"; done
    for service in user feed; do expect "$service is a user that was made for it" dynamic "$(uid_of "$service")"; done
    expect "they are not the same" test "$(uid_of user)" != "$(uid_of feed)"
    expect "docker is root" test "$(uid_of docker)" = 0
    expect "somebody signs up" inside berth --url "http://127.0.0.1:$(port_of_service user)" signup \
        --email "$EMAIL" --password "$PASSWORD" --first-name Ada --last-name L
    expect "the event reaches who mails" soon mail_came
    scene_by_hand
    scene_upgrade_of_services
    expect "stopping the target stops them" inside systemctl stop berthd.target
    expect "all of their own accord" ended_well
    end_stores
}
