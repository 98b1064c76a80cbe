//! File descriptor 3 of postern-checkpassword.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postern_checkpassword::Credentials;

fuzz_target!(|data: &[u8]| {
    let mut fields = data.split(|byte| *byte == 0);
    let (first, second, is_whole) = (fields.next(), fields.next(), fields.next().is_some());
    match Credentials::parse(data) {
        Some(Credentials { user, password }) => {
            assert_eq!((Some(user), Some(password), is_whole), (first, second, true));
        }
        None => assert!(!is_whole, "a whole request was refused"),
    }
});
