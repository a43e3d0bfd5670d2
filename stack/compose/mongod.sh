#!/bin/bash
# Becomes mongod. Its key file has to be its own and nobody else's to read, which a mounted secret is not: it works on a copy.
set -eu
install -m 400 /run/secrets/mongodb_key /tmp/key
exec mongod --dbpath /data/db --bind_ip_all --port 27017 --replSet rs0 --keyFile /tmp/key --nounixsocket --quiet \
    --wiredTigerCacheSizeGB "${CACHE_GB:-0.25}" --oplogSize "${OPLOG_MB:-256}"
