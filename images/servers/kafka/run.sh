#!/bin/bash
# kafka-storage.sh and kafka-server-start.sh, as Kafka's own scripts take their arguments: heap by KAFKA_HEAP_OPTS, the log's
# configuration by KAFKA_LOG4J_OPTS.
set -eu
case "$(basename "$0")" in
    kafka-storage.sh) main=kafka.tools.StorageTool heap="-Xmx256m -XX:TieredStopAtLevel=1" ;;
    *) main=kafka.Kafka heap="${KAFKA_HEAP_OPTS:--Xmx512m} -XX:+UseSerialGC" ;;
esac
# shellcheck disable=SC2086 # several words
exec java -Xshare:auto $heap ${KAFKA_LOG4J_OPTS:-} -cp '/opt/kafka/libs/*' "$main" "$@"
