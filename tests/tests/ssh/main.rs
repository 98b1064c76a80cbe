//! Real sshd and real ssh over pam_postern.so and posternd, with accounts in LDAP and in the embedded store: what a person
//! is asked, what opens, what does not, and what the log says of it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    reason = "all of this is test code"
)]

mod plain;
mod world;
