//! The account's pages in a real browser, behind nginx and TLS: postern-web before posternd, with Postfix for mail and doubles for
//! what belongs to others.

mod appearance;
mod applications;
mod attacks;
mod concurrent;
mod factors;
mod first_login;
mod gate;
mod keyboard;
mod ledger_down;
mod limits;
mod mail;
mod no_script;
mod oauth;
mod outages;
mod passkeys;
mod replacing;
mod request_framing;
mod slow_clients;
mod trust;
mod two_hosts;
mod way_back;
mod ways;

/// Tests of a host, once for each way to keep accounts.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod embedded {
            $(#[test]
            fn $name() {
                super::$name(&postern_tests::account_host::AccountHost::shared(postern_tests::login_host::Stores::Embedded));
            })+
        }
        mod ldap {
            $(#[test]
            fn $name() {
                super::$name(&postern_tests::account_host::AccountHost::shared(postern_tests::login_host::Stores::LdapAndRedis));
            })+
        }
    };
}
use on_both;
