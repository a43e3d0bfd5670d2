<?php
// The admin's password as DokuWiki keeps it. From the environment, so that no list of processes shows it.
echo password_hash(getenv('WIKI_PASSWORD'), PASSWORD_BCRYPT);
