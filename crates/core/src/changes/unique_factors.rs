//! What may be bound to one account alone: a telephone number.

use std::time::Duration;

use crate::account::{AccountData, AccountId, FactorKey};
use crate::changes::authority::Authority;
use crate::changes::error::{ChangeError, ChangeRefusal};
use crate::factor::{Factor, FactorKind};
use crate::keyring::{Keyring, OlderKeys};
use crate::random::draw_token;

/// Makes sure that no other account has it, and keeps others from binding it for as long as the binding takes here. The directory may
/// not enforce uniqueness, and two hosts must not find it free at the same moment.
pub(crate) async fn claim(
    authority: &Authority,
    keyring: &Keyring,
    account: &AccountId,
    kind: &FactorKind,
) -> Result<(), ChangeError> {
    let Some(identity) = exclusive_identity(kind) else { return Ok(()) };
    let digests = keyring.digests(KEY, &parts(kind, &identity), OlderKeys::All);
    let keys: Vec<FactorKey> = digests.into_iter().map(FactorKey).collect();
    // A refused request does not keep others from it.
    refuse_what_others_have(authority, account, &keys).await?;
    let token = draw_token(authority.random)?;
    let name = keyring.digest(CLAIM, &[identity.as_bytes()]);
    if !authority.ledger.claim(name, token, LONGEST_BINDING, authority.clock.now()).await? {
        return Err(ChangeRefusal::NumberClaimed.into());
    }
    refuse_what_others_have(authority, account, &keys).await
}

async fn refuse_what_others_have(
    authority: &Authority,
    account: &AccountId,
    keys: &[FactorKey],
) -> Result<(), ChangeError> {
    let holders = authority.directory.holders(keys).await?;
    if holders.iter().any(|holder| holder != account) {
        Err(ChangeRefusal::NumberTaken.into())
    } else {
        Ok(())
    }
}

/// Stores the digests of the account's unique values under the current key. Returns whether anything was changed.
pub fn refresh_factor_keys(data: &mut AccountData, keyring: &Keyring) -> bool {
    let keys = data.factors.iter().filter_map(|factor| {
        let identity = exclusive_identity(&factor.kind)?;
        Some(FactorKey(keyring.digest(KEY, &parts(&factor.kind, &identity))))
    });
    let mut fresh: Vec<FactorKey> = keys.collect();
    fresh.sort_unstable();
    let mut known = data.factor_keys.clone();
    known.sort_unstable();
    let is_other = fresh != known;
    if is_other {
        data.factor_keys = fresh;
    }
    is_other
}

/// The numbers of the keys of the keyring under which that is written down.
pub fn keys_of_factor_keys(data: &AccountData, keyring: &Keyring) -> Vec<u32> {
    let of_factor = |factor: &Factor| {
        let Some(identity) = exclusive_identity(&factor.kind) else { return Vec::new() };
        let parts = parts(&factor.kind, &identity);
        data.factor_keys.iter().filter_map(|key| keyring.key_of(&key.0, KEY, &parts)).collect()
    };
    data.factors.iter().flat_map(of_factor).collect()
}

/// What no other account may have bound, if the factor has such a thing.
fn exclusive_identity(kind: &FactorKind) -> Option<String> {
    let record = kind.record();
    record.identity().filter(|_| record.is_exclusive())
}

fn parts<'a>(kind: &FactorKind, identity: &'a str) -> [&'a [u8]; 2] {
    [kind.name().as_bytes(), identity.as_bytes()]
}

const KEY: &str = "factor key";
const CLAIM: &str = "factor claim";
/// More than an LDAP server is given for a change.
const LONGEST_BINDING: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app_password::Label;
    use crate::clock::Timestamp;
    use crate::factor::{FactorId, Sms};
    use crate::keyring::KEY_BYTES;

    fn sms(id: u8, number: &str) -> Factor {
        Factor {
            id: FactorId::new([id; 16]),
            label: Label::new("sms").unwrap(),
            created: Timestamp::from_unix(1_800_000_000),
            locked: None,
            kind: FactorKind::Sms(Sms { number: number.parse().unwrap() }),
        }
    }

    #[test]
    fn unique_digests_are_under_the_current_key_and_rewritten_only_if_they_are_not() {
        let at = Timestamp::from_unix(1_800_000_000);
        let text = Keyring::render(&[7; KEY_BYTES], at);
        let old = Keyring::parse(&text).unwrap();
        let new = Keyring::parse(&Keyring::rotate(&text, &[8; KEY_BYTES], at).unwrap()).unwrap();
        let factors = vec![sms(1, "+442079460123"), sms(2, "+8613800000000")];
        let mut data = AccountData { factors, ..AccountData::default() };
        assert!(refresh_factor_keys(&mut data, &old));
        assert_eq!(data.factor_keys.len(), 2);
        assert_eq!(keys_of_factor_keys(&data, &new), [1, 1]);
        let before = data.factor_keys.clone();
        data.factor_keys.reverse();
        let reversed = data.factor_keys.clone();
        assert!(!refresh_factor_keys(&mut data, &old), "their order means nothing");
        assert_eq!(data.factor_keys, reversed);
        assert!(refresh_factor_keys(&mut data, &new));
        assert_eq!(
            (keys_of_factor_keys(&data, &new), keys_of_factor_keys(&data, &old)),
            (vec![2, 2], vec![])
        );
        assert!(data.factor_keys.iter().all(|key| !before.contains(key)));
        data.factors.clear();
        assert!(refresh_factor_keys(&mut data, &new));
        assert_eq!(data.factor_keys, []);
        assert!(!refresh_factor_keys(&mut data, &new));
    }
}
