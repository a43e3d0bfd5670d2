# shellcheck shell=bash
# The secrets of docker-compose.yml, a file each. Who may enter their directory may read them; containers, which run as other
# users, get only those that are mounted into them. What is there is not written again.

random_word() { head -c 512 /dev/urandom | base64 -w0 | tr -dc 'A-Za-z0-9' | cut -c1-32; }

# secret DIR NAME TEXT: the whole of it, or what is there.
secret() {
    [ ! -s "$1/$2" ] || return 0
    printf '%s\n' "$3" >"$1/$2.new"
    chmod 444 "$1/$2.new"
    mv "$1/$2.new" "$1/$2"
}

# together DIR NAME...: files of one password. Where one is missing the others go too, or they would be of two.
together() {
    local dir="$1" name; shift
    for name in "$@"; do
        [ -s "$dir/$name" ] || { ( cd "$dir" && rm -f "$@" ); return; }
    done
}

# make_secrets DIR NAME: with databases and accounts that begin with NAME.
make_secrets() {
    local dir="$1" name="$2" service
    mkdir -p -m 700 "$dir"
    secret "$dir" installation "$(cat /proc/sys/kernel/random/uuid)"
    secret "$dir" master_key "$(head -c 32 /dev/urandom | base64 -w0)"
    secret "$dir" setup_code "$(random_word)"
    secret "$dir" mariadb_root_password "$(random_word)"
    secret "$dir" mysql_admin_url "mysql://root:$(cat "$dir/mariadb_root_password")@mariadb:3306"
    for service in user allocation notification; do
        secret "$dir" "${service}_database_url" "mysql://${name}_$service:$(random_word)@mariadb:3306/${name}_$service"
    done
    secret "$dir" mongodb_key "$(head -c 66 /dev/urandom | base64 -w0)"
    secret "$dir" mongodb_admin_url "mongodb://root:$(random_word)@127.0.0.1:27017/?authSource=admin"
    for service in machines verifier; do
        secret "$dir" "${service}_mongodb_url" "mongodb://${name}_$service:$(random_word)@mongodb:27017/?replicaSet=rs0&authSource=admin"
    done
    secret "$dir" cassandra_admin_url "cassandra://berth_admin:$(random_word)@cassandra:9042"
    secret "$dir" feed_password "$(random_word)"
    together "$dir" redis_conf redis_url
    secret "$dir" redis_conf "requirepass $(random_word)"
    secret "$dir" redis_url "redis://:$(sed 's/^requirepass //' "$dir/redis_conf")@redis:6379"
}
