# shellcheck shell=sh
# First-time initialisation that a kill at any moment cannot leave half done: a database is made in DIR/.new, marked
# whole, and only then moved into place; the next start finishes, or begins again.

# settle DIR PROOF: moves a whole DIR/.new into DIR, PROOF (the file whose presence means "initialised") last.
settle() {
    [ -e "$1/.new/.whole" ] || return 0
    for entry in "$1"/.new/* "$1"/.new/.[!.]*; do
        case "$entry" in */.whole | */"$2") continue ;; esac
        if [ -e "$entry" ]; then mv -f "$entry" "$1/"; fi
    done
    # What was written so far reaches the disk before the proof of it does (syncfs: this volume only).
    sync -f "$1"
    if [ -e "$1/.new/$2" ]; then mv -f "$1/.new/$2" "$1/$2"; fi
    rm -rf "$1/.new"
    sync -f "$1"
}

# begin DIR: an empty DIR/.new; whatever an interrupted attempt left goes.
begin() { rm -rf "$1/.new"; mkdir -m 700 "$1/.new"; }
whole() { sync -f "$1"; touch "$1/.new/.whole"; }
