# shellcheck shell=bash
# The folders of a cluster, one a process: `run` becomes that process, `ports` are its own, `log` and `pid` come with it.

SERVICES=(user machines verifier docker allocation feed notification interact)

replicas_of() { sed -nE "s/.*(^| )$1=([0-9]+)( .*|$)/\2/p" <<<"${REPLICAS:-}" | grep . || echo 1; }
instances_of() { seq -f "$1-%g" "$(replicas_of "$1")"; }
instances() { local service; for service in "${SERVICES[@]}"; do instances_of "$service"; done; }

# lend_folder_ports DIR: two each, for people and for peers; all at once, and kept.
lend_folder_ports() {
    local instance free new=()
    for instance in $(instances); do [ -s "$1/$instance/ports" ] || new+=("$instance"); done
    [ "${#new[@]}" -gt 0 ] || return 0
    mapfile -t free < <(free_ports $((2 * ${#new[@]})) "$1")
    for instance in "${new[@]}"; do
        mkdir -p "$1/$instance"
        printf '%s\n' "${free[@]:0:2}" >"$1/$instance/ports"
        free=("${free[@]:2}")
    done
}
http_of() { echo "127.0.0.1:$(sed -n 1p "$1/ports")"; }
grpc_of() { echo "127.0.0.1:$(sed -n 2p "$1/ports")"; }

# joined DIR SERVICE http|grpc -> the addresses of all its replicas, with commas between
joined() { local instance; for instance in $(instances_of "$2"); do "$3_of" "$1/$instance"; done | paste -sd,; }

# settings DIR NAME INSTANCE: what this process is told beside DIR/berth.toml, as variables.
settings() {
    local dir="$1" name="$2" instance="$3" service="${3%-*}" peer
    printf '%s\n' "LISTEN=$(http_of "$dir/$instance")" "DATA_DIR=$dir/$instance/data" "INSTALLATION_FILE=$dir/installation" \
        "MASTER_KEY_FILE=$dir/master.key" "KAFKA__BROKERS=$TEST_KAFKA" "KAFKA__TOPIC_PREFIX=$name." \
        "PEERS__LISTEN=$(grpc_of "$dir/$instance")" "PEERS__CERTIFICATES=$dir/certs"
    for peer in "${SERVICES[@]}"; do
        [ "$peer" = "$service" ] || [ "$peer" = interact ] || printf '%s\n' "PEERS__${peer^^}=$(joined "$dir" "$peer" grpc)"
    done
    case "$service" in
        user | allocation | notification) echo "${service^^}__DATABASE_URL=$TEST_MYSQL_URL/${name}_$service" ;;
        machines | verifier) echo "${service^^}__MONGODB_URL=$TEST_MONGODB_URL"; echo "${service^^}__MONGODB_DATABASE=${name}_$service" ;;
        feed) echo "FEED__CASSANDRA=$TEST_CASSANDRA"; echo "FEED__KEYSPACE=${name}_feed" ;;
    esac
    printf '%s\n' "REDIS__URL=$TEST_REDIS_URL" "REDIS__PREFIX=$name:"
    # Who others are is what the door says; and where others come, the platform guards itself as one that they reach.
    is_local "$LISTEN" || echo 'LIMITS__TRUSTED_PROXIES=["127.0.0.1"]'
}

# write_run FILE LINE...: a script, the whole one or the old one. A process that was started otherwise ends.
write_run() {
    local file="$1"; shift
    printf '%s\n' '#!/bin/sh' '# Written by stack/cluster.sh: becomes this process.' "$@" >"$file.new"
    chmod 700 "$file.new"
    if cmp -s "$file.new" "$file"; then rm "$file.new"; return; fi
    mv "$file.new" "$file"
    stop_by_file "${file%run}pid" 30
}

# write_service DIR NAME INSTANCE BERTHD
write_service() {
    local dir="$1" name="$2" instance="$3" line lines=()
    mkdir -p "$dir/$instance/data" "$dir/mail"
    chmod 700 "$dir/$instance/data"
    # Whichever replica mails, it is found in one place.
    ln -sfn "$dir/mail" "$dir/$instance/data/mail"
    while read -r line; do lines+=("export BERTH_${line%%=*}='${line#*=}'"); done < <(settings "$dir" "$name" "$instance")
    write_run "$dir/$instance/run" "cd '$dir/$instance' || exit 1" "${lines[@]}" "exec '$4' \"\${1:-serve}\" '${instance%-*}' --config '$dir/berth.toml'"
}

# is_local LISTEN: whether only this machine reaches it.
is_local() { grep -qxE '(127(\.[0-9]+){3}|\[::1\]|localhost):[0-9]+' <<<"$1"; }

# write_door DIR LISTEN: NGINX in front of them. To others than this machine it speaks TLS.
write_door() {
    local dir="$1" door="$1/door" service where=(DOOR_LISTEN="$2") variable told=()
    mkdir -p "$door"
    for service in "${SERVICES[@]}"; do echo "$service $(joined "$dir" "$service" http)"; done >"$door/peers.new"
    mv "$door/peers.new" "$door/peers"
    is_local "$2" || where=(DOOR_LISTEN= DOOR_TLS_LISTEN="$2")
    for variable in "${!DOOR_@}"; do told+=("export $variable='${!variable}'"); done
    for variable in "${where[@]}"; do told+=("export ${variable%%=*}='${variable#*=}'"); done
    write_run "$door/run" "${told[@]}" "exec '$BERTH_ROOT/nginx/door.sh' '$door'"
}
