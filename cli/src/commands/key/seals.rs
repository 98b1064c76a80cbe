use std::collections::BTreeMap;

use postern_core::account::{Account, AccountData, AccountId};
use postern_core::changes::{ChangeError, ChangeRefusal, edit, keys_of_factor_keys, refresh_factor_keys};
use postern_core::clock::Timestamp;
use postern_core::directory::DirectoryError;
use postern_core::factor::{Factor, SealedSecret};
use postern_core::keyring::Keyring;
use postern_core::random::RandomnessGone;
use serde_json::{Value, json};

use crate::count::counted;
use crate::failure::Failure;
use crate::output::Output;
use crate::progress::Progress;
use crate::site::{self, Site};

/// How many secrets are sealed with each key.
#[derive(Debug, Default)]
pub(super) struct Seals {
    pub(super) by_key: BTreeMap<u32, u64>,
    /// The digests that identify telephone numbers.
    pub(super) numbers_by_key: BTreeMap<u32, u64>,
    /// Valid tickets, whose key is unknown.
    pub(super) tickets: u64,
    unreadable: Vec<String>,
}

/// Counts the seals of all accounts.
pub(super) async fn count(site: &Site) -> Result<Seals, Failure> {
    let progress = Progress::new("accounts", None);
    let (keyring, now) = (site.keyring()?, site.clock.now());
    let mut seals = Seals::default();
    site.for_each_account_as_written(&mut |read: Result<Account, DirectoryError>| {
        progress.step();
        match read {
            Ok(account) => seals.count(&account.data, &keyring, now),
            Err(error) => seals.unreadable.push(error.to_string()),
        }
    })
    .await?;
    Ok(seals)
}

impl Seals {
    fn count(&mut self, data: &AccountData, keyring: &Keyring, now: Timestamp) {
        keys(data).for_each(|key| *self.by_key.entry(key).or_default() += 1);
        let numbers = keys_of_factor_keys(data, keyring);
        numbers.into_iter().for_each(|key| *self.numbers_by_key.entry(key).or_default() += 1);
        self.tickets += u64::from(data.policy.ticket.is_some_and(|ticket| ticket.expires > now));
    }

    /// Whether all accounts could be read.
    pub(super) fn verdict(&self) -> Result<(), Failure> {
        if self.unreadable.is_empty() { Ok(()) } else { Err(Failure::data(self.unreadable.join("\n"))) }
    }
}

/// The result of sealing everything anew.
#[derive(Debug, Default)]
pub(super) struct Resealed {
    /// How many secrets were sealed anew.
    secrets: u64,
    accounts: u64,
    /// The accounts that still hold something under an older key.
    failed: Vec<String>,
}

/// Seals everything that is sealed with an older key with the current one, account by account. If it is interrupted,
/// both keys are in use, and the same command finishes the work.
pub(super) async fn reseal(site: &Site) -> Result<Resealed, Failure> {
    let keyring = site.keyring()?;
    let mut done = Resealed::default();
    let older = older(site, &keyring, &mut done.failed).await?;
    let progress = Progress::new("resealed", Some(older.len() as u64));
    for (id, name) in older {
        match reseal_account(site, &keyring, &id).await {
            Err(ChangeError::Refused(ChangeRefusal::NoAccount)) => {}
            Err(error) => return Err(error.into()),
            Ok((count, faults)) => {
                done.secrets += count;
                done.accounts += u64::from(count > 0);
                done.failed.extend(faults.into_iter().map(|fault| format!("{name}: {fault}")));
            }
        }
        progress.step();
    }
    Ok(done)
}

/// Names the accounts that would change.
pub(super) async fn dry_run(site: &Site, output: Output) -> Result<(), Failure> {
    let mut unreadable = Vec::new();
    let mut names: Vec<String> =
        older(site, &site.keyring()?, &mut unreadable).await?.into_iter().map(|(_, name)| name).collect();
    names.sort();
    let mut text: String = names.iter().map(|name| format!("would be sealed anew {name}\n")).collect();
    text.push_str(&format!("dry run: {}; nothing was changed", counted(names.len(), "account", "accounts")));
    output.print(&text, "resealed", json!({ "accounts": names, "failed": unreadable, "dry_run": true }))?;
    if unreadable.is_empty() { Ok(()) } else { Err(Failure::data(unreadable.join("\n"))) }
}

/// The accounts that hold a secret, or the digest of a telephone number, under a key other than the current one.
async fn older(
    site: &Site,
    keyring: &Keyring,
    unreadable: &mut Vec<String>,
) -> Result<Vec<(AccountId, String)>, Failure> {
    let progress = Progress::new("accounts", None);
    let mut older = Vec::new();
    site.for_each_account_as_written(&mut |read: Result<Account, DirectoryError>| {
        progress.step();
        match read {
            Ok(mut account) => {
                let is_older = keys(&account.data).any(|key| key != keyring.current_id());
                if is_older || refresh_factor_keys(&mut account.data, keyring) {
                    older.push((account.id, account.name));
                }
            }
            Err(error) => unreadable.push(error.to_string()),
        }
    })
    .await?;
    Ok(older)
}

/// Reports how many secrets were sealed anew, and why others were not.
async fn reseal_account(
    site: &Site,
    keyring: &Keyring,
    id: &AccountId,
) -> Result<(u64, Vec<String>), ChangeError> {
    edit(&*site.directory, id, |data| {
        let (mut count, mut faults) = (0, Vec::new());
        for factor in &mut data.factors {
            let (sealed, fault) = reseal_factor(factor, keyring)?;
            count += sealed;
            faults.extend(fault.map(|fault| format!("factor {}: {fault}", factor.id.short())));
        }
        refresh_factor_keys(data, keyring);
        Ok((count, faults))
    })
    .await
}

/// Seals the secrets of one factor anew. Returns how many, and the error that kept it from the rest.
fn reseal_factor(factor: &mut Factor, keyring: &Keyring) -> Result<(u64, Option<String>), ChangeError> {
    let (mut count, mut fault) = (0, None);
    for secret in factor.kind.record_mut().secrets_mut() {
        if secret.key().is_none_or(|key| key == keyring.current_id()) {
            continue;
        }
        match secret.reseal(factor.id, keyring, nonce()?) {
            Ok(()) => count += 1,
            Err(error) => fault = Some(error.to_string()),
        }
    }
    Ok((count, fault))
}

fn nonce() -> Result<[u8; 24], RandomnessGone> {
    let mut nonce = [0; 24];
    site::random(&mut nonce)?;
    Ok(nonce)
}

fn keys(data: &AccountData) -> impl Iterator<Item = u32> {
    let secrets = data.factors.iter().flat_map(|factor| factor.kind.record().secrets());
    secrets.filter_map(SealedSecret::key)
}

impl Resealed {
    pub(super) fn text(&self) -> String {
        let secrets = counted(self.secrets, "secret", "secrets");
        let accounts = counted(self.accounts, "account", "accounts");
        format!("sealed {secrets} of {accounts} with the current key\n")
    }

    pub(super) fn value(&self) -> Value {
        json!({ "secrets": self.secrets, "accounts": self.accounts, "failed": self.failed })
    }

    /// Whether nothing was left behind.
    pub(super) fn verdict(&self) -> Result<(), Failure> {
        if self.failed.is_empty() { Ok(()) } else { Err(Failure::data(self.failed.join("\n"))) }
    }
}
