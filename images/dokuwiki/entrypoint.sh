#!/bin/sh
# Fills the volume on the first start, then becomes the web server.
# WIKI_PASSWORD is required the first time; WIKI_ADMIN (admin), WIKI_ACCESS (readable) and WIKI_TITLE are not.
set -eu
. /usr/local/lib/settle.sh
home=/var/lib/dokuwiki

# Who may what without and with a login: 0 nothing, 1 read, 8 read, write and upload.
rights() {
    case "${WIKI_ACCESS:-readable}" in
        private) printf '* @ALL 0\n* @user 8\n' ;;
        readable) printf '* @ALL 1\n* @user 8\n' ;;
        open) printf '* @ALL 8\n' ;;
        *) echo "WIKI_ACCESS is private, readable or open" >&2; exit 1 ;;
    esac
}

# DokuWiki leaves out what stands behind a `#`, so that the files tell nothing when asked for as PHP.
guarded() { printf '# <?php exit()?>\n'; }

initialise() {
    [ -n "${WIKI_PASSWORD:-}" ] || { echo "WIKI_PASSWORD is required to set the wiki up" >&2; exit 1; }
    echo "setting the wiki up"
    begin "$home"
    mkdir "$home/.new/conf"
    cp -R /usr/local/share/dokuwiki/data "$home/.new/data"
    cp /etc/dokuwiki/plugins*.php /usr/local/share/dokuwiki/local.php "$home/.new/conf/"
    { guarded; rights; } >"$home/.new/conf/acl.auth.php"
    hash="$(php-cgi -q -f /usr/local/lib/hash.php)"
    { guarded; printf '%s:%s:Administrator:admin@localhost:admin,user\n' "${WIKI_ADMIN:-admin}" "$hash"; } >"$home/.new/conf/users.auth.php"
    # A link, because the settings page reads the file's text to show what it holds as protected.
    ln -s /etc/dokuwiki/platform.php "$home/.new/conf/local.protected.php"
    touch "$home/.new/.initialised"
    whole "$home"
}

if [ "${1:-}" = lighttpd ]; then
    settle "$home" .initialised
    [ -e "$home/.initialised" ] || { initialise; settle "$home" .initialised; }
fi
unset WIKI_PASSWORD
exec "$@"
