//! Accounts of the embedded directory are created here, and their main passwords changed. LDAP offers neither.

use std::time::Duration;

use postern_core::account::{AccountId, Attributes};
use postern_core::hashing::StoredHash;
use postern_core::policy::AccountPolicy;
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::directory::Embedded;
use super::error::DatabaseError;
use super::integers::integer;

/// An account to be created.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// Its name, in lower case.
    pub name: String,
    /// The hash of its main password; without one only app passwords are accepted.
    pub password: Option<StoredHash>,
    /// Its policy from the beginning.
    pub policy: AccountPolicy,
    /// The attributes that userdb templates may refer to. The values of `mail` are its other names, in lower case.
    pub attributes: Attributes,
}

/// Why an account was not created or changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// The name, or one of the addresses, belongs to another account.
    #[error("\"{0}\" is already the name or an address of an account")]
    Taken(String),
    /// There is no such account.
    #[error("there is no such account")]
    NoAccount,
    /// The file does not work.
    #[error("{0}")]
    Database(String),
}

impl Embedded {
    /// Creates an account with a fresh random id (RFC 9562, version 4).
    ///
    /// # Errors
    /// [`AccountError`]; nothing was changed.
    pub async fn create_account(&self, new: NewAccount) -> Result<AccountId, AccountError> {
        let id = Uuid::new_v4().to_string();
        let account = AccountId::new(id.clone());
        let now = self.clock.now();
        let made = self.database.write(BUDGET, move |connection| {
            let mails = new.attributes.values("mail");
            for name in std::iter::once(&new.name).chain(mails) {
                if is_taken(connection, name)? {
                    return Ok(Err(AccountError::Taken(name.clone())));
                }
            }
            let attributes: std::collections::BTreeMap<&str, &[String]> = new.attributes.iter().collect();
            let attributes = serde_json::to_string(&attributes)
                .map_err(|error| DatabaseError::Broken(format!("attributes: {error}")))?;
            connection.execute(
                "INSERT INTO account (id, name, password, password_changed, policy, attributes)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![
                    id,
                    new.name,
                    new.password.as_ref().map(StoredHash::as_str),
                    integer(now.as_unix())?,
                    new.policy.to_json(),
                    attributes
                ],
            )?;
            for address in mails {
                connection
                    .execute("INSERT INTO mail (address, account) VALUES (?1, ?2)", params![address, id])?;
            }
            Ok(Ok(()))
        });
        made.await??;
        Ok(account)
    }

    /// Replaces an account's main password, or removes it.
    ///
    /// # Errors
    /// [`AccountError`]; nothing was changed.
    pub async fn set_main_password(
        &self,
        id: &AccountId,
        password: Option<StoredHash>,
    ) -> Result<(), AccountError> {
        let id = id.as_str().to_owned();
        let now = integer(self.clock.now().as_unix())?;
        let update = move |connection: &Connection| {
            let text = password.as_ref().map(StoredHash::as_str);
            // It must grow even within one second: it tells answers about the old password from those about the new one.
            Ok(connection.execute(
                "UPDATE account SET password = ?2, password_changed = max(?3, password_changed + 1) WHERE id = ?1",
                params![id, text, now],
            )?)
        };
        found(self.database.write(BUDGET, update).await?)
    }

    /// Whether an account has a main password.
    ///
    /// # Errors
    /// [`AccountError`].
    pub async fn has_main_password(&self, id: &AccountId) -> Result<bool, AccountError> {
        let id = id.as_str().to_owned();
        let has = self.database.read(BUDGET, move |connection| {
            let query = "SELECT password IS NOT NULL FROM account WHERE id = ?1";
            Ok(connection.query_row(query, [&id], |row| row.get(0)).optional()?)
        });
        has.await?.ok_or(AccountError::NoAccount)
    }

    /// Asks SQLite whether the whole file is sound, which takes as long as reading it.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub async fn check_integrity(&self) -> Result<(), AccountError> {
        let verdict = self.database.read(INTEGRITY_BUDGET, |connection| {
            Ok(connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0))?)
        });
        match verdict.await? {
            ok if ok == "ok" => Ok(()),
            damage => Err(AccountError::Database(damage)),
        }
    }
}

impl From<DatabaseError> for AccountError {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::Down(why) | DatabaseError::Broken(why) => Self::Database(why),
        }
    }
}

fn found(rows: usize) -> Result<(), AccountError> {
    if rows == 1 { Ok(()) } else { Err(AccountError::NoAccount) }
}

fn is_taken(connection: &Connection, name: &str) -> Result<bool, DatabaseError> {
    let query = "SELECT EXISTS (SELECT 1 FROM account WHERE name = ?1) OR EXISTS (SELECT 1 FROM mail WHERE address = ?1)";
    Ok(connection.query_row(query, [name], |row| row.get(0))?)
}

const BUDGET: Duration = Duration::from_secs(3);
const INTEGRITY_BUDGET: Duration = Duration::from_secs(60);
