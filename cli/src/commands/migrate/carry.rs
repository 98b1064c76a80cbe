//! What of an account goes to its LDAP entry, and what stays behind.

use postern_core::account::{Account, AccountData};
use postern_core::changes::is_recovery_code_used;
use postern_core::keyring::Keyring;
use zeroize::Zeroizing;

use crate::commands::bulk::Issued;
use crate::count::counted;
use crate::failure::Failure;
use crate::site::Site;

/// The data of an account as its entry gets it.
#[derive(Debug)]
pub(super) struct Carried {
    pub(super) data: AccountData,
    account_id: String,
    /// What its owner or the administrator has to do.
    remarks: Vec<String>,
}

impl Carried {
    /// Secrets are sealed for the ids of their factors, hashes are salted, and digests of unique values name no account: all of them
    /// hold under the entry's id. What names the account's id does not.
    pub(super) async fn of(old: &Site, account: &Account, entry: &Account) -> Result<Self, Failure> {
        let mut data = account.data.clone();
        let mut remarks = Vec::new();
        let (ledger, now) = (&*old.ledger, old.clock.now());
        let mut used = Vec::new();
        for code in &data.recovery_codes {
            if is_recovery_code_used(ledger, &account.id, code, now).await? {
                used.push(code.id);
            }
        }
        if !used.is_empty() {
            data.recovery_codes.retain(|code| !used.contains(&code.id));
            remarks.push(match used.len() {
                1 => "1 recovery code was used before and stays behind".to_owned(),
                used => format!("{used} recovery codes were used before and stay behind"),
            });
        }
        if data.policy.ticket.take().is_some() {
            remarks.push("its ticket stays behind; make another one: postern account invite".to_owned());
        }
        for factor in data.factors.iter().filter(|factor| factor.kind.phone().is_some()) {
            remarks.push(format!(
                "the phone \"{}\" approves nothing until it is bound again, as it signs for the old id; its codes go on",
                factor.label
            ));
        }
        Ok(Self { data, account_id: entry.id.to_string(), remarks })
    }

    /// Whether the keyring of the new configuration opens what was sealed with the old one.
    pub(super) fn check_seals(&self, keyring: &Keyring) -> Result<(), Failure> {
        for factor in &self.data.factors {
            for secret in factor.kind.clone().record_mut().secrets_mut() {
                secret.reseal(factor.id, keyring, [0; 24]).map_err(|error| {
                    Failure::config(format!("{error}; both configurations have to name the same keyring"))
                })?;
            }
        }
        Ok(())
    }

    /// Whether the entry has it already: this very data, or, after an interruption, a part of it that no other run could have written.
    pub(super) fn is_in(&self, data: &AccountData, was_begun: bool) -> bool {
        let own = &self.data;
        let has_factor =
            || own.factors.iter().any(|factor| data.factors.iter().any(|one| one.id == factor.id));
        let has_password = || own.app_passwords.iter().any(|password| data.app_passwords.contains(password));
        let has_code = || own.recovery_codes.iter().any(|code| data.recovery_codes.contains(code));
        same(own) == same(data) || (was_begun && (has_factor() || has_password() || has_code()))
    }

    pub(super) fn moved(&self) -> Moved {
        let data = &self.data;
        let (factors, passwords) = (data.factors.len(), data.live_app_passwords().count());
        let carried = [
            counted(factors, "second factor", "second factors"),
            counted(passwords, "app password", "app passwords"),
            counted(data.recovery_codes.len(), "recovery code", "recovery codes"),
        ]
        .join(", ");
        Moved { account_id: self.account_id.clone(), carried, remarks: self.remarks.join("; ") }
    }
}

/// The data in an order of its own: directories return lists in any.
fn same(data: &AccountData) -> AccountData {
    let mut data = data.clone();
    data.factors.sort_by_key(|factor| factor.id);
    data.app_passwords.sort_by_key(postern_core::app_password::AppPassword::id);
    data.recovery_codes.sort_by_key(|code| code.id);
    data.factor_keys.sort_unstable();
    data
}

/// What was carried of an account, for the file of results.
#[derive(Debug, Clone)]
pub(super) struct Moved {
    account_id: String,
    carried: String,
    remarks: String,
}

impl Issued for Moved {
    const COLUMNS: &'static [&'static str] = &["account_id", "carried", "remarks"];
    const DONE: &'static str = "migrated";

    fn short(&self) -> String {
        let space = if self.remarks.is_empty() { "" } else { "; " };
        format!("({}{space}{})", self.carried, self.remarks)
    }

    fn fields(&self) -> Vec<Zeroizing<String>> {
        [&self.account_id, &self.carried, &self.remarks].map(|field| Zeroizing::new(field.clone())).to_vec()
    }

    fn read(fields: &[&str]) -> Option<Self> {
        let [account_id, carried, remarks] =
            fields.iter().map(|field| (*field).to_owned()).collect::<Vec<_>>().try_into().ok()?;
        Some(Self { account_id, carried, remarks })
    }
}
