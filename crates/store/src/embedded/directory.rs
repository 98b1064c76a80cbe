use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use postern_core::account::{Account, AccountData, AccountId, Attributes, FactorKey, Freshness, Revision};
use postern_core::app_password::AppPassword;
use postern_core::clock::{Clock, Timestamp};
use postern_core::directory::{Directory, DirectoryError, EachAccount, PasswordCheck, Update};
use postern_core::factor::{Factor, RecoveryCode};
use postern_core::hashing::{Cost, HashPool, Purpose, StoredHash};
use postern_core::name::LoginName;
use postern_core::policy::{AccountPolicy, Class};
use postern_core::secret::Password;
use postern_core::turns::Lane;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::attempts::StandInAttempt;
use super::database::Database;
use super::error::{DatabaseError, OpenError};
use super::integers::integer;
use super::ledger::EmbeddedLedger;
use super::values::{
    APP_PASSWORDS, FACTORS, RECOVERY_CODES, holders_of, keys_of, parse, replace, replace_keys, values_of,
};
use super::volatile_db::VolatileDb;
use crate::Access;

/// The directory of a single host: accounts with an argon2id main password in one SQLite file.
#[derive(Debug, Clone)]
pub struct Embedded {
    pub(super) database: Database,
    pub(super) hasher: Arc<HashPool>,
    pub(super) clock: Arc<dyn Clock>,
    /// What a check of a main password costs, for names without an account.
    cost: Cost,
    /// Whether attempts at accounts are counted in the same file.
    counts_attempts: bool,
}

impl Embedded {
    /// Opens or creates the file.
    ///
    /// # Errors
    /// [`OpenError`] says what is wrong with it and how to fix it.
    pub fn open(path: &Path, hasher: &Arc<HashPool>, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let database = Database::open(path)?;
        Ok(Self {
            database,
            hasher: Arc::clone(hasher),
            clock,
            cost: Cost::MAIN_PASSWORD,
            counts_attempts: true,
        })
    }

    /// Where new main passwords cost this much to check.
    #[must_use]
    pub fn with_cost(self, cost: Cost) -> Self {
        Self { cost, ..self }
    }

    /// Where attempts are counted in another ledger: what one costs there is not pretended here for names without an account.
    #[must_use]
    pub fn with_attempts_elsewhere(self) -> Self {
        Self { counts_attempts: false, ..self }
    }

    /// Opens the file, which has to exist.
    ///
    /// # Errors
    /// [`OpenError`] says what is wrong with it and how to fix it.
    pub fn open_existing(
        path: &Path,
        hasher: &Arc<HashPool>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        if matches!(path.try_exists(), Ok(false)) {
            return Err(OpenError::At(path.to_owned(), Box::new(OpenError::Missing)));
        }
        Self::open(path, hasher, clock)
    }

    /// Creates the file if it is missing, and otherwise makes sure that it can be used.
    ///
    /// # Errors
    /// As [`Embedded::open`].
    pub fn create(path: &Path) -> Result<(), OpenError> {
        Database::open(path).map(drop)
    }

    /// The ledger in the same file. Spent steps and open challenges are stored in `folder`, which is emptied when the host starts and
    /// which no backup covers: that of the daemon's socket.
    #[must_use]
    pub fn ledger(&self, folder: &Path) -> EmbeddedLedger {
        self.ledger_with(folder, Access::Daemon)
    }

    /// As [`Embedded::ledger`], for a process that may not be posternd.
    #[must_use]
    pub fn ledger_with(&self, folder: &Path, access: Access) -> EmbeddedLedger {
        let volatile = VolatileDb::new(folder, self.database.clone(), Arc::clone(&self.clock), access);
        EmbeddedLedger::new(self.database.clone(), volatile)
    }
}

#[async_trait]
impl Directory for Embedded {
    async fn find(&self, name: &LoginName, class: Class) -> Result<Option<Account>, DirectoryError> {
        let (typed, now) = (name.as_str().to_owned(), self.clock.now());
        let found = self.database.read(BUDGET, move |connection| match class {
            // Names are in lower case. A login under another spelling must be distinguishable from one of a stranger.
            Class::Login => match one(connection, BY_NAME, &typed, now)? {
                Some(account) => Ok(Some(account)),
                None => one(connection, BY_NAME, &typed.trim().to_lowercase(), now),
            },
            Class::Mail => {
                let name = typed.to_ascii_lowercase();
                match one(connection, BY_NAME, &name, now)? {
                    Some(account) => Ok(Some(account)),
                    None => one(connection, BY_MAIL, &name, now),
                }
            }
        });
        Ok(found.await?)
    }

    async fn find_by_uid(&self, uid: u32) -> Result<Option<Account>, DirectoryError> {
        let now = self.clock.now();
        let found = self.database.read(BUDGET, move |connection| {
            let mut select = connection.prepare_cached(BY_UID)?;
            let rows = select.query_map([uid], read_row)?.collect::<Result<Vec<_>, _>>()?;
            let mut rows = rows.into_iter();
            match (rows.next(), rows.next()) {
                (None, _) => Ok(None),
                (Some(row), None) => row.into_account(connection, now).map(Some),
                (Some(_), Some(_)) => Err(DatabaseError::Broken(format!(
                    "several accounts have the uidNumber {uid}; each may have one"
                ))),
            }
        });
        Ok(found.await?)
    }

    async fn read(&self, id: &AccountId) -> Result<Option<Account>, DirectoryError> {
        let id = id.as_str().to_owned();
        let now = self.clock.now();
        let found = self.database.read(BUDGET, move |connection| one(connection, BY_ID, &id, now));
        Ok(found.await?)
    }

    fn computes_main_passwords(&self) -> bool {
        true
    }

    async fn check_main_password(
        &self,
        account: Option<&Account>,
        password: &Password,
        _: Class,
        lane: Lane,
    ) -> Result<PasswordCheck, DirectoryError> {
        // At an account the attempt was counted before.
        let stand_in = match account {
            None if self.counts_attempts => StandInAttempt::begin(&self.database, self.clock.now()).await,
            None | Some(_) => None,
        };
        // An empty id is no account's, and costs the same query.
        let id = account.map(|account| account.id.as_str().to_owned()).unwrap_or_default();
        let stored = self.database.read(BUDGET, move |connection| stored_password(connection, &id)).await?;
        let secret = password.expose().as_bytes();
        let Some(hash) = stored else {
            let pretended = self.hasher.pretend(self.cost, secret, Purpose::MainPassword, lane).await;
            if let Some(stand_in) = stand_in {
                stand_in.end().await;
            }
            pretended?;
            return Ok(PasswordCheck::Wrong);
        };
        let is_right = self.hasher.verify(&hash, secret, Purpose::MainPassword, lane).await?;
        Ok(if is_right { PasswordCheck::Right } else { PasswordCheck::Wrong })
    }

    async fn update(
        &self,
        id: &AccountId,
        expected: Revision,
        data: &AccountData,
    ) -> Result<Update, DirectoryError> {
        let (id, data, next) = (id.as_str().to_owned(), data.clone(), expected.next());
        let done = self.database.write(BUDGET, move |connection| {
            let changed = connection
                .prepare_cached(
                    "UPDATE account SET revision = ?3, enrolled = ?4, policy = ?5 WHERE id = ?1 AND revision = ?2",
                )?
                .execute(params![id, integer(expected.0)?, integer(next.0)?, data.enrolled, data.policy.to_json()])?;
            if changed != 1 {
                return Ok(Update::Conflict);
            }
            let app_passwords = data.app_passwords.iter().map(|one| (one.id().to_string(), one.to_json()));
            replace(connection, &APP_PASSWORDS, &id, app_passwords)?;
            let factors = data.factors.iter().map(|one| (one.id.to_string(), one.to_json()));
            replace(connection, &FACTORS, &id, factors)?;
            let codes = data.recovery_codes.iter().map(|one| (one.id.to_string(), one.to_json()));
            replace(connection, &RECOVERY_CODES, &id, codes)?;
            replace_keys(connection, &id, &data.factor_keys)?;
            Ok(Update::Done(next))
        });
        Ok(done.await?)
    }

    async fn holders(&self, keys: &[FactorKey]) -> Result<Vec<AccountId>, DirectoryError> {
        let (keys, most) = (keys.to_vec(), keys.len() + 1);
        let holders = self.database.read(BUDGET, move |connection| {
            let mut found = BTreeSet::new();
            for key in &keys {
                found.extend(holders_of(connection, key, most)?);
            }
            Ok(found)
        });
        Ok(holders.await?.into_iter().take(most).map(AccountId::new).collect())
    }

    async fn for_each_account(&self, each: &mut EachAccount<'_>) -> Result<(), DirectoryError> {
        let mut after = String::new();
        loop {
            let (from, now) = (after.clone(), self.clock.now());
            let page = self.database.read(BUDGET, move |connection| {
                let mut select = connection
                    .prepare_cached("SELECT * FROM account WHERE name > ?1 ORDER BY name LIMIT ?2")?;
                let rows = select.query_map(params![from, PAGE], read_row)?.collect::<Result<Vec<_>, _>>()?;
                let read = |row: AccountRow| (row.name.clone(), row.into_account(connection, now));
                Ok(rows.into_iter().map(read).collect::<Vec<_>>())
            });
            let page = page.await?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            after.clone_from(last);
            page.into_iter().for_each(|(_, account)| each(account.map_err(DirectoryError::from)));
        }
    }
}

fn stored_password(connection: &Connection, id: &str) -> Result<Option<StoredHash>, DatabaseError> {
    let text: Option<Option<String>> = connection
        .prepare_cached("SELECT password FROM account WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    let parse = |text: String| {
        StoredHash::parse(&text)
            .map_err(|error| DatabaseError::Broken(format!("the main password of account {id} is {error}")))
    };
    text.flatten().map(parse).transpose()
}

fn one(
    connection: &Connection,
    query: &str,
    key: &str,
    now: Timestamp,
) -> Result<Option<Account>, DatabaseError> {
    let row = connection.prepare_cached(query)?.query_row([key], read_row).optional()?;
    row.map(|row| row.into_account(connection, now)).transpose()
}

struct AccountRow {
    id: String,
    name: String,
    password_changed: i64,
    attributes: String,
    revision: i64,
    enrolled: bool,
    policy: String,
}

fn read_row(row: &Row<'_>) -> rusqlite::Result<AccountRow> {
    Ok(AccountRow {
        id: row.get("id")?,
        name: row.get("name")?,
        password_changed: row.get("password_changed")?,
        attributes: row.get("attributes")?,
        revision: row.get("revision")?,
        enrolled: row.get("enrolled")?,
        policy: row.get("policy")?,
    })
}

impl AccountRow {
    fn into_account(self, connection: &Connection, now: Timestamp) -> Result<Account, DatabaseError> {
        let broken = |what: &str| DatabaseError::Broken(format!("account {}: {what}", self.name));
        let values: BTreeMap<String, Vec<String>> =
            serde_json::from_str(&self.attributes).map_err(|_| broken("its attributes are not readable"))?;
        let mut attributes = Attributes::new();
        values.into_iter().for_each(|(name, values)| attributes.set(&name, values));
        let policy = AccountPolicy::from_json(&self.policy).map_err(|error| broken(&error.to_string()))?;
        let values = |list| values_of(connection, list, &self.id);
        let app_passwords =
            parse(&values(&APP_PASSWORDS)?, AppPassword::from_json).map_err(|what| broken(&what))?;
        let mut factors = parse(&values(&FACTORS)?, Factor::from_json).map_err(|what| broken(&what))?;
        factors.sort_by_key(|factor| (factor.created, factor.id));
        let recovery_codes =
            parse(&values(&RECOVERY_CODES)?, RecoveryCode::from_json).map_err(|what| broken(&what))?;
        let factor_keys = keys_of(connection, &self.id)?;
        let factor_keys =
            parse(&factor_keys, |text| FactorKey::parse(text).ok_or("a factor key is not readable"));
        let factor_keys = factor_keys.map_err(|what| broken(&what))?;
        let revision = u64::try_from(self.revision).map_err(|_| broken("its revision is negative"))?;
        Ok(Account {
            id: AccountId::new(self.id),
            name: self.name,
            status: policy.status(now),
            addresses: attributes.values("mail").to_vec(),
            attributes,
            password_marker: self.password_changed.to_string(),
            data: AccountData {
                enrolled: self.enrolled,
                app_passwords,
                factors,
                recovery_codes,
                factor_keys,
                policy,
            },
            revision: Revision(revision),
            locator: String::new(),
            freshness: Freshness::Fresh,
        })
    }
}

const BY_NAME: &str = "SELECT * FROM account WHERE name = ?1";
const BY_ID: &str = "SELECT * FROM account WHERE id = ?1";
const BY_UID: &str = "SELECT account.* FROM unix_uid JOIN account ON account.id = unix_uid.account WHERE unix_uid.uid = ?1 LIMIT 2";
const BY_MAIL: &str =
    "SELECT account.* FROM mail JOIN account ON account.id = mail.account WHERE mail.address = ?1";
/// One deadline for everything that a login asks the directory.
const BUDGET: Duration = Duration::from_secs(3);
const PAGE: i64 = 500;
