//! MACs as text.

use postern_core::keyring::Digest;

pub(super) fn mac_text(mac: Digest) -> String {
    format!("{:032x}", u128::from_be_bytes(mac))
}

pub(super) fn read_mac(text: &str) -> Option<Digest> {
    let is_ours = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_ours.then(|| u128::from_str_radix(text, 16).ok()).flatten().map(u128::to_be_bytes)
}
