//! File descriptor 3 of postern-checkpassword.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postern_checkpassword::Credentials;

fuzz_target!(|data: &[u8]| {
    let mut fields = data.split(|byte| *byte == 0);
    let (first, second, is_whole) = (fields.next(), fields.next(), fields.next().is_some());
    let is_text = |field: Option<&[u8]>| field.is_some_and(|field| std::str::from_utf8(field).is_ok());
    match Credentials::parse(data) {
        Some(Credentials { user, password }) => {
            assert_eq!((Some(user.as_bytes()), Some(password.as_bytes()), is_whole), (first, second, true));
        }
        None => assert!(!is_whole || !is_text(first) || !is_text(second), "a whole request was refused"),
    }
});
