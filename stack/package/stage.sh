# shellcheck shell=bash
# What goes into the package, made from binaries that are there: pages, completions, licences and the list of changes.

# The tool, in the cache, as stack/tools.sh has its own.
DEB_VERSION=3.8.0
CARGO_DEB="$BERTH_CACHE/deb/bin/cargo-deb"
need_cargo_deb() {
    [ "$("$CARGO_DEB" --version 2>/dev/null)" != "cargo-deb $DEB_VERSION" ] || return 0
    say "installing cargo-deb ..." >&2
    cargo install cargo-deb --locked --quiet --version "$DEB_VERSION" --root "$BERTH_CACHE/deb" --target-dir "$BERTH_CACHE/deb/target" >&2
    rm -rf "$BERTH_CACHE/deb/target"
}

workspace_version() { sed -n '/^\[workspace.package\]/,/^$/ s/^version = "\(.*\)"/\1/p' Cargo.toml; }

# binaries KIND... -> the folder of the first build that has both.
binaries() {
    local kind
    for kind in "$@"; do
        if [ -x "$CARGO_TARGET_DIR/$kind/berthd" ] && [ -x "$CARGO_TARGET_DIR/$kind/berth" ]; then echo "$CARGO_TARGET_DIR/$kind"; return; fi
    done
    die "no berthd and berth in $CARGO_TARGET_DIR: run cargo build --release --bin berthd --bin berth"
}

# stage DIR KIND...: a target folder with all that the package's list in berthd/Cargo.toml names.
stage() {
    local from to="$1/release" shell; shift
    from="$(binaries "$@")"
    mkdir -p "$to/man" "$to/completions"
    strip -o "$to/berthd" "$from/berthd"
    strip -o "$to/berth" "$from/berth"
    "$to/berth" man "$to/man" >/dev/null
    gzip -9n "$to"/man/*.1
    gzip -9nc packaging/berthd.8 >"$to/berthd.8.gz"
    for shell in bash zsh fish; do "$to/berth" completions "$shell" >"$to/completions/$shell"; done
    cp packaging/copyright "$to/copyright"
    write_notices | gzip -9n >"$to/notices.gz"
}

# What the crates that are linked in ask for: their names, licences and the texts that come with them, each text once.
write_notices() {
    local name version home file sum
    declare -A told=()
    echo "Berth is linked with these crates:"
    cargo tree --locked -p berthd -p berth -e normal --prefix none --format '{p}	{l}' | sed 's/ (.*)//' | grep '	' | sort -u
    while IFS=$'\t' read -r name version home; do
        for file in "$home"/LICEN[CS]E* "$home"/COPYING* "$home"/NOTICE*; do
            [ -f "$file" ] || continue
            sum="$(sha256sum <"$file")"
            [ -z "${told[$sum]:-}" ] || continue
            told[$sum]=yes
            printf '\n---- %s %s: %s\n\n' "$name" "$version" "${file##*/}"
            cat "$file"
        done
    done < <(cargo metadata --locked --format-version 1 |
        jq -r '.packages[] | select(.source != null) | [.name, .version, (.manifest_path | rtrimstr("/Cargo.toml"))] | @tsv')
}

# Debian's form of what changelog.d says; the version is the package's.
write_changelog() {
    printf 'berth (%s) unstable; urgency=medium\n\n' "$1"
    { cat changelog.d/[0-9]*.md 2>/dev/null || echo "A release."; } | grep . | while read -r line; do fold -s -w 74 <<<"$line" | sed '1 s/^/  * /; 1! s/^/    /; s/ *$//'; done
    printf '\n -- Berth'\''s maintainers <berth@localhost>  %s\n' "$(date -u -R)"
}

# pack STAGE VERSION DIR [OPTION...] -> the path of the package.
pack() {
    local stage="$1" version="$2" file
    file="$3/berth_$2_$(dpkg --print-architecture).deb"
    shift 3
    need_cargo_deb
    write_changelog "$version" | gzip -9n >"$stage/release/changelog.Debian.gz"
    CARGO_TARGET_DIR="$stage" "$CARGO_DEB" -q -p berthd --no-build --no-strip --deb-version "$version" -o "$file" "$@"
}
