//! Reads that are never older than the last change, from servers that may lag behind.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use postern_core::account::{Account, AccountData, AccountId, FactorKey, Freshness, Revision};
use postern_core::clock::Clock;
use postern_core::config::read_private;
use postern_core::directory::{Directory, DirectoryError, EachAccount, PasswordCheck, Update};
use postern_core::keyring::{Digest, Keyring};
use postern_core::ledger::{Ledger, RevisionNote};
use postern_core::name::LoginName;
use postern_core::policy::Class;
use postern_core::secret::Password;
use postern_core::turns::Lane;

use crate::Access;

/// A directory that compares each entry it reads with the newest revision in the ledger. An older entry is read again from the master,
/// or not used.
///
/// The ledger is not trusted. An unsigned note can only cause an entry to be read again. Only a note of the last minute that is signed
/// with the keyring makes that unnecessary, and only at mail services: a decision at a login service always rests on an entry from the
/// master. If the master does not answer, a mail service uses the entry it has, unless that is known to be older: app passwords must not
/// depend on one server.
pub struct FreshReads {
    inner: Arc<dyn Directory>,
    ledger: Arc<dyn Ledger>,
    clock: Arc<dyn Clock>,
    keys: Keys,
    access: Access,
    reads_from_master: bool,
}

impl FreshReads {
    /// Compares the entries of `inner` with the revisions in `ledger`.
    #[must_use]
    pub fn new(
        inner: Arc<dyn Directory>,
        ledger: Arc<dyn Ledger>,
        keyring: &Path,
        clock: Arc<dyn Clock>,
        access: Access,
    ) -> Self {
        Self { inner, ledger, clock, keys: Keys::at(keyring), access, reads_from_master: false }
    }

    /// For a host that reads from the master alone. What it reads is not compared with anything, but what it changes is noted: other
    /// hosts of the site may read from replicas.
    #[must_use]
    pub fn from_master(self) -> Self {
        Self { reads_from_master: true, ..self }
    }

    /// How an entry compares with the ledger's note.
    async fn age(&self, account: &Account) -> Age {
        let now = self.clock.now();
        let Ok(Some(note)) = self.ledger.known_revision(&account.id, now).await else { return Age::Unknown };
        if account.revision < note.revision {
            return Age::Older;
        }
        let is_signed = |keyring: &Keyring| note.is_signed(&account.id, keyring, now);
        if note.is_current(now) && self.keys.vouch(is_signed) { Age::Current } else { Age::Unknown }
    }

    /// Notes a revision. Without a keyring the note is not signed.
    async fn note(&self, id: &AccountId, revision: Revision) {
        let at = self.clock.now();
        let note = self.keys.current().map(|keyring| RevisionNote::sign(id, revision, at, &keyring));
        let note = note.unwrap_or(RevisionNote { revision, at, mac: Digest::default() });
        drop(self.ledger.note_revision(id, &note).await);
    }

    /// The account as the master has it. Notes its revision, so that later reads need not ask the master.
    async fn read_and_note(&self, id: &AccountId, age: Age) -> Result<Option<Account>, DirectoryError> {
        let read = match age {
            Age::Older => self.inner.read(id).await?,
            Age::Unknown | Age::Current => self.inner.read_soon(id).await?,
        };
        // A tool leaves no note.
        if let Some(account) = &read
            && self.access == Access::Daemon
        {
            self.note(id, account.revision).await;
        }
        Ok(read)
    }
}

#[async_trait]
impl Directory for FreshReads {
    async fn find(&self, name: &LoginName, class: Class) -> Result<Option<Account>, DirectoryError> {
        let Some(account) = self.inner.find(name, class).await? else { return Ok(None) };
        // At login services it was read from the master.
        if class == Class::Login || self.reads_from_master {
            return Ok(Some(account));
        }
        match (account.freshness, self.age(&account).await) {
            (Freshness::Fresh, Age::Current) | (Freshness::Stale, Age::Current | Age::Unknown) => {
                Ok(Some(account))
            }
            (Freshness::Stale, Age::Older) => {
                Err(DirectoryError::Down("the copy that is left is older than a change".to_owned()))
            }
            // The name may have passed to another account meanwhile, so it is used only if it still belongs to this one.
            (Freshness::Fresh, age @ (Age::Unknown | Age::Older)) => {
                match self.read_and_note(&account.id, age).await {
                    Ok(read) => Ok(read.map(|read| Account { name: account.name, ..read })),
                    Err(DirectoryError::Down(_)) if age != Age::Older => Ok(Some(account)),
                    Err(error) => Err(error),
                }
            }
        }
    }

    async fn find_by_uid(&self, uid: u32) -> Result<Option<Account>, DirectoryError> {
        self.inner.find_by_uid(uid).await
    }

    async fn read(&self, id: &AccountId) -> Result<Option<Account>, DirectoryError> {
        self.inner.read(id).await
    }

    fn computes_main_passwords(&self) -> bool {
        self.inner.computes_main_passwords()
    }

    async fn check_main_password(
        &self,
        account: Option<&Account>,
        password: &Password,
        class: Class,
        lane: Lane,
    ) -> Result<PasswordCheck, DirectoryError> {
        self.inner.check_main_password(account, password, class, lane).await
    }

    /// Notes the next revision before it is written. If the change then fails, reads cost more for an hour; in the other order a
    /// revocation could go unnoticed.
    async fn update(
        &self,
        id: &AccountId,
        expected: Revision,
        data: &AccountData,
    ) -> Result<Update, DirectoryError> {
        self.note(id, expected.next()).await;
        self.inner.update(id, expected, data).await
    }

    async fn holders(&self, keys: &[FactorKey]) -> Result<Vec<AccountId>, DirectoryError> {
        self.inner.holders(keys).await
    }

    async fn for_each_account(&self, each: &mut EachAccount<'_>) -> Result<(), DirectoryError> {
        self.inner.for_each_account(each).await
    }
}

/// How old an entry is, by the ledger's note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Age {
    /// This site signed within the last minute that there is no newer one.
    Current,
    /// There is no note that proves anything.
    Unknown,
    /// There is a newer one.
    Older,
}

/// The keyring, as it was when its file was last read: another program may sign with a newer key.
struct Keys {
    path: PathBuf,
    last: Mutex<(Option<Arc<Keyring>>, Option<Instant>)>,
}

impl Keys {
    fn at(path: &Path) -> Self {
        Self { path: path.to_owned(), last: Mutex::default() }
    }

    fn current(&self) -> Option<Arc<Keyring>> {
        let known = self.lock().0.clone();
        known.or_else(|| self.read_again())
    }

    /// Whether `is_signed` holds with the present keyring.
    fn vouch(&self, is_signed: impl Fn(&Keyring) -> bool) -> bool {
        self.current().is_some_and(|keyring| is_signed(&keyring))
            || self.read_again().is_some_and(|keyring| is_signed(&keyring))
    }

    /// `None` if it cannot be read, or was read a moment ago.
    fn read_again(&self) -> Option<Arc<Keyring>> {
        let mut last = self.lock();
        if last.1.is_some_and(|at| at.elapsed() < RETRY) {
            return None;
        }
        last.1 = Some(Instant::now());
        let keyring = read_private(&self.path).ok().and_then(|text| Keyring::parse(&text).ok())?;
        last.0 = Some(Arc::new(keyring));
        last.0.clone()
    }

    fn lock(&self) -> MutexGuard<'_, (Option<Arc<Keyring>>, Option<Instant>)> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const RETRY: Duration = Duration::from_secs(5);

impl fmt::Debug for FreshReads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FreshReads")
    }
}
