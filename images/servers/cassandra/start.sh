#!/bin/bash
# `cassandra -f -Dname=value…`, as Cassandra's own start script takes it: heap by MAX_HEAP_SIZE, the rest for the JVM by
# JVM_EXTRA_OPTS.
set -eu
[ "${1:-}" != -f ] || shift
heap="${MAX_HEAP_SIZE:-512M}"
# Ours last: of two that say the same the later one counts.
# shellcheck disable=SC2086 # several words
exec java @/etc/cassandra/java17.options "-Xms$heap" "-Xmx$heap" ${JVM_EXTRA_OPTS:-} -Dcassandra.storagedir=/var/lib/cassandra \
    "$@" -cp '/opt/cassandra/lib/*' org.apache.cassandra.service.CassandraDaemon
