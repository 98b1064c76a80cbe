//! Real sshd and real ssh over pam_postern.so and posternd, with accounts in LDAP and in the embedded store: what a person
//! is asked, what opens, what does not, and what the log says of it.
//!
//! Each test has its own users, so that all can share one host of each kind.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    reason = "all of this is test code"
)]

mod app;
mod codes;
mod cost;
mod devices;
mod enrolment;
mod local;
mod mail;
mod methods;
mod nobody;
mod own;
mod packaged;
mod prompts;
mod standing;
mod strict;
mod who;
mod world;

/// Tests of a host, once for each way to keep accounts.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod embedded {
            $(#[test]
            fn $name() {
                super::$name(&crate::world::World::shared(crate::world::Kept::Embedded));
            })+
        }
        mod ldap {
            $(#[test]
            fn $name() {
                super::$name(&crate::world::World::shared(crate::world::Kept::Ldap));
            })+
        }
    };
}
use on_both;
