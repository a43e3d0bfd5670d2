#!/usr/bin/env bash
# The backing servers of the scaled topology, real ones: installed where they are missing, each started once on ports and a
# directory of its own, used by all that run here, and ended by pid. servers/NAME/server.sh says what one server needs.
# usage: stack/servers.sh up|down|status|env         the shared ones; `env` prints the variables that tests find them by
#        stack/servers.sh forget                     removes the data of the shared ones, which are down
#        stack/servers.sh install NAME...            obtains their programs, and starts nothing
#        stack/servers.sh one NAME DIR [PORT...]     one more, a test's own: prints its address; in a known DIR it comes back on its ports
#        stack/servers.sh end DIR                    ends that one; its data stays, its process is in DIR/pid
# ADVERTISED_PORT is where Kafka tells its clients to come, if by a proxy of a test's.
# SERVERS_HOME keeps another set of the shared ones, SERVERS_LAST=yes means to keep it for longer than a run of tests.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

SERVERS=(mariadb mongodb cassandra redis kafka)
SERVERS_DIR="${SERVERS_HOME:-$BERTH_CACHE/servers}"
PROGRAMS="$BERTH_CACHE/servers/lib"
ENV_FILE="$SERVERS_DIR/env"
# Slow disks and cold caches included; a warm start is seconds.
PATIENCE=120
PATH="$PATH:/usr/sbin:/sbin"

# load NAME: that server's own words. Each gives: VARIABLE and PORTS (what it is known by, how many it listens on),
# install, prepare DIR PORT... (files, each start), launch DIR PORT... (becomes the server), ready DIR PORT... and
# address PORT; and where it needs one, begun DIR PORT... for what is done once it answers.
load() {
    SERVER_HOME="$BERTH_ROOT/stack/servers/$1"
    [ -r "$SERVER_HOME/server.sh" ] || die "no server named $1: there are ${SERVERS[*]} and redis-cluster"
    begun() { :; }
    # shellcheck source=/dev/null
    . "$SERVER_HOME/server.sh"
}

# java17 -> the program; the newer ones do not run Cassandra.
java17() {
    local candidate
    for candidate in "${JAVA_HOME:-/nowhere}/bin/java" java /usr/lib/jvm/*17*/bin/java; do
        if "$candidate" -version 2>&1 | grep -q '"17\.'; then type -P "$candidate"; return; fi
    done
    return 1
}
install_java() {
    java17 >/dev/null || "$BERTH_ROOT/stack/packages.sh" openjdk-17-jre-headless maven
    java17 >/dev/null || apt_java
}
# Another Java stands in its place: `java` is there, but not this one.
apt_java() { can_install && DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install openjdk-17-jre-headless >&2; }

# What servers are started for: `tests` that share them, `one` test that may kill it, or to `last`.
USE=tests
[ -z "${SERVERS_LAST:-}" ] || USE=last

# Tests start servers often and ask little of them: the JVM's quick compiler alone halves what a start costs.
jvm_compiler() { [ "$USE" = last ] || echo -XX:TieredStopAtLevel=1; }

# maven_lib NAME: the jars that its pom.xml names, in $PROGRAMS/NAME, obtained once.
maven_lib() {
    local lib="$PROGRAMS/$1" pom="$SERVER_HOME/pom.xml"
    ! cmp -s "$pom" "$lib/.installed" || return 0
    "$BERTH_ROOT/stack/packages.sh" maven
    rm -rf "$lib"
    mvn -q -B -Dstyle.color=never -f "$pom" dependency:copy-dependencies -DoutputDirectory="$lib" >&2 || die "maven could not obtain $1"
    cp "$pom" "$lib/.installed"
}

# The one tool that all need, to find ports with.
install_node() { has node || "$BERTH_ROOT/stack/packages.sh" nodejs; }

# ports_of NAME DIR [PORT...]: given, remembered or new ones; remembered so that it comes back where it was.
ports_of() {
    local dir="$2"; shift 2
    if [ "$#" -gt 0 ]; then printf '%s\n' "$@" >"$dir/ports"; fi
    touch "$dir/ports"
    { cat "$dir/ports"; free_ports "$PORTS" "$dir"; } | head -n "$PORTS" >"$dir/ports.new"
    mv "$dir/ports.new" "$dir/ports"
    cat "$dir/ports"
}
taken() { local port; for port in "$@"; do ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || return 0; done; return 1; }

# state DIR TEXT: what it is about, for whoever watches.
state() { printf '%s\n' "$2" >"$1/state"; }

came_up() { ready "$@" || gone "$1/pid"; }

# start_one NAME DIR [PORT...]: until it answers. Idempotent.
start_one() {
    local name="$1" dir="$2" ports; shift 2
    load "$name"
    mkdir -p "$dir"
    dir="$(cd "$dir" && pwd)"
    if our_pid "$dir/pid" >/dev/null; then
        mapfile -t ports <"$dir/ports"
        wait_until 10 ready "$dir" "${ports[@]}" || die "$name runs, but does not answer; its log is $dir/log"
        state "$dir" "ready at $(address "${ports[0]}")"
        return
    fi
    state "$dir" "installing"
    install_node
    install
    mapfile -t ports < <(ports_of "$name" "$dir" "$@")
    state "$dir" "preparing its data directory"
    prepare "$dir" "${ports[@]}"
    state "$dir" "starting"
    ( launch "$dir" "${ports[@]}" ) >>"$dir/log" 2>&1 </dev/null 9>&- &
    remember_pid "$dir/pid" "$!"
    if wait_until "$PATIENCE" came_up "$dir" "${ports[@]}" && ready "$dir" "${ports[@]}" && begun "$dir" "${ports[@]}"; then
        state "$dir" "ready at $(address "${ports[0]}")"
        return
    fi
    state "$dir" "failed: see $dir/log"
    tail -n 20 "$dir/log" >&2
    stop_by_file "$dir/pid" 10
    die "$name did not come up; its log is $dir/log"
}

# The remembered ports of a server that is down may have been lent to another.
forget_taken_ports() {
    local dir="$SERVERS_DIR/$1" ports
    if [ ! -s "$dir/ports" ] || our_pid "$dir/pid" >/dev/null; then return; fi
    mapfile -t ports <"$dir/ports"
    ! taken "${ports[@]}" || rm "$dir/ports"
}

# All ports at once: started side by side, two servers might otherwise be given the same.
lend_ports() {
    local name ports all need=0
    for name in "${SERVERS[@]}"; do
        forget_taken_ports "$name"
        [ -s "$SERVERS_DIR/$name/ports" ] || need=$((need + $(load "$name"; echo "$PORTS")))
    done
    [ "$need" -gt 0 ] || return 0
    mapfile -t all < <(free_ports "$need" "$SERVERS_DIR")
    for name in "${SERVERS[@]}"; do
        [ ! -s "$SERVERS_DIR/$name/ports" ] || continue
        ports="$(load "$name"; echo "$PORTS")"
        printf '%s\n' "${all[@]:0:$ports}" >"$SERVERS_DIR/$name/ports"
        all=("${all[@]:$ports}")
    done
}

shared() {
    local name="$1" began; began="$(now_ms)"
    if our_pid "$SERVERS_DIR/$name/pid" >/dev/null; then how=using; else how=started; fi
    start_one "$name" "$SERVERS_DIR/$name"
    say "$name: $how $(address "$(head -n 1 "$SERVERS_DIR/$name/ports")") in $(since "$began")"
}

up() {
    local name job jobs=() failed=0
    mkdir -p "${SERVERS[@]/#/$SERVERS_DIR/}"
    with_lock servers
    install_node
    lend_ports
    for name in "${SERVERS[@]}"; do shared "$name" & jobs+=("$name:$!"); done
    for job in "${jobs[@]}"; do
        wait "${job#*:}" && continue
        state "$SERVERS_DIR/${job%:*}" "failed: see what stack/servers.sh said"
        failed=1
    done
    [ "$failed" = 0 ] || die "not all servers came up"
    write_env
}

write_env() {
    local name
    for name in "${SERVERS[@]}"; do
        ( load "$name"; printf "export %s='%s'\n" "$VARIABLE" "$(address "$(head -n 1 "$SERVERS_DIR/$name/ports")")" )
    done >"$ENV_FILE.new"
    mv "$ENV_FILE.new" "$ENV_FILE"
}

down() {
    local name jobs=()
    with_lock servers
    for name in "${SERVERS[@]}"; do
        if our_pid "$SERVERS_DIR/$name/pid" >/dev/null; then say "$name: stopping"; else say "$name: nothing of ours to stop"; fi
        stop_by_file "$SERVERS_DIR/$name/pid" 30 & jobs+=("$!")
        rm -f "$SERVERS_DIR/$name/state"
    done
    wait "${jobs[@]}"
    rm -f "$ENV_FILE"
}

forget() {
    local name
    with_lock servers
    for name in "${SERVERS[@]}"; do
        ! our_pid "$SERVERS_DIR/$name/pid" >/dev/null || die "$name runs: end it first with stack/servers.sh down"
        rm -rf "${SERVERS_DIR:?}/$name"
    done
}

status() {
    local name pid missing=0
    for name in "${SERVERS[@]}"; do
        if pid="$(our_pid "$SERVERS_DIR/$name/pid")"; then
            say "$name: $(load "$name"; address "$(head -n 1 "$SERVERS_DIR/$name/ports")"), pid $pid, log $SERVERS_DIR/$name/log"
        else
            say "$name: down"; missing=1
        fi
    done
    return "$missing"
}

case "${1:-}" in
    up) up ;;
    down) down ;;
    status) status ;;
    forget) forget ;;
    install) for name in "${@:2}"; do ( install_node; load "$name"; install ); done ;;
    env) [ -r "$ENV_FILE" ] || die "the servers are down: run stack/servers.sh up"; cat "$ENV_FILE" ;;
    one)
        [ "$#" -ge 3 ] || die "usage: stack/servers.sh one NAME DIR [PORT...]"
        USE=one
        start_one "${@:2}" >&2
        address "$(head -n 1 "$3/ports")" ;;
    end) stop_by_file "${2:?usage: stack/servers.sh end DIR}/pid" 30 ;;
    *) die "usage: stack/servers.sh up|down|status|env|forget|install NAME...|one NAME DIR [PORT...]|end DIR" ;;
esac
