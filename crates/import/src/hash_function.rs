//! The names that other systems have for hash functions.

use postern_core::factor::Algorithm;

/// The hash function of this name, in any spelling that is in use.
pub(crate) fn algorithm_of(name: &str) -> Result<Algorithm, String> {
    let plain = name.replace('-', "").to_ascii_uppercase();
    let known =
        [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512].into_iter().find(|one| one.name() == plain);
    known.ok_or_else(|| {
        format!("its hash function, {}, is neither SHA-1 nor SHA-256 nor SHA-512", name.escape_debug())
    })
}
