# shellcheck shell=bash
# What every script here shares: where things live, how to speak to the reader, and how to end only what we started.

set -euo pipefail

BERTH_ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
BERTH_CACHE="${BERTH_CACHE:-$HOME/.cache/berth}"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$BERTH_CACHE/target}"
STACK_DIR="$BERTH_CACHE/stack"
mkdir -p "$STACK_DIR"

say()  { printf '==> %s\n' "$*"; }
note() { printf '    %s\n' "$*"; }
warn() { printf 'warning: %s\n' "$*" >&2; }
die()  { printf 'error: %s\n' "$*" >&2; exit 1; }

has() { command -v "$1" >/dev/null 2>&1; }

# Debian's client speaks the same API as Debian's daemon; another one earlier in PATH may not bring BuildKit.
docker_bin() { if [ -x /usr/bin/docker ]; then echo /usr/bin/docker; else command -v docker || echo docker; fi; }
docker() { command "$(docker_bin)" "$@"; }

is_debian() { [ -r /etc/os-release ] && grep -qE '^ID(_LIKE)?=.*(debian|ubuntu)' /etc/os-release; }
can_install() { [ "$(id -u)" = 0 ] && is_debian && has apt-get; }

now_ms() { date +%s%3N; }
# since START_MS -> "1.3 s"
since() { awk -v a="$1" -v b="$(now_ms)" 'BEGIN { printf "%.1f s", (b - a) / 1000 }'; }

# wait_until SECONDS COMMAND... -> 0 once the command succeeds, 1 when the time is up.
wait_until() {
    local deadline=$(( $(now_ms) + $1 * 1000 )); shift
    until "$@" >/dev/null 2>&1; do
        [ "$(now_ms)" -lt "$deadline" ] || return 1
        sleep 0.1
    done
}

# with_lock NAME: one run at a time of what follows in this process. Children that stay must close fd 9.
with_lock() {
    exec 9>"$STACK_DIR/$1.lock"
    flock -n 9 && return
    say "waiting for another run of $1 to finish"
    flock -w 900 9 || die "another run holds $STACK_DIR/$1.lock for 15 minutes"
}

# Runs of tests side by side share the engine and the servers: each holds one lock, as file 8, and ends neither while another
# holds it too. What is to outlive a run must close file 8.
join_tests() {
    exec 8>>"$STACK_DIR/tests.lock"
    flock -s -w 900 8 || die "another run ends its servers for 15 minutes; it holds $STACK_DIR/tests.lock"
}
# Gives our part up and, where nobody else has one, takes all of it: then what tests started may be ended.
alone_with_tests() {
    exec 8>>"$STACK_DIR/tests.lock"
    flock -n -x 8
}

# The kernel's start time of a process: with it a pid names one process for good, reused numbers included.
start_time() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }

# remember_pid FILE PID
remember_pid() { printf '%s %s\n' "$2" "$(start_time "$2")" >"$1"; }

# our_pid FILE -> prints the pid if that very process still runs.
our_pid() {
    local pid began
    [ -r "$1" ] || return 1
    read -r pid began <"$1" || return 1
    [ -n "${pid:-}" ] && [ -n "${began:-}" ] && [ "$(start_time "$pid")" = "$began" ] || return 1
    # A zombie has ended; it only waits for its parent.
    ! grep -q '^State:[[:space:]]*Z' "/proc/$pid/status" 2>/dev/null && echo "$pid"
}

# stop_by_file FILE SECONDS: SIGTERM, then SIGKILL when the time is up. Nothing happens to what we did not start.
stop_by_file() {
    local pid
    if pid="$(our_pid "$1")"; then
        kill -TERM "$pid" 2>/dev/null || true
        wait_until "$2" gone "$1" || { warn "process $pid did not stop in $2 s: killed"; kill -KILL "$pid" 2>/dev/null || true; }
    fi
    rm -f "$1"
}
gone() { ! our_pid "$1" >/dev/null; }

# The engine's address: DOCKER_HOST, or the usual socket.
engine_host() { echo "${DOCKER_HOST:-unix:///var/run/docker.sock}"; }
engine_answers() {
    local host; host="$(engine_host)"
    case "$host" in
        unix://*) has curl && [ "$(curl -s -m 3 --unix-socket "${host#unix://}" http://engine/_ping 2>/dev/null)" = OK ] ;;
        *) has "$(docker_bin)" && timeout 5 "$(docker_bin)" version --format '{{.Server.Version}}' >/dev/null 2>&1 ;;
    esac
}

# free_ports N [OWNER] -> N loopback ports, outside the range that the kernel lends to outgoing connections, found by binding
# them; lent to the directory OWNER until it is gone.
free_ports() { BERTH_CACHE="$BERTH_CACHE" node "$BERTH_ROOT/stack/free-ports.js" "$@"; }

# start_berthd BINARY DATA_DIR LISTEN OUT PID_FILE: starts it apart from the terminal and waits until it says that it is ready.
start_berthd() {
    # BERTH_CACHE is the scripts' own; the server refuses BERTH_ names that it does not know.
    env -u BERTH_CACHE setsid "$1" up --data-dir "$2" --listen "$3" >"$4" 2>&1 </dev/null 9>&- &
    remember_pid "$5" "$!"
    wait_until 60 ready_or_died "$4" "$5" && grep -q 'berth is ready on' "$4" && return
    tail -n 30 "$4" >&2
    warn "berthd was not ready in time; its log is $4"
    return 1
}
ready_or_died() { grep -q 'berth is ready on' "$1" || gone "$2"; }

# remove_installation DATA_DIR: what one Berth left on the engine and in the kernel, found by the label that only it uses.
remove_installation() {
    local id filter ids loop
    [ -r "$1/installation" ] && engine_answers || return 0
    id="$(tr -d '[:space:]' <"$1/installation")"
    [ -n "$id" ] || return 0
    filter="label=berth.installation=$id"
    mapfile -t ids < <(docker ps -aq --filter "$filter")
    [ "${#ids[@]}" = 0 ] || docker rm -f -v "${ids[@]}" >/dev/null 2>&1 || true
    mapfile -t ids < <(docker volume ls -q --filter "$filter")
    [ "${#ids[@]}" = 0 ] || docker volume rm -f "${ids[@]}" >/dev/null 2>&1 || true
    mapfile -t ids < <(docker network ls -q --filter "$filter")
    [ "${#ids[@]}" = 0 ] || docker network rm "${ids[@]}" >/dev/null 2>&1 || true
    remove_chains "${id: -8}"
    # Volumes with a size are loop devices over files in the data directory.
    has losetup || return 0
    losetup -n -O NAME,BACK-FILE -a 2>/dev/null | awk -v dir="$(realpath "$1")/" 'index($2, dir) == 1 { print $1 }' |
        while read -r loop; do losetup -d "$loop" 2>/dev/null || true; done
}

# remove_chains SHORT: the firewall rules of one installation, found by the end of its id, which names their chains.
remove_chains() {
    local tool chain rule
    for tool in iptables ip6tables; do
        has "$tool" || continue
        "$tool" -w -S 2>/dev/null | sed -n -E "s/^-A (.* -j BERTH-$1-(IN|FWD))$/\1/p" | while read -r rule; do
            # shellcheck disable=SC2086 # the rule is words
            "$tool" -w -D $rule 2>/dev/null || true
        done
        for chain in "BERTH-$1-IN" "BERTH-$1-FWD"; do
            { "$tool" -w -F "$chain" && "$tool" -w -X "$chain"; } 2>/dev/null || true
        done
    done
}
