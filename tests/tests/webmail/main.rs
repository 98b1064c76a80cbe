//! A real Roundcube before Dovecot, Postfix and posternd, in a real browser.

mod harness;
