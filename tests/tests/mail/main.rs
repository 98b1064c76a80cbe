//! Logins to mail services, through a real Dovecot: accepted and refused ones, and the traces that they leave.

mod app_passwords;
mod limits;
mod policy;
mod postfix;
mod refusals;
mod trail;
mod words;
