//! What people see at a terminal and in their mail, from the first prompt to the last, in each language. It is kept in
//! docs/transcripts, where `make transcripts` writes it.

mod enrolment;
mod local;
mod login;
mod mail_programs;
mod messages;
mod self_service;
mod walk;

/// One test of a walk in each language.
macro_rules! in_both_languages {
    ($($name:ident),+ $(,)?) => {
        mod english {
            $(#[test]
            fn $name() {
                super::$name(postern_core::words::Language::English);
            })+
        }
        mod chinese {
            $(#[test]
            fn $name() {
                super::$name(postern_core::words::Language::SimplifiedChinese);
            })+
        }
    };
}
use in_both_languages;
