//! When an account expires, in every format that directories use.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postern_core::expiry::{Expiry, ExpiryAttribute, ExpiryFormat};

fuzz_target!(|text: &str| {
    let word = text.trim();
    for (format, never) in [
        (Some(ExpiryFormat::Days), &["", "-1"][..]),
        (Some(ExpiryFormat::Seconds), &["-1", "2147483647", FOR_EVER]),
        (Some(ExpiryFormat::FileTime), &["0", FOR_EVER]),
        (Some(ExpiryFormat::GeneralizedTime), &[]),
        (None, &[]),
    ] {
        let read = ExpiryAttribute { name: "expires".to_owned(), format }.read(text);
        // Nothing but the words for it makes an account that does not expire.
        assert_eq!(read == Ok(Expiry::Never), never.contains(&word), "{format:?}");
        let Ok(Expiry::At(time)) = read else { continue };
        // RFC 3339, with a year of four digits.
        let shown = time.to_string();
        assert_eq!((shown.len(), shown.get(10..11)), ("1970-01-01T00:00:00Z".len(), Some("T")), "{shown}");
        assert_eq!(shown.parse().ok(), Some(time), "{shown}");
        is_right(format, word, &shown);
    }
});

/// What has only one reading is read so.
fn is_right(format: Option<ExpiryFormat>, word: &str, shown: &str) {
    // -0 is 0.
    let digits = word.strip_prefix('-').unwrap_or(word);
    let number = digits.parse::<u64>().ok().filter(|_| digits.bytes().all(|b| b.is_ascii_digit()));
    match format {
        Some(ExpiryFormat::Days) => {
            assert!(number.is_some() && shown.ends_with("T00:00:00Z"), "{shown}");
        }
        Some(ExpiryFormat::Seconds | ExpiryFormat::FileTime) => assert!(number.is_some(), "{shown}"),
        Some(ExpiryFormat::GeneralizedTime) | None => {
            let digits: String = shown.chars().filter(char::is_ascii_digit).collect();
            // A comma or a point begins a fraction, of a minute where there are no seconds.
            let has_all = word.len() == 15 && word.bytes().take(14).all(|byte| byte.is_ascii_digit());
            let is_plain = has_all && word.ends_with('Z') && word.get(12..14) != Some("60");
            assert!(!is_plain || word.starts_with(&digits), "{word} is not {shown}");
        }
    }
}

const FOR_EVER: &str = "9223372036854775807";
