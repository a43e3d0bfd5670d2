# shellcheck shell=bash
# Docker Compose where the client has none: built from its Go module, kept in the cache, and found by the client through
# DOCKER_CONFIG, which otherwise says what it said.

PLUGIN_HOME="$BERTH_CACHE/docker"
PLUGIN="$PLUGIN_HOME/cli-plugins/docker-compose"
PLUGIN_SOURCE="$BERTH_ROOT/stack/compose/plugin"

need_compose() {
    ! docker compose version >/dev/null 2>&1 || return 0
    cmp -s "$PLUGIN_SOURCE/go.sum" "$PLUGIN_HOME/.built" || build_plugin
    [ ! -r "$HOME/.docker/config.json" ] || ln -sfn "$HOME/.docker/config.json" "$PLUGIN_HOME/config.json"
    export DOCKER_CONFIG="$PLUGIN_HOME"
    docker compose version >/dev/null || die "this docker client finds no compose in $PLUGIN_HOME"
}

build_plugin() {
    has go || die "docker compose is missing: install Docker's package docker-compose-plugin, or Go 1.24 or newer and run this again"
    say "building docker compose from its Go module (one to three minutes, once) ..."
    mkdir -p "$PLUGIN_HOME/cli-plugins"
    ( cd "$PLUGIN_SOURCE" && CGO_ENABLED=0 go build -mod=readonly -trimpath -buildvcs=false -ldflags '-s -w' -o "$PLUGIN.new" . ) \
        >"$STACK_DIR/compose.log" 2>&1 || { tail -n 20 "$STACK_DIR/compose.log" >&2; die "it could not be built; the log is $STACK_DIR/compose.log"; }
    mv "$PLUGIN.new" "$PLUGIN"
    cp "$PLUGIN_SOURCE/go.sum" "$PLUGIN_HOME/.built"
}
