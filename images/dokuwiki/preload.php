<?php
// Settings, users and rights live on the volume; the defaults beside this file stay read-only.
if (!defined('DOKU_CONF')) define('DOKU_CONF', '/var/lib/dokuwiki/conf/');
