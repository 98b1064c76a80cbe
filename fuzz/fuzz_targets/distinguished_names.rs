//! Distinguished names (RFC 4514).
#![no_main]

use std::hash::{BuildHasher, RandomState};

use libfuzzer_sys::fuzz_target;
use postern_core::dn::Dn;

fuzz_target!(|text: &str| {
    let Ok(dn) = text.parse::<Dn>() else { return };
    assert!(!text.contains('\0'));
    assert_eq!(dn.is_root(), text.trim_matches(' ').is_empty());
    assert_eq!(
        dn.own_values("uid").collect::<Vec<_>>(),
        dn.own_values("0.9.2342.19200300.100.1.1").collect::<Vec<_>>(),
        "one attribute by two names"
    );
    is_same(&dn, &format!(" {text} "), "spaces beside it");
    // Behind a backslash letters may be the bytes of something that is not text, and there case counts.
    if !text.contains('\\') {
        is_same(&dn, &text.to_ascii_uppercase(), "another case");
    }
});

fn is_same(dn: &Dn, other: &str, how: &str) {
    let other = other.parse::<Dn>().unwrap_or_else(|error| panic!("{how}: {error}"));
    let hashes = RandomState::new();
    assert_eq!(*dn, other, "{how}");
    assert_eq!(hashes.hash_one(dn), hashes.hash_one(&other), "{how}: equal names have one hash");
}
