use maud::{Markup, html};

use crate::account::words::Words;

/// What people call a kind of factor.
pub(super) fn kind_name(words: &'static Words, kind: &str) -> &'static str {
    match kind {
        PASSKEY => words.kind_passkey,
        "totp" => words.kind_totp,
        "phone" => words.kind_phone,
        "email" => words.kind_email,
        "sms" => words.kind_sms,
        _ => words.factors_title,
    }
}

/// How a kind of factor works.
pub(super) fn about(words: &'static Words, kind: &str) -> &'static str {
    match kind {
        PASSKEY => words.about_passkey,
        "totp" => words.about_totp,
        "phone" => words.about_phone,
        "email" => words.about_email,
        "sms" => words.about_sms,
        _ => "",
    }
}

/// What a browser has to have for a kind to be set up there: the script shows the choice where it is.
pub(super) fn needs(kind: &str) -> Option<&'static str> {
    (kind == PASSKEY).then_some("passkeys")
}

/// Why a browser without a script does not show all of these kinds.
pub(super) fn without_script(words: &'static Words, kinds: &[&str]) -> Markup {
    html! {
        @if kinds.contains(&PASSKEY) { noscript { p class="soft" { (words.passkey_hidden) } } }
    }
}

const PASSKEY: &str = "passkey";
