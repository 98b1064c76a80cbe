//! Accounts: one person's entry, identified by an id that never changes, not by the name that was typed.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::account_status::{AccountStatus, AccountUse, Closed, UnusableAccount};
use crate::app_password::{AppPassword, LiveAppPassword, Selector, Tombstone};
use crate::clock::Timestamp;
use crate::factor::{Factor, FactorId, RecoveryCode, RecoveryId};
use crate::keyring::Digest;
use crate::policy::AccountPolicy;

/// An account, as read from the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The account's permanent id.
    pub id: AccountId,
    /// The canonical name.
    pub name: String,
    /// Whether the account may be used at all.
    pub status: AccountStatus,
    /// The attributes that userdb templates may refer to.
    pub attributes: Attributes,
    /// The account's mailboxes. Notices go to the first one.
    pub addresses: Vec<String>,
    /// Changes whenever the main password does, if the directory can tell. It is part of the digest under which wrong secrets
    /// are counted, so that a secret that was wrong before the change is tried again after it.
    pub password_marker: String,
    /// The state that Postern stores for the account.
    pub data: AccountData,
    /// The version of `data`, for [`crate::directory::Directory::update`].
    pub revision: Revision,
    /// The directory's own reference to the entry; a DN in LDAP. It may change, and only the directory interprets it.
    pub locator: String,
    /// Whether the entry was read just now.
    pub freshness: Freshness,
}

impl Account {
    /// Whether the account may be used now. Flows ask this before they look at a secret, and interactive ones again after they
    /// have waited for a person. The phone's page verifies the signature first.
    ///
    /// # Errors
    /// Why not. Whether the copy is recent enough comes first, because the status of an older one may have changed.
    pub fn usable(&self, account_use: AccountUse) -> Result<(), UnusableAccount> {
        match (self.freshness, account_use) {
            (Freshness::Stale, AccountUse::AnyOther) => return Err(UnusableAccount::Stale),
            (Freshness::Stale, AccountUse::AppPassword)
            | (Freshness::Fresh, AccountUse::AppPassword | AccountUse::AnyOther) => {}
        }
        match self.status {
            AccountStatus::Active => Ok(()),
            AccountStatus::Disabled => Err(UnusableAccount::Closed(Closed::Disabled)),
            AccountStatus::Expired => Err(UnusableAccount::Closed(Closed::Expired)),
        }
    }
}

/// Whether an account was read just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// Read just now.
    Fresh,
    /// An older copy, because the directory is down. It suffices for app passwords only.
    Stale,
}

/// An account's identity: entryUUID in LDAP.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId(String);

impl AccountId {
    /// From the directory's id attribute.
    #[must_use]
    pub fn new(id: String) -> Self {
        Self(id)
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Counts the changes of an account's data; 0 if Postern has never written any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Revision(pub u64);

impl Revision {
    /// The next revision.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// The attributes of an entry. Names are compared without case (RFC 4512, section 1.4).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attributes(BTreeMap<String, Vec<String>>);

impl Attributes {
    /// No attribute at all.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Replaces the values of `name`.
    pub fn set(&mut self, name: &str, values: Vec<String>) {
        self.0.retain(|known, _| !known.eq_ignore_ascii_case(name));
        if !values.is_empty() {
            self.0.insert(name.to_owned(), values);
        }
    }

    /// Every value of `name`.
    #[must_use]
    pub fn values(&self, name: &str) -> &[String] {
        self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map_or(&[], |(_, values)| values)
    }

    /// Every attribute with its values, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.0.iter().map(|(name, values)| (name.as_str(), values.as_slice()))
    }
}

/// A keyed digest of a value that only one account may bind, such as a telephone number: 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FactorKey(pub Digest);

impl FactorKey {
    /// Reads the text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Digest::parse(text).map(Self)
    }
}

impl fmt::Display for FactorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The state that Postern stores for an account. It is written as a whole, under one revision.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountData {
    /// Whether a second factor is bound, as last written. [`AccountData::is_enrolled`] decides.
    pub enrolled: bool,
    /// App passwords and the tombstones of revoked ones.
    pub app_passwords: Vec<AppPassword>,
    /// The second factors that are bound.
    pub factors: Vec<Factor>,
    /// Recovery codes that have not been used.
    pub recovery_codes: Vec<RecoveryCode>,
    /// Digests of the values that only this account may bind, in any order.
    pub factor_keys: Vec<FactorKey>,
    /// The account's own policy, which overrides the configuration.
    pub policy: AccountPolicy,
}

impl AccountData {
    /// Whether a second factor is bound. If the flag and the factors disagree, the answer is yes.
    #[must_use]
    pub fn is_enrolled(&self) -> bool {
        self.enrolled || !self.factors.is_empty()
    }

    /// Whether the account has a factor or a recovery code that a login could ask for.
    #[must_use]
    pub fn has_factor_to_ask_for(&self) -> bool {
        !self.factors.is_empty() || !self.recovery_codes.is_empty()
    }

    /// Binds a factor. The account is then enrolled, and all its trusted devices are revoked.
    pub fn bind(&mut self, factor: Factor) {
        self.factors.push(factor);
        self.enrolled = true;
        self.forget_trust();
    }

    /// Revokes all trusted devices, even if an old record of one is restored.
    pub fn forget_trust(&mut self) {
        self.policy.trust_generation = self.policy.trust_generation.saturating_add(1);
    }

    /// Unbinds a factor, and revokes all trusted devices. Without its last factor the account is no longer enrolled, and loses
    /// its recovery codes, which replace a factor.
    pub fn unbind(&mut self, id: FactorId) -> Option<Factor> {
        let index = self.factors.iter().position(|factor| factor.id == id)?;
        let factor = self.factors.remove(index);
        self.forget_trust();
        self.enrolled = !self.factors.is_empty();
        if !self.enrolled {
            self.recovery_codes.clear();
            self.factor_keys.clear();
        }
        Some(factor)
    }

    /// The recovery code with this id.
    #[must_use]
    pub fn recovery_code(&self, id: RecoveryId) -> Option<&RecoveryCode> {
        self.recovery_codes.iter().find(|code| code.id == id)
    }

    /// The app password or tombstone with this selector.
    #[must_use]
    pub fn app_password(&self, id: Selector) -> Option<&AppPassword> {
        self.app_passwords.iter().find(|password| password.id() == id)
    }

    /// Those that are not revoked.
    pub fn live_app_passwords(&self) -> impl Iterator<Item = &LiveAppPassword> {
        self.app_passwords.iter().filter_map(AppPassword::live)
    }

    /// Replaces each live app password that `which` selects by a tombstone, and returns the revoked ones.
    pub fn revoke(
        &mut self,
        now: Timestamp,
        which: impl Fn(&LiveAppPassword) -> bool,
    ) -> Vec<LiveAppPassword> {
        let mut revoked = Vec::new();
        for password in &mut self.app_passwords {
            if let AppPassword::Live(live) = password
                && which(live)
            {
                let tombstone = AppPassword::Revoked(Tombstone { id: live.id, revoked: now });
                if let AppPassword::Live(live) = std::mem::replace(password, tombstone) {
                    revoked.push(live);
                }
            }
        }
        revoked
    }

    /// Drops tombstones that are older than [`TOMBSTONE_AGE`].
    pub fn bury(&mut self, now: Timestamp) {
        self.app_passwords.retain(|password| match password {
            AppPassword::Live(_) => true,
            AppPassword::Revoked(tombstone) => tombstone.revoked.plus(TOMBSTONE_AGE) > now,
        });
    }
}

/// How long a revoked app password is remembered.
pub const TOMBSTONE_AGE: Duration = Duration::from_secs(400 * 86_400);

/// The account's `uidNumber` (RFC 2307), if it has exactly one, in the directory's notation of integers (RFC 4517, section
/// 3.3.16). An account with another notation, which name services may accept, belongs to no user.
pub(crate) fn uid_in_directory(account: &Account) -> Option<u32> {
    match account.attributes.values(UID_NUMBER) {
        [number] => number.parse().ok().filter(|uid: &u32| uid.to_string() == *number),
        _ => None,
    }
}

/// The attribute that a store has to fetch for it.
pub const UID_NUMBER: &str = "uidNumber";
