//! Hashes in PHC string format, as anyone who may write the entry can plant them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postern_core::hashing::{MAX_MEMORY_KIB, MAX_PASSES, StoredHash};

fuzz_target!(|text: &str| {
    let Ok(hash) = StoredHash::parse(text) else { return };
    assert!(text.starts_with("$argon2id$v=19$"), "another function, or another version");
    let cost = hash.cost();
    assert!((8..=MAX_MEMORY_KIB).contains(&cost.memory_kib) && (1..=MAX_PASSES).contains(&cost.passes));
    assert!(!cost.is_excessive());
    assert_eq!(hash.as_str(), text);
    assert_eq!(StoredHash::parse(hash.as_str()).ok().as_ref(), Some(&hash));
    assert!(!format!("{hash:?}").contains('$'), "the hash in a debug print");
});
