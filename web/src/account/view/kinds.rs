use crate::account::words::Words;

/// What people call a kind of factor.
pub(super) fn kind_name(words: &'static Words, kind: &str) -> &'static str {
    match kind {
        "passkey" => words.kind_passkey,
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
        "passkey" => words.about_passkey,
        "totp" => words.about_totp,
        "phone" => words.about_phone,
        "email" => words.about_email,
        "sms" => words.about_sms,
        _ => "",
    }
}
