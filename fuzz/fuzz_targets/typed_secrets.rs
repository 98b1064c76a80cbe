//! What people type: passwords, app passwords, codes, recovery codes, telephone numbers, names.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postern_core::app_password::{ALPHABET, Candidate, Label};
use postern_core::factor::{CodeText, PhoneNumber, RecoveryText};
use postern_core::name::LoginName;
use postern_core::secret::{Offered, Password};
use postern_core::session::SessionMailPassword;
use postern_core::typed::{cleaned, trimmed};

fuzz_target!(|typed: &str| {
    let clean = cleaned(typed);
    assert!(!clean.contains(|c: char| c.is_whitespace() || c.is_control() || c == '-'));
    // NFKC may join what stood apart before, and then only what is no secret of ours.
    assert!(!clean.is_ascii() || *cleaned(&clean) == *clean, "cleaning twice changes something");
    assert!(typed.contains(trimmed(typed)) && trimmed(trimmed(typed)) == trimmed(typed));

    if let Some(candidate) = Candidate::parse(typed) {
        let symbols = [candidate.selector().as_str().as_bytes(), candidate.secret()].concat();
        assert_eq!(symbols, clean.as_bytes());
        assert!(symbols.len() == 16 && clean.chars().all(|c| ALPHABET.contains(c)));
    }
    if let Some(code) = CodeText::parse(typed) {
        assert!(clean.len() == usize::from(code.digits()) && clean.bytes().all(|b| b.is_ascii_digit()));
    }
    if let Some(code) = RecoveryText::parse(typed) {
        let grouped = code.grouped();
        let again = RecoveryText::parse(&grouped).expect("a code as it is shown");
        assert_eq!((again.id(), again.secret()), (code.id(), code.secret()));
    }
    if let Ok(number) = typed.parse::<PhoneNumber>() {
        let text = number.as_str().to_owned();
        assert_eq!(text.parse().ok(), Some(number), "{text}");
        let digits = text.strip_prefix('+').expect("E.164");
        assert!(digits.len() <= 15 && digits.bytes().all(|b| b.is_ascii_digit()), "{text}");
    }
    if let Some(password) = SessionMailPassword::parse(typed) {
        assert!(SessionMailPassword::is_claimed_by(typed) && *password.expose() == *typed);
    }
    if let Ok(label) = Label::new(typed) {
        assert!(label.as_str() == typed && !typed.chars().any(char::is_control) && typed.trim() == typed);
    }

    let is_plain = !typed.is_empty() && !typed.chars().any(char::is_control);
    assert_eq!(LoginName::new(typed).is_ok(), is_plain && typed.len() <= 255);
    let password = Password::new(typed.to_owned());
    assert_eq!(password.is_ok(), is_plain && typed.len() <= 512);
    assert!(password.is_ok_and(|password| password.expose() == typed) || !is_plain || typed.len() > 512);
    let offered = Offered::new(typed.to_owned());
    assert_eq!(offered.is_ok(), !typed.is_empty() && typed.len() <= 512 && !typed.contains('\0'));
    assert!(
        offered.is_ok_and(|offered| offered.expose() == typed)
            || typed.is_empty()
            || typed.len() > 512
            || typed.contains('\0')
    );
});
