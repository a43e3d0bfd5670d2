<?php
// What a new wiki begins with; the admin changes it in the wiki's own settings.
$conf['license'] = '';
$conf['showuseras'] = 'username';
