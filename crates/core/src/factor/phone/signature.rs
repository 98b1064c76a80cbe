//! What a phone signs, and whose signature it is.

use crate::account::{Account, AccountId};
use crate::factor::{Factor, FactorId};

use super::{Phone, PhoneKey};

/// What a phone signs: lines of text that no other use of its key begins with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signed<'a> {
    pub(crate) verb: &'a str,
    pub(crate) factor: FactorId,
    pub(crate) time: u64,
    pub(crate) fields: &'a [&'a str],
}

impl Signed<'_> {
    /// The phone of the account whose signature this is.
    pub(crate) fn is_by<'a>(&self, account: &'a Account, signature: &str) -> Option<(&'a Factor, &'a Phone)> {
        let (factor, phone) = phones(account).find(|(factor, _)| factor.id == self.factor)?;
        self.is_under(&account.id, &phone.key, signature).then_some((factor, phone))
    }

    /// Whether this is the signature of `key` for `account`.
    pub(crate) fn is_under(&self, account: &AccountId, key: &PhoneKey, signature: &str) -> bool {
        let (id, time) = (self.factor.to_string(), self.time.to_string());
        let head = ["postern-phone-1", self.verb, account.as_str(), &id, &time];
        let lines: Vec<&str> = head.iter().chain(self.fields).copied().collect();
        // A field with a line feed in it could pass for two.
        let is_plain = lines.iter().all(|line| !line.contains('\n'));
        is_plain && key.verifies(&lines.join("\n"), signature)
    }
}

/// The phones of an account that may answer.
fn phones(account: &Account) -> impl Iterator<Item = (&Factor, &Phone)> {
    let factors = account.data.factors.iter().filter(|factor| factor.locked.is_none());
    factors.filter_map(|factor| Some((factor, factor.kind.phone()?)))
}
