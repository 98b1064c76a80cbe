//! Second steps away from the prompt, with real parts: sshd and ssh over pam_postern.so and posternd, postern-web, Postfix,
//! and doubles for what belongs to others. The phone is a handset that speaks the page's protocol.
//!
//! Each test has its own users, so that most can share one host of each kind.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    reason = "all of this is test code"
)]

mod after_a_minute;
mod binding;
mod by_hand;
mod compromised;
mod denied;
mod limits;
mod outages;
mod pair;
mod people;
mod phone;
mod sent;
mod way;
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
