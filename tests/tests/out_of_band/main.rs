//! Second steps away from the prompt, with real parts: sshd and ssh over pam_postern.so and posternd, postern-web, Postfix,
//! and doubles for what belongs to others. The phone is a handset that speaks the page's protocol.
//!
//! Each test has its own users, so that most can share one host of each kind.

mod after_a_minute;
mod binding;
mod browsers;
mod by_ids;
mod compromised;
mod denied;
mod forged_challenges;
mod limits;
mod mail_programs;
mod outages;
mod pair;
mod phone;
mod resend;
mod sent;

/// Tests of a host, once for each way to keep accounts.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod embedded {
            $(#[test]
            fn $name() {
                super::$name(&postern_tests::courier_host::CourierHost::shared(postern_tests::login_host::Stores::Embedded));
            })+
        }
        mod ldap {
            $(#[test]
            fn $name() {
                super::$name(&postern_tests::courier_host::CourierHost::shared(postern_tests::login_host::Stores::LdapAndRedis));
            })+
        }
    };
}
use on_both;
