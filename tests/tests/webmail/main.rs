//! A real Roundcube before Dovecot, Postfix and posternd, in a real browser.

mod at_the_stand_in;
mod harness;
mod ledger;
mod plugin_answers;
mod plugin_source;
mod session_password;
mod sign_in;
mod stand_in;
mod ways_in;
mod whole_way;
