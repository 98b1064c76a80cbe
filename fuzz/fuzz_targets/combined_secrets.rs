//! The main password with a code behind it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postern_core::combined_secret::split;
use postern_core::factor::CodeText;
use postern_core::typed::cleaned;

fuzz_target!(|secret: &str| {
    for digits in [6, 8] {
        let Some((main, code)) = split(secret, digits) else { continue };
        let typed = secret
            .strip_prefix(main.expose())
            .expect("the password stands at the beginning, as it was typed");
        assert_eq!(code.digits(), digits);
        assert_eq!(cleaned(typed).len(), usize::from(digits), "more than the code was cut off");
        assert_eq!(CodeText::parse(typed).map(|code| code.digits()), Some(digits));
    }
    // What is not there cannot be cut off.
    if !secret.chars().any(|c| cleaned(c.encode_utf8(&mut [0; 4])).bytes().any(|b| b.is_ascii_digit())) {
        assert!(split(secret, 6).is_none() && split(secret, 8).is_none());
    }
});
