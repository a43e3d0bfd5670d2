# shellcheck shell=bash
# What an administrator does with the package, in the Debian that root.sh boots: each scene leaves its state to the next.

EMAIL=ada@berth.local
CONF=/etc/berth/berth.toml

# expect SENTENCE COMMAND...: the sentence is what holds if the command succeeds.
PASSED=0
expect() {
    local what="$1" out; shift
    if out="$("$@" 2>&1)"; then note "$what"; PASSED=$((PASSED + 1)); return; fi
    printf 'error: not so: %s\n%s\n' "$what" "$out" >&2
    [ -n "$ROOT_PID" ] || exit 1
    inside systemctl show -p Id,StatusText,Result 'berthd*' >&2 || true
    inside journalctl -u 'berthd*' -o cat -n 400 --no-pager | grep -v '"message":"GET ' | tail -n 30 >&2 || true
    exit 1
}
soon() { wait_until 120 "$@"; }
no() { ! "$@"; }

url() { echo "http://$LISTEN"; }
answers() { inside curl -fsS -m 5 "$(url)$1"; }
active() { inside systemctl is-active --quiet "$1"; }
berth() { inside berth --url "$(url)" --json "$@"; }
pid_of() { inside systemctl show -P MainPID "$1"; }
install_deb() { inside dpkg -i --force-confdef --force-confold "/$(basename "$1")"; }
database_rows() { inside sh -c 'ls -s /var/lib/berth/user.db' | grep -q user.db; }
kept() { inside test -s "$1"; }
container() { docker ps -q --no-trunc --filter "label=berth.installation=$(inside cat /var/lib/berth/installation)" --filter label=berth.kind=container; }
logged() { inside journalctl -u "$1" -o cat --no-pager | grep -q "$2"; }

run_scenes() {
    local began version deb
    began="$(now_ms)"
    stack/engine.sh up
    version="$(workspace_version)"
    LISTEN="127.0.0.1:$(free_ports 1 "$WORK")"
    say "building two versions"
    stage "$WORK/stage" "${BUILDS[@]}"
    OLD="$(pack "$WORK/stage" "$version-1" "$WORK" --fast)"
    NEW="$(pack "$WORK/stage" "$version-2" "$WORK" --fast)"
    expect "lintian finds no error" linted "$OLD"
    say "booting a Debian"
    boot_root
    for deb in "$OLD" "$NEW"; do cp "$deb" "$ROOT/"; done
    scene_install
    scene_start
    scene_upgrade
    scene_stopped_stays_stopped
    scene_remove_and_purge
    scene_services
    note "took $(since "$began")"
    printf "package: %s passed, 0 failed\n" "$PASSED"
}

# Berth has no address of its own to be written to, and libyaml is a Rust crate's.
linted() {
    stack/packages.sh lintian
    lintian --allow-root --fail-on error --suppress-tags bogus-mail-host,bogus-mail-host-in-debian-changelog,embedded-library "$1"
}

scene_install() {
    say "installing"
    expect "it installs" install_deb "$OLD"
    expect "it starts nothing by itself" no active berthd.service
    expect "its settings are there" kept "$CONF"
    expect "the client completes in bash" kept /usr/share/bash-completion/completions/berth
    expect "systemd takes its units" inside systemd-analyze --man=no verify berthd.service berthd@user.service berthd@docker.service
    expect "its page names each command of the server's" page_names_all
}
page_names_all() {
    local command
    for command in $(inside berthd --help | sed -n '/^Commands:/,/^$/ s/^  \([a-z]*\) .*/\1/p'); do
        zcat "$ROOT/usr/share/man/man8/berthd.8.gz" | grep -qw "$command" || { echo "berthd.8 lacks $command"; return 1; }
    done
}

scene_start() {
    say "starting"
    inside sh -c "printf 'listen = \"%s\"\n' '$LISTEN' | cat - $CONF >/tmp/conf && cp /tmp/conf $CONF"
    expect "systemctl start ends when it serves" inside systemctl enable --now berthd
    expect "it is ready, engine included" soon answers /readyz
    expect "systemd is told so" soon inside sh -c 'systemctl show -P StatusText berthd | grep -qx ready'
    expect "hardened as it is, it keeps the firewall" no logged berthd 'iptables'
    expect "and holds volumes to their size" no logged berthd 'not held to their size'
    expect "somebody signs up" berth signup --email "$EMAIL" --password "$PASSWORD" --first-name Ada --last-name L
    expect "the code is in the mail" soon code
    expect "it verifies" berth verify --email "$EMAIL" --otp "$(code)"
    log_in
    expect "a container runs" berth create memcached --name kept --wait
    CONTAINER="$(container)"
    expect "which is one" test "$(wc -w <<<"$CONTAINER")" = 1
}
PASSWORD="correct-horse-$$"
log_in() { expect "the account logs in" berth login --email "$EMAIL" --password "$PASSWORD"; }
code() { inside sh -c 'cat /var/lib/berth/mail/*.eml' | grep -oE '^Subject: [0-9]{6} ' | grep -oE '[0-9]{6}' | tail -n 1 | grep .; }

scene_upgrade() {
    local before
    say "upgrading"
    before="$(pid_of berthd)"
    expect "the new version installs" install_deb "$NEW"
    expect "what ran was restarted" test "$(pid_of berthd)" != "$before"
    expect "and drained before" logged berthd 'gone; containers keep running'
    expect "it is ready again" soon answers /readyz
    expect "edited settings survive" inside grep -q "$LISTEN" "$CONF"
    log_in
    expect "the container ran on" test "$(container)" = "$CONTAINER"
}

scene_stopped_stays_stopped() {
    say "stopping"
    expect "it stops" inside systemctl stop berthd
    expect "of its own accord" test "$(inside systemctl show -P Result berthd)" = success
    expect "an upgrade leaves it stopped" install_deb "$NEW"
    expect "it is stopped" no active berthd.service
    inside systemctl start berthd
}

scene_remove_and_purge() {
    say "removing"
    expect "it is removed" inside dpkg -r berth
    expect "nothing of it runs" no active berthd.service
    expect "the program is gone" no inside test -e /usr/bin/berthd
    expect "settings and data are there" kept "$CONF"
    expect "data too" kept /var/lib/berth/user.db
    expect "the container runs on" test "$(container)" = "$CONTAINER"
    expect "it is purged" inside dpkg -P berth
    expect "settings are gone" no inside test -e "$CONF"
    expect "nobody's data is" kept /var/lib/berth/user.db
    expect "nothing would start at boot" no inside sh -c 'ls /etc/systemd/system/*.wants/ | grep berthd'
    expect "it installs anew" install_deb "$NEW"
    inside sh -c "printf 'listen = \"%s\"\n' '$LISTEN' >>/tmp/listen && cat /tmp/listen $CONF >/tmp/conf && cp /tmp/conf $CONF"
    expect "and starts" inside systemctl start berthd
    expect "it is ready" soon answers /readyz
    log_in
    expect "with the container that ran all the while" berth inspect kept
    expect "which it removes" berth rm kept --yes --wait
}
