#!/bin/sh
# The certificates that services know each other by: a CA in /certificates/ca, which no service mounts, and in a directory each
# what a service needs. Made once; renewed when one has less than 14 days to go, or as the arguments say. Services take up
# new files by themselves.
# usage: certificates.sh [renew [--new-ca|--drop-old-ca]]
set -eu
ca=/certificates/ca
if [ ! -e "$ca/ca.key" ]; then berthd certs init "$ca"
elif [ "${1:-}" = renew ]; then shift; berthd certs renew "$@" "$ca"
else berthd certs show "$ca" >/dev/null || berthd certs renew "$ca"; fi

# hand FILE SERVICE: the whole of it or the old one.
hand() { cp -p "$ca/$1" "/certificates/$2/$1.new" && mv "/certificates/$2/$1.new" "/certificates/$2/$1"; }
for service in user machines allocation feed verifier docker notification interact; do
    hand ca.pem "$service"
    hand "$service.pem" "$service"
done
# The docker service is root without the right to read what is another's; its directory is its own.
chmod 444 /certificates/docker/docker.pem
