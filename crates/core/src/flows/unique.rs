//! What may be bound to one account alone: a telephone number.

use std::time::Duration;

use crate::account::{AccountData, AccountId, FactorKey};
use crate::factor::{FactorKind, PhoneNumber};
use crate::keyring::Keyring;
use crate::ledger::Token;

use super::app_password::{Authority, ChangeError};
use super::factors::NewKind;

/// Makes sure that nobody else has it, and keeps everybody else from binding it for as long as that takes here. The
/// directory may know of no uniqueness, and two hosts must not find it free at the same moment.
pub(super) async fn claim(
    authority: &Authority,
    keyring: &Keyring,
    account: &AccountId,
    kind: &NewKind,
) -> Result<(), ChangeError> {
    let number = match kind {
        NewKind::Sms(number) => number,
        NewKind::Totp(_) | NewKind::Email(_) | NewKind::Phone { .. } => return Ok(()),
    };
    let mut token = Token::default();
    (authority.random)(&mut token)?;
    let name = keyring.digest(CLAIM, &[number.as_str().as_bytes()]);
    if !authority.ledger.claim(name, token, LONGEST_BINDING, authority.clock.now()).await? {
        return Err(ChangeError::Contended);
    }
    let keys: Vec<FactorKey> = keyring.digests(KEY, &parts(number)).into_iter().map(FactorKey).collect();
    let holders = authority.directory.holders(&keys).await?;
    if holders.iter().any(|holder| holder != account) { Err(ChangeError::NumberTaken) } else { Ok(()) }
}

/// Writes down what the account has that nobody else may have.
pub(super) fn note(data: &mut AccountData, keyring: &Keyring) {
    let keys = data.factors.iter().filter_map(|factor| match &factor.kind {
        FactorKind::Sms(sms) => Some(FactorKey(keyring.digest(KEY, &parts(&sms.number)))),
        FactorKind::Totp(_) | FactorKind::Email(_) | FactorKind::Phone(_) => None,
    });
    data.factor_keys = keys.collect();
}

fn parts(number: &PhoneNumber) -> [&[u8]; 2] {
    [b"sms", number.as_str().as_bytes()]
}

const KEY: &str = "factor key";
const CLAIM: &str = "factor claim";
/// More than an LDAP server is given for a change.
const LONGEST_BINDING: Duration = Duration::from_secs(30);
