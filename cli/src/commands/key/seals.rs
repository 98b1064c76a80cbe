use std::collections::BTreeMap;

use postern_core::account::{Account, AccountData, AccountId};
use postern_core::directory::DirectoryError;
use postern_core::factor::{FactorKind, Phone};
use postern_core::flows::{ChangeError, edit};
use postern_core::keyring::Keyring;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::progress::Progress;
use crate::site::{self, Site};

/// How many secrets are sealed with each key.
#[derive(Debug, Default)]
pub(super) struct Seals {
    pub(super) by_key: BTreeMap<u32, u64>,
    unreadable: Vec<String>,
}

/// Counts the seals of all accounts.
pub(super) async fn count(site: &Site) -> Result<Seals, Failure> {
    let progress = Progress::new("accounts", None);
    let mut seals = Seals::default();
    site.directory
        .visit(&mut |read: Result<Account, DirectoryError>| {
            progress.step();
            match read {
                Ok(account) => keys(&account.data).for_each(|key| *seals.by_key.entry(key).or_default() += 1),
                Err(error) => seals.unreadable.push(error.to_string()),
            }
        })
        .await?;
    Ok(seals)
}

impl Seals {
    /// Whether all accounts were seen.
    pub(super) fn verdict(&self) -> Result<(), Failure> {
        if self.unreadable.is_empty() { Ok(()) } else { Err(Failure::data(self.unreadable.join("\n"))) }
    }
}

/// What became of sealing everything anew.
#[derive(Debug, Default)]
pub(super) struct Resealed {
    /// Secrets that were sealed with an older key.
    secrets: u64,
    accounts: u64,
    /// Accounts of which something stays as it was.
    failed: Vec<String>,
}

/// Seals with the current key what is sealed with an older one, account by account. Cut off in between, both keys are in use,
/// and doing it again finishes it.
pub(super) async fn reseal(site: &Site) -> Result<Resealed, Failure> {
    let keyring = site.keyring()?;
    let mut done = Resealed::default();
    let older = older(site, &keyring, &mut done.failed).await?;
    let progress = Progress::new("resealed", Some(older.len() as u64));
    for (id, name) in older {
        match reseal_account(site, &keyring, &id).await {
            Err(ChangeError::NoAccount) => {}
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

/// The accounts that have something under another key than the current one.
async fn older(
    site: &Site,
    keyring: &Keyring,
    unreadable: &mut Vec<String>,
) -> Result<Vec<(AccountId, String)>, Failure> {
    let progress = Progress::new("accounts", None);
    let mut older = Vec::new();
    site.directory
        .visit(&mut |read: Result<Account, DirectoryError>| {
            progress.step();
            match read {
                Ok(account) if keys(&account.data).any(|key| key != keyring.current_id()) => {
                    older.push((account.id, account.name));
                }
                Ok(_) => {}
                Err(error) => unreadable.push(error.to_string()),
            }
        })
        .await?;
    Ok(older)
}

/// Tells how many were sealed anew, and why others were not.
async fn reseal_account(
    site: &Site,
    keyring: &Keyring,
    id: &AccountId,
) -> Result<(u64, Vec<String>), ChangeError> {
    edit(&*site.directory, id, |data| {
        let (mut count, mut faults) = (0, Vec::new());
        for factor in &mut data.factors {
            let (FactorKind::Totp(totp) | FactorKind::Phone(Phone { totp, .. })) = &mut factor.kind else {
                continue;
            };
            if totp.seed.key() == keyring.current_id() {
                continue;
            }
            let mut nonce = [0; 24];
            site::random(&mut nonce)?;
            match totp.reseal(factor.id, keyring, nonce) {
                Ok(sealed) => {
                    *totp = sealed;
                    count += 1;
                }
                Err(error) => faults.push(format!("factor {}: {error}", factor.id.short())),
            }
        }
        Ok((count, faults))
    })
    .await
}

fn keys(data: &AccountData) -> impl Iterator<Item = u32> {
    data.factors.iter().filter_map(|factor| Some(factor.kind.totp()?.seed.key()))
}

impl Resealed {
    pub(super) fn text(&self) -> String {
        format!("sealed {} secrets of {} accounts with the current key\n", self.secrets, self.accounts)
    }

    pub(super) fn value(&self) -> Value {
        json!({ "secrets": self.secrets, "accounts": self.accounts, "failed": self.failed })
    }

    /// Whether nothing was left behind.
    pub(super) fn verdict(&self) -> Result<(), Failure> {
        if self.failed.is_empty() { Ok(()) } else { Err(Failure::data(self.failed.join("\n"))) }
    }
}
