#!/bin/sh
# A certificate for the front door that nobody signed but itself, for use on one's own machines: DIR/door.pem and DIR/door.key.
# What is there stays, unless this script made it and it has less than 30 days to go. POSIX shell, as nginx/door.sh.
# usage: nginx/certificate.sh DIR NAME-OR-ADDRESS...
set -eu

DIR="${1:?usage: nginx/certificate.sh DIR NAME-OR-ADDRESS...}"
shift
: "${1:?usage: nginx/certificate.sh DIR NAME-OR-ADDRESS...}"
# By this a later run knows its own.
MARK="Berth, signed by itself"
DAYS=397

names=
for name in "$@"; do
    case "$name" in
        *:*) kind=IP ;;
        *[!0-9.]*) kind=DNS ;;
        *) kind=IP ;;
    esac
    names="${names:+$names,}$kind:$name"
done

mkdir -p "$DIR"
if [ -e "$DIR/door.pem" ]; then
    openssl x509 -in "$DIR/door.pem" -noout -subject | grep -q "$MARK" || exit 0
    openssl x509 -in "$DIR/door.pem" -noout -checkend $((30 * 86400)) >/dev/null && exit 0
fi
umask 077
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days "$DAYS" -subj "/O=$MARK/CN=$1" \
    -addext "subjectAltName=$names" -keyout "$DIR/door.key.new" -out "$DIR/door.pem.new" 2>/dev/null
mv "$DIR/door.key.new" "$DIR/door.key"
mv "$DIR/door.pem.new" "$DIR/door.pem"
chmod 644 "$DIR/door.pem"
echo "made $DIR/door.pem for $names, valid for $DAYS days"
