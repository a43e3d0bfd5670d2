<?php
// Settings, users and rights live on the volume; the defaults beside this file stay read-only.
if (!defined('DOKU_CONF')) define('DOKU_CONF', '/var/lib/dokuwiki/conf/');

// DokuWiki asks for no notices. It is older than PHP 8, which made warnings of these.
set_error_handler(fn($level, $what) => (bool) preg_match('/^(Undefined |Trying to access array offset )/', $what), E_WARNING);
