#!/usr/bin/env bash
# The container engine: uses the one that answers, else installs and starts one, and ends only what it started.
# usage: stack/engine.sh up|down|status
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

PID_FILE="$STACK_DIR/dockerd.pid"
LOG="$STACK_DIR/dockerd.log"

version() { docker version --format '{{.Server.Version}} (API {{.Server.APIVersion}})' 2>/dev/null || echo 'unknown version'; }

# dockerd refuses to start beside a pid file whose process exists, be it a zombie or another program that got the number.
remove_stale_pid_files() {
    local name file
    for name in dockerd containerd; do
        file=/var/run/docker.pid
        [ "$name" = dockerd ] || file=/var/run/docker/containerd/containerd.pid
        [ -f "$file" ] || continue
        runs "$(cat "$file")" "$name" || rm -f "$file"
    done
}
runs() { [ "$(cat "/proc/$1/comm" 2>/dev/null)" = "$2" ] && ! grep -q '^State:[[:space:]]*Z' "/proc/$1/status" 2>/dev/null; }

# Bare virtual machines and containers come up without control groups; init systems mount them, so here we do.
mount_cgroups() {
    local name hierarchy count enabled
    mountpoint -q /sys/fs/cgroup && return
    say "mounting control groups"
    mount -t tmpfs -o mode=755 cgroup_root /sys/fs/cgroup
    while read -r name hierarchy count enabled; do
        case "$name" in \#*) continue ;; esac
        [ "$enabled" = 1 ] || continue
        mkdir -p "/sys/fs/cgroup/$name"
        mount -t cgroup -o "$name" cgroup "/sys/fs/cgroup/$name" || warn "no $name control group ($hierarchy, $count)"
    done </proc/cgroups
}

started_by_systemd() { [ -d /run/systemd/system ] && systemctl start docker 2>/dev/null && wait_until 30 engine_answers; }

start() {
    mount_cgroups
    remove_stale_pid_files
    PATH="$PATH:/usr/sbin:/sbin" setsid dockerd --host unix:///var/run/docker.sock --shutdown-timeout 15 >"$LOG" 2>&1 </dev/null 9>&- &
    remember_pid "$PID_FILE" "$!"
    wait_until 60 answers_or_died && engine_answers && return
    tail -n 20 "$LOG" >&2
    stop_by_file "$PID_FILE" 20
    die "dockerd did not answer in time; its log is $LOG"
}
answers_or_died() { engine_answers || gone "$PID_FILE"; }

up() {
    with_lock engine
    local began; began="$(now_ms)"
    if engine_answers; then say "engine: using the one at $(engine_host), $(version)"; return; fi
    case "$(engine_host)" in
        unix:///var/run/docker.sock | unix:///run/docker.sock) ;;
        *) die "DOCKER_HOST is $DOCKER_HOST and nothing answers there: start that engine, or unset DOCKER_HOST" ;;
    esac
    if [ "$(id -u)" != 0 ] && [ -S /var/run/docker.sock ]; then
        die "/var/run/docker.sock does not answer you: join the group docker (sudo usermod -aG docker $(id -un)), or run this as root"
    fi
    "$BERTH_ROOT/stack/packages.sh" curl docker.io iproute2 iptables e2fsprogs
    [ "$(id -u)" = 0 ] || die "no engine answers, and starting dockerd takes root: run 'sudo dockerd', or this as root"
    # The package's own service may have come up with its installation.
    if engine_answers || started_by_systemd; then say "engine: $(version), run by systemd"; return; fi
    start
    say "engine: started dockerd $(version) in $(since "$began"); log: $LOG"
}

down() {
    with_lock engine
    local pid
    if pid="$(our_pid "$PID_FILE")"; then
        say "engine: stopping dockerd (pid $pid)"
        stop_by_file "$PID_FILE" 40
    else
        rm -f "$PID_FILE"
        say "engine: nothing of ours to stop"
    fi
}

status() {
    local pid
    engine_answers || { say "engine: nothing answers at $(engine_host)"; exit 1; }
    if pid="$(our_pid "$PID_FILE")"; then say "engine: $(version), ours (pid $pid)"; else say "engine: $(version), not started by us"; fi
}

case "${1:-}" in
    up) up ;;
    down) down ;;
    status) status ;;
    *) die "usage: stack/engine.sh up|down|status" ;;
esac
