#!/usr/bin/env bash
# The Debian package: built from binaries that are there, and tested where it would run, in a Debian of its own that systemd
# boots (stack/package/scenes.sh).
# usage: stack/package.sh build [VERSION]     -> the path of the .deb, of $CARGO_TARGET_DIR's release build
#        stack/package.sh units               checks the units: they verify, and none is more exposed than its bound
#        stack/package.sh test                builds two versions, then installs, upgrades, removes and purges
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$BERTH_ROOT"
. stack/package/stage.sh
. stack/package/root.sh
. stack/package/units.sh
. stack/package/scenes.sh
. stack/package/services.sh

PATH="$PATH:/usr/sbin:/sbin"
LOG="$STACK_DIR/package.log"
# The test takes the build that changes, as other tests do; a package is of the release.
BUILDS=(debug release)

# What an ordinary end and a signal leave behind: nothing, also on the engine and in the firewall, which are the host's.
clean_up() {
    if [ -n "$ROOT" ]; then
        # What runs would make again what is taken away.
        inside systemctl stop berthd.target berthd.service 'berthd@*.service' >/dev/null 2>&1 || true
        remove_installation "$ROOT/var/lib/berth" || true
        remove_installation "$ROOT/etc/berth/platform" || true
    fi
    end_stores
    halt_root || true
    rm -rf "$WORK"
}

WORK="$(mktemp -d "${TMPDIR:-/tmp}/berth-package.XXXXXX")"
trap clean_up EXIT
trap 'exit 130' INT TERM

case "${1:-}" in
    build)
        stage "$WORK/stage" release
        mkdir -p "$CARGO_TARGET_DIR/debian"
        pack "$WORK/stage" "${2:-$(workspace_version)-1}" "$CARGO_TARGET_DIR/debian"
        ;;
    units) check_units ;;
    test) check_units; run_scenes ;;
    *) die "usage: stack/package.sh build [VERSION] | units | test" ;;
esac
