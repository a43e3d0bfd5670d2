# shellcheck shell=bash
# Whether systemd understands the units, and how much of the host each leaves open: `systemd-analyze security`, 0 (nothing)
# to 10.

# UNIT BOUND: the services without rights have a user of their own each; the two beside an engine are root with four capabilities.
UNIT_BOUNDS="berthd.service 2.7
berthd@user.service 1.2
berthd@docker.service 2.7"

# stage_units DIR: as they lie on a host, with a program where they expect one.
stage_units() {
    mkdir -p "$1"
    cp -r packaging/systemd/berthd* "$1"
    # Instances have to be files to be looked at by name.
    cp "$1/berthd@.service" "$1/berthd@user.service"
    cp "$1/berthd@.service" "$1/berthd@docker.service"
    sed -i -e 's|^ExecStart=/usr/bin/berthd|ExecStart=/bin/true|' "$1"/berthd*.service "$1"/berthd.target
}

check_units() {
    local dir="$WORK/units" unit bound told score complaints status=0
    stack/packages.sh systemd
    stage_units "$dir"
    complaints="$(systemd-analyze --man=no verify "$dir"/berthd.service "$dir"/berthd@user.service "$dir"/berthd@docker.service "$dir"/berthd.target 2>&1)" || status=1
    # Without systemd as the first process some units of the host's own are not there to be found.
    if grep -q berthd <<<"$complaints"; then status=1; fi
    [ "$status" = 0 ] || { printf '%s\n' "$complaints" >&2; die "systemd does not understand a unit"; }
    while read -r unit bound; do
        told="$(systemd-analyze security --offline=true --no-pager "$dir/$unit")"
        score="$(sed -n 's/.*Overall exposure level for .*: \([0-9.]*\) .*/\1/p' <<<"$told")"
        [ -n "$score" ] || { printf '%s\n' "$told" >&2; die "no score of $unit"; }
        awk -v score="$score" -v bound="$bound" 'BEGIN { exit !(score <= bound) }' ||
            { printf '%s\n' "$told" >&2; die "$unit is exposed to $score, more than $bound"; }
        note "$unit: exposure $score, at most $bound"
    done <<<"$UNIT_BOUNDS"
}
