# shellcheck shell=bash
# What Compose would be told: the shell's word, else that of .env beside docker-compose.yml. So the scripts and a plain `docker compose`
# mean one directory and one version. Nothing in .env is run, and nothing of it is exported: the shell's word would overrule the file of
# a project that is given one of its own.

# told NAME DEFAULT: as with Compose, what the shell says counts also where it is empty.
told() {
    local name="$1" value=""
    if [ -n "${!name+set}" ]; then value="${!name}"
    elif [ -z "${COMPOSE_DISABLE_ENV_FILE:-}" ] && [ -r "$BERTH_ROOT/.env" ]; then value="$(written "$name" "$BERTH_ROOT/.env")" || exit 1; fi
    printf '%s\n' "${value:-$2}"
}

# written NAME FILE: the last line that gives NAME a value. Compose would fill in a `$`, which this does not.
written() {
    local line value=""
    while IFS= read -r line || [ -n "$line" ]; do
        line="${line%$'\r'}"
        [[ $line =~ ^[[:space:]]*(export[[:space:]]+)?([A-Za-z_][A-Za-z0-9_]*)[[:space:]]*[=:](.*)$ ]] || continue
        [ "${BASH_REMATCH[2]}" != "$1" ] || value="$(unquoted "${BASH_REMATCH[3]}")"
    done <"$2"
    case "$value" in *'$'* | *\\*) die "$2 gives $1 a value with a \$ or a backslash: write it out, or set it in the shell" ;; esac
    printf '%s\n' "$value"
}

# unquoted TEXT: what stands in quotes, else all without a comment and the blanks around it.
unquoted() {
    local text
    text="$(sed -E 's/^[[:space:]]+//' <<<"$1")"
    case "$text" in
        \"*) text="${text#\"}"; printf '%s' "${text%%\"*}" ;;
        \'*) text="${text#\'}"; printf '%s' "${text%%\'*}" ;;
        *) sed -E 's/[[:space:]]+#.*$//; s/^[[:space:]]+//; s/[[:space:]]+$//' <<<"$1" ;;
    esac
}
