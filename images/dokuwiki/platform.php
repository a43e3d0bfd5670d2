<?php
// What the platform decides. Everything else is the admin's, in the wiki's own settings.
$conf['title'] = getenv('WIKI_TITLE') ?: 'Wiki';
$conf['savedir'] = '/var/lib/dokuwiki/data';
$conf['useacl'] = 1;
$conf['superuser'] = '@admin';
// There is no mail server to confirm a registration; the admin adds users.
$conf['disableactions'] = 'register,resendpwd';
// No call home.
$conf['updatecheck'] = 0;
