//! Real sshd and real ssh over pam_postern.so and posternd, with accounts in LDAP and in the embedded store: what a person
//! is asked, what opens, what does not, and what the log says of it.
//!
//! Each test has its own users, so that all can share one host of each kind.

mod account_status;
mod codes;
mod cost;
mod devices;
mod enrolment;
mod history;
mod identity;
mod last_words;
mod local;
mod mail;
mod methods;
mod no_terminal;
mod packaged;
mod prompts;
mod self_service;
mod strict;

/// Tests of a host, once for each way to keep accounts.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod embedded {
            $(#[test]
            fn $name() {
                super::$name(&postern_tests::login_host::LoginHost::shared(postern_tests::login_host::Stores::Embedded));
            })+
        }
        mod ldap {
            $(#[test]
            fn $name() {
                super::$name(&postern_tests::login_host::LoginHost::shared(postern_tests::login_host::Stores::LdapAndRedis));
            })+
        }
    };
}
use on_both;
