<?php

// Roundcube behind the sign-in of Postern's account pages: /etc/roundcube/config.inc.php, root:www-data 0640.
// The plugin's own settings are in /etc/roundcube/postern.inc.php.

$config = [];

// Debian keeps the database here (dpkg-reconfigure roundcube-core).
include '/etc/roundcube/debian-db-roundcube.php';

// Of this host, or with tls:// and ssl:// of another one. The session mail password is good from here alone: list the address from
// which Dovecot sees this host in networks of [web.applications.roundcube].
$config['imap_host'] = 'localhost:143';
$config['smtp_host'] = 'localhost:587';
// The session mail password, which the plugin keeps up to date.
$config['smtp_user'] = '%u';
$config['smtp_pass'] = '%p';
// Not smtp_xclient_addr: by XCLIENT the browser's address takes the place of this host's, from which alone the session mail password
// is good. Dovecot's IMAP, which the plugin tells the browser's address, knows both.
// The domain of people's addresses.
$config['mail_domain'] = 'example.org';

// Encrypts the password in Roundcube's session. 24 random characters of your own: openssl rand -base64 18
$config['des_key'] = '########################';

// Minutes. At least as long as a session of Postern may be idle, which ends sooner by itself.
$config['session_lifetime'] = 480;
// Lax and not Strict: people come back from the sign-in, which may be on another domain.
$config['session_samesite'] = 'Lax';

// First postern. No plugin that lets people in another way (http_authentication, krb_authentication, autologon), and not the
// plugin password: what Roundcube knows is the session mail password, which nobody sets.
$config['plugins'] = ['postern', 'managesieve', 'archive', 'zipdownload'];

$config['enable_installer'] = false;
$config['skin'] = 'elastic';
