//! MACs as text.

use postern_core::keyring::Digest;

/// Reads what [`Digest`] displays; upper case is accepted as well.
pub(super) fn read_mac(text: &str) -> Option<Digest> {
    let is_ours = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_ours.then(|| u128::from_str_radix(text, 16).ok()).flatten().map(|mac| Digest::new(mac.to_be_bytes()))
}
