#!/bin/bash
# Formats an empty volume for Kafka, then becomes the broker. Both programs are Kafka's own, in its official image as here.
set -eu
data=/var/lib/kafka/data/log
config=/etc/berth/server.properties
if [ ! -e "$data/meta.properties" ]; then
    /opt/kafka/bin/kafka-storage.sh format --cluster-id "$(/opt/kafka/bin/kafka-storage.sh random-uuid | tail -n 1)" --config "$config"
fi
exec /opt/kafka/bin/kafka-server-start.sh "$config"
