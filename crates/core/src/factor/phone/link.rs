//! The addresses of the phone's page in QR codes: short enough for a terminal of 24 rows.
//!
//! Parts of 128 or 160 bits are written in base32 (RFC 4648, section 6) after a capital letter. A QR code stores these characters
//! in 5.5 bits each (ISO/IEC 18004, alphanumeric mode), and all others in 8. What they say stands in the fragment, which browsers
//! do not send.

use data_encoding::BASE32_NOPAD;
use zeroize::Zeroizing;

use crate::account::AccountId;
use crate::challenge::ChallengeId;
use crate::config::percent_encoded;
use crate::hex_id;
use crate::qr::Screen;
use crate::words::{Language, Phrase};

use super::{PAIRING_BYTES, Pairing};

/// Where a phone is bound. The id of the challenge follows from the secret.
pub(crate) fn binding(page: &str, account: &AccountId, pairing: &Pairing) -> Zeroizing<String> {
    let secret = pairing.text();
    Zeroizing::new(match uuid(account) {
        Some(bytes) => format!("{page}#B.{}.{}", BASE32_NOPAD.encode(&bytes), *secret),
        None => format!("{page}#b.{}.{}", account_part(account), *secret),
    })
}

/// Where a login is approved. The number that the prompt shows is not in it.
pub(crate) fn approval(page: &str, account: &AccountId, id: ChallengeId) -> String {
    match uuid(account) {
        Some(bytes) => {
            format!("{page}#C.{}.{}", BASE32_NOPAD.encode(&bytes), BASE32_NOPAD.encode(&id.bytes()))
        }
        None => format!("{page}{}", challenge_fragment(account, id)),
    }
}

/// What follows the address of the page in a message: where to answer.
pub(crate) fn challenge_fragment(account: &AccountId, id: ChallengeId) -> String {
    format!("#c.{}.{id}", account_part(account))
}

/// Whether the QR code that binds a phone fits on a terminal of 24 rows and 80 columns, in every language, if the page is at
/// `page` and the ids of accounts are UUIDs.
#[must_use]
pub fn fits_terminal(page: &str) -> bool {
    let account = AccountId::new("5a5a5a5a-5a5a-5a5a-5a5a-5a5a5a5a5a5a".to_owned());
    let address = binding(page, &account, &Pairing::new(Zeroizing::new([0x5a; PAIRING_BYTES])));
    Language::ALL.into_iter().all(|language| {
        let lines = [Phrase::OpenThis { address: &address }, Phrase::PhoneScanned {}];
        let lines = lines.map(|phrase| language.say(&phrase));
        Screen::default().qr(&[&address], &lines).is_some()
    })
}

/// The longest address of the page, in bytes, that [`fits_terminal`].
pub const LONGEST_PAGE: usize = 61;

/// The account as one part of a fragment, where a dot divides the parts.
fn account_part(account: &AccountId) -> String {
    percent_encoded(account.as_str()).replace('.', "%2E")
}

/// The bits of an id that is a UUID as directories write it (RFC 9562, section 4).
fn uuid(account: &AccountId) -> Option<[u8; 16]> {
    let groups: Vec<&str> = account.as_str().split('-').collect();
    let is_uuid = groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12]);
    hex_id::parse(&groups.concat()).filter(|_| is_uuid)
}

#[cfg(test)]
mod tests {
    use super::*;

    const UUID: &str = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";

    fn account(id: &str) -> AccountId {
        AccountId::new(id.to_owned())
    }

    fn page(length: usize) -> String {
        let page = format!("https://{}/", "x".repeat(length - 9));
        assert_eq!(page.len(), length);
        page
    }

    #[test]
    fn an_account_whose_id_is_a_uuid_has_a_short_address() {
        let pairing = Pairing::new(Zeroizing::new([0x5a; PAIRING_BYTES]));
        let secret = "LJNFUWS2LJNFUWS2LJNFUWS2LJNFUWS2";
        assert_eq!(
            *binding("https://p.example/", &account(UUID), &pairing),
            format!("https://p.example/#B.NOT3QEE5VUI5DAFUADAE7VBQZA.{secret}")
        );
        let plain = format!("https://p.example/#b.uid%3Da%2Eb.{secret}");
        assert_eq!(*binding("https://p.example/", &account("uid=a.b"), &pairing), plain);
        let id = ChallengeId::new([0xff; 16]);
        assert_eq!(
            approval("https://p.example/", &account(UUID), id),
            "https://p.example/#C.NOT3QEE5VUI5DAFUADAE7VBQZA.77777777777777777777777774"
        );
        let long = approval("https://p.example/", &account(&UUID.to_uppercase()), id);
        assert_eq!(long, format!("https://p.example/#c.{}.{id}", UUID.to_uppercase()), "another id");
    }

    #[test]
    fn the_longest_page_fits_and_a_longer_one_does_not() {
        assert!(fits_terminal(&page(LONGEST_PAGE)));
        assert!(!fits_terminal(&page(LONGEST_PAGE + 1)));
        assert!(fits_terminal("https://2fa.example.org/"));
    }
}
