//! The stores and the name service behind a fault injector: each call is recorded, and any can fail.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use postern_core::account::{Account, AccountData, AccountId, FactorKey, Revision};
use postern_core::browser_record::{BrowserRecord, BrowserRecordId, BrowserRecordKind};
use postern_core::challenge::ChallengeId;
use postern_core::clock::Timestamp;
use postern_core::device::{DeviceId, DeviceRecord};
use postern_core::directory::{Directory, DirectoryError, EachAccount, PasswordCheck, Update};
use postern_core::keyring::Digest;
use postern_core::ledger::{
    Admission, Answered, Attempt, Attempts, BrowserRecords, ChallengeAdmission, Challenges, Claims,
    CodeAdmission, CodeAttempt, CodeAttempts, CodeSettlement, EventPut, Health, History, LastUses, Ledger,
    LedgerError, LoginHistory, NewChallenge, ReplayProtection, RevisionNote, Revisions, SendAdmission,
    Sending, Sendings, Settlement, SourceNote, Spend, Spent, StoredChallenge, Token, TrustedDevices, Use,
};
use postern_core::limits::{AttemptLimits, CodeLimits, HistoryLimits, PushLimits, SendLimits, Source};
use postern_core::login_event::LoginEventRecord;
use postern_core::name::LoginName;
use postern_core::policy::Class;
use postern_core::secret::Password;
use postern_core::turns::Lane;
use postern_core::unix_users::{NameServiceError, UnixUsers};
use tokio::sync::Notify;

/// The fault injector between the flows and the stores.
#[derive(Debug, Default)]
pub(crate) struct FaultInjector {
    pub(crate) directory_is_down: AtomicBool,
    pub(crate) ledger_is_down: AtomicBool,
    pub(crate) users_are_down: AtomicBool,
    /// The users of the host.
    pub(crate) users: Mutex<BTreeMap<String, u32>>,
    looked_up: Mutex<Vec<String>>,
    calls: Mutex<Vec<Point>>,
    fault: Mutex<Option<Fault>>,
    pauses: Mutex<Vec<(Point, Arc<Pause>)>>,
    /// Signals that a call without an answer was made.
    pub(crate) hangs: Notify,
}

/// Which call goes wrong, counted from the last [`FaultInjector::expect`] on, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) nth: usize,
    pub(crate) kind: Kind,
}

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// It fails without an effect.
    Before,
    /// It fails after its effect.
    After,
    /// It has no effect, and no answer comes.
    Never,
    /// It has its effect, but no answer comes.
    NeverAfter,
    /// It fails, and so does every later one of the same store.
    From,
}

impl Kind {
    pub(crate) const ALL: [Self; 5] = [Self::Before, Self::After, Self::Never, Self::NeverAfter, Self::From];
}

/// A call that waits for a test.
#[derive(Debug, Default)]
pub(crate) struct Pause {
    reached: Notify,
    go: Notify,
}

impl Pause {
    /// Waits for the call, which is not executed yet.
    pub(crate) async fn reached(&self) {
        self.reached.notified().await;
    }

    pub(crate) fn go(&self) {
        self.go.notify_one();
    }
}

impl FaultInjector {
    /// Clears the recorded calls, and makes one of the next calls fail.
    pub(crate) fn expect(&self, fault: Option<Fault>) {
        lock(&self.calls).clear();
        *lock(&self.fault) = fault;
    }

    /// The recorded calls.
    pub(crate) fn calls(&self) -> Vec<Point> {
        lock(&self.calls).clone()
    }

    /// How often `point` was called.
    pub(crate) fn count(&self, point: Point) -> usize {
        lock(&self.calls).iter().filter(|call| **call == point).count()
    }

    /// The names that were looked up since the last time.
    pub(crate) fn looked_up(&self) -> Vec<String> {
        std::mem::take(&mut *lock(&self.looked_up))
    }

    /// Holds back the next call of `point`.
    pub(crate) fn pause(&self, point: Point) -> Arc<Pause> {
        let pause = Arc::new(Pause::default());
        lock(&self.pauses).push((point, Arc::clone(&pause)));
        pause
    }

    fn is_down(&self, store: Store) -> bool {
        match store {
            Store::Directory => &self.directory_is_down,
            Store::Ledger => &self.ledger_is_down,
        }
        .load(Ordering::Relaxed)
    }

    async fn call<T, E>(
        &self,
        point: Point,
        error: impl FnOnce() -> E,
        inner: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let nth = {
            let mut calls = lock(&self.calls);
            calls.push(point);
            calls.len() - 1
        };
        let pause = {
            let mut pauses = lock(&self.pauses);
            let place = pauses.iter().position(|(at, _)| *at == point);
            place.map(|place| pauses.remove(place).1)
        };
        if let Some(pause) = pause {
            pause.reached.notify_one();
            pause.go.notified().await;
        }
        if self.is_down(point.store()) {
            return Err(error());
        }
        let fault = *lock(&self.fault);
        let Some(Fault { nth: at, kind }) = fault.filter(|fault| nth >= fault.nth) else {
            return inner.await;
        };
        let is_it = nth == at;
        match kind {
            Kind::Before if is_it => Err(error()),
            Kind::After if is_it => {
                drop(inner.await);
                Err(error())
            }
            Kind::Never if is_it => self.hang().await,
            Kind::NeverAfter if is_it => {
                drop(inner.await);
                self.hang().await
            }
            Kind::From if is_it || lock(&self.calls)[at].store() == point.store() => Err(error()),
            Kind::Before | Kind::After | Kind::Never | Kind::NeverAfter | Kind::From => inner.await,
        }
    }

    async fn hang<T>(&self) -> T {
        self.hangs.notify_one();
        std::future::pending().await
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl UnixUsers for FaultInjector {
    async fn uid_of(&self, name: &str) -> Result<Option<u32>, NameServiceError> {
        lock(&self.looked_up).push(name.to_owned());
        if self.users_are_down.load(Ordering::Relaxed) {
            return Err(NameServiceError("switched off".to_owned()));
        }
        Ok(lock(&self.users).get(name).copied())
    }
}

/// One of the two traits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Store {
    Directory,
    Ledger,
}

/// Writes the switchboard's implementations of each part of the stores' traits, and the list of their methods: what is missing in
/// the one is missing in the other, and then the compiler says so.
macro_rules! switchboard {
    ($($part:ident for $store:ident fails with $error:ident $(and passes on $plain:ident -> $kind:ty)? {
        $($point:ident: async fn $method:ident(&self $(, $argument:ident: $type:ty)*) -> $result:ty;)*
    })*) => {
        /// A method that may fail.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Point {
            $($($point,)*)*
        }

        impl Point {
            pub(crate) const ALL: &[Self] = &[$($(Self::$point,)*)*];

            pub(crate) fn store(self) -> Store {
                match self {
                    $($(Self::$point => Store::$store,)*)*
                }
            }

            pub(crate) fn method(self) -> &'static str {
                match self {
                    $($(Self::$point => stringify!($method),)*)*
                }
            }
        }

        $(
            #[async_trait]
            impl $part for Watched<dyn $store> {
                $(
                    fn $plain(&self) -> $kind {
                        self.inner.$plain()
                    }
                )?

                $(
                    async fn $method(&self $(, $argument: $type)*) -> Result<$result, $error> {
                        let error = || $error::Down("switched off".to_owned());
                        let inner = self.inner.$method($($argument),*);
                        self.faults.call(Point::$point, error, inner).await
                    }
                )*
            }
        )*
    };
}

switchboard! {
    Directory for Directory fails with DirectoryError and passes on computes_main_passwords -> bool {
        Find: async fn find(&self, name: &LoginName, class: Class) -> Option<Account>;
        FindByUid: async fn find_by_uid(&self, uid: u32) -> Option<Account>;
        Read: async fn read(&self, id: &AccountId) -> Option<Account>;
        CheckMainPassword: async fn check_main_password(
            &self, account: Option<&Account>, password: &Password, class: Class, lane: Lane
        ) -> PasswordCheck;
        Update: async fn update(&self, id: &AccountId, expected: Revision, data: &AccountData) -> Update;
        Holders: async fn holders(&self, keys: &[FactorKey]) -> Vec<AccountId>;
        ForEachAccount: async fn for_each_account(&self, each: &mut EachAccount<'_>) -> ();
    }
    Attempts for Ledger fails with LedgerError {
        Admit: async fn admit(&self, attempt: &Attempt<'_>, limits: &AttemptLimits) -> Admission;
        Settle: async fn settle(&self, attempt: &Attempt<'_>, settlement: Settlement) -> ();
        History: async fn history(
            &self, account: &AccountId, source: &Source, limits: &AttemptLimits, now: Timestamp
        ) -> History;
        ForgetAttempts: async fn forget_attempts(&self, account: &AccountId) -> ();
    }
    LastUses for Ledger fails with LedgerError {
        NoteUse: async fn note_use(
            &self, account: &AccountId, source: &Source, note: &SourceNote, used: &Use
        ) -> ();
        LastUses: async fn last_uses(&self, account: &AccountId) -> Vec<Use>;
    }
    Revisions for Ledger fails with LedgerError {
        NoteRevision: async fn note_revision(&self, account: &AccountId, note: &RevisionNote) -> ();
        KnownRevision: async fn known_revision(&self, account: &AccountId, now: Timestamp) -> Option<RevisionNote>;
    }
    CodeAttempts for Ledger fails with LedgerError {
        AdmitCode: async fn admit_code(&self, attempt: &CodeAttempt<'_>, limits: &CodeLimits) -> CodeAdmission;
        CodePause: async fn code_pause(
            &self, attempt: &CodeAttempt<'_>, limits: &CodeLimits
        ) -> Option<Timestamp>;
        SettleCode: async fn settle_code(&self, attempt: &CodeAttempt<'_>, settlement: CodeSettlement) -> ();
        ForgetCodes: async fn forget_codes(&self, account: &AccountId) -> ();
    }
    ReplayProtection for Ledger fails with LedgerError {
        Spend: async fn spend(&self, step: &Spend<'_>) -> Spent;
    }
    TrustedDevices for Ledger fails with LedgerError {
        PutDevice: async fn put_device(&self, account: &AccountId, device: &DeviceRecord, at: Timestamp) -> ();
        Devices: async fn devices(&self, account: &AccountId, now: Timestamp) -> Vec<DeviceRecord>;
        DropDevices: async fn drop_devices(&self, account: &AccountId, devices: &[DeviceId]) -> ();
    }
    BrowserRecords for Ledger fails with LedgerError {
        PutBrowserRecord: async fn put_browser_record(
            &self, account: &AccountId, record: &BrowserRecord, replaces: Option<&BrowserRecord>, at: Timestamp
        ) -> bool;
        BrowserRecords: async fn browser_records(
            &self, account: &AccountId, kind: BrowserRecordKind, now: Timestamp
        ) -> Vec<BrowserRecord>;
        DropBrowserRecords: async fn drop_browser_records(
            &self, account: &AccountId, ids: &[BrowserRecordId]
        ) -> ();
        ForgetBrowsers: async fn forget_browsers(&self) -> ();
    }
    LoginHistory for Ledger fails with LedgerError {
        PutLoginEvent: async fn put_login_event(
            &self, account: &AccountId, record: &LoginEventRecord, replaces: Option<&str>, limits: &HistoryLimits, at: Timestamp
        ) -> EventPut;
        LoginEvents: async fn login_events(
            &self, account: &AccountId, limits: &HistoryLimits, now: Timestamp
        ) -> Vec<LoginEventRecord>;
        DropLoginEvents: async fn drop_login_events(&self, account: &AccountId) -> ();
    }
    Sendings for Ledger fails with LedgerError {
        AdmitSending: async fn admit_sending(&self, sending: &Sending, limits: &SendLimits) -> SendAdmission;
        WithdrawSending: async fn withdraw_sending(&self, sending: &Sending) -> ();
        CountSendings: async fn count_sendings(&self, subject: Digest, window: Duration, at: Timestamp) -> u64;
    }
    Claims for Ledger fails with LedgerError {
        Claim: async fn claim(&self, name: Digest, token: Token, term: Duration, at: Timestamp) -> bool;
        IsClaimed: async fn is_claimed(&self, name: Digest, at: Timestamp) -> bool;
    }
    Challenges for Ledger fails with LedgerError {
        PutChallenge: async fn put_challenge(
            &self, account: &AccountId, challenge: &NewChallenge<'_>, limits: &PushLimits
        ) -> ChallengeAdmission;
        Challenges: async fn challenges(&self, account: &AccountId, now: Timestamp) -> Vec<StoredChallenge>;
        AnswerChallenge: async fn answer_challenge(
            &self, account: &AccountId, id: ChallengeId, answer: &str, at: Timestamp
        ) -> Answered;
        TryChallenge: async fn try_challenge(
            &self, account: &AccountId, id: ChallengeId, most: u32, token: Token, at: Timestamp
        ) -> Option<StoredChallenge>;
        TakeChallenge: async fn take_challenge(
            &self, account: &AccountId, id: ChallengeId, token: Token, at: Timestamp
        ) -> Option<StoredChallenge>;
        AwaitChallenge: async fn await_challenge(
            &self, account: &AccountId, id: ChallengeId, longest: Duration
        ) -> bool;
        MutePushes: async fn mute_pushes(&self, account: &AccountId, until: Timestamp, at: Timestamp) -> ();
    }
    Ledger for Ledger fails with LedgerError {
        Time: async fn time(&self) -> Option<Timestamp>;
        Health: async fn health(&self) -> Health;
    }
}

/// A directory that reads from a replica, which may lag.
#[derive(Debug)]
pub(crate) struct Replicated {
    pub(crate) inner: Arc<dyn Directory>,
    /// The replica's older entries, by name.
    pub(crate) copies: Mutex<BTreeMap<String, Account>>,
}

#[async_trait]
impl Directory for Replicated {
    async fn find(&self, name: &LoginName, class: Class) -> Result<Option<Account>, DirectoryError> {
        let copy = match class {
            Class::Mail => lock(&self.copies).get(name.as_str()).cloned(),
            // Reads for a write do not use the replica.
            Class::Login => None,
        };
        if copy.is_some() { Ok(copy) } else { self.inner.find(name, class).await }
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

    async fn update(
        &self,
        id: &AccountId,
        expected: Revision,
        data: &AccountData,
    ) -> Result<Update, DirectoryError> {
        self.inner.update(id, expected, data).await
    }

    async fn holders(&self, keys: &[FactorKey]) -> Result<Vec<AccountId>, DirectoryError> {
        self.inner.holders(keys).await
    }

    async fn for_each_account(&self, each: &mut EachAccount<'_>) -> Result<(), DirectoryError> {
        self.inner.for_each_account(each).await
    }
}

/// A store behind the fault injector.
#[derive(Debug)]
pub(crate) struct Watched<T: ?Sized> {
    pub(crate) faults: Arc<FaultInjector>,
    pub(crate) inner: Arc<T>,
}

#[test]
fn the_list_of_points_is_that_of_the_traits() {
    for (store, source) in [
        (Store::Directory, include_str!("../../../../crates/core/src/directory.rs")),
        (Store::Ledger, LEDGER),
    ] {
        let methods = source.lines().filter_map(|line| line.trim().strip_prefix("async fn "));
        let methods = methods.filter_map(|rest| rest.split('(').next());
        // It is `read`, but for stores that have other servers to ask, and no flow calls it.
        let methods: Vec<&str> = methods.filter(|name| *name != "read_soon").collect();
        let listed: Vec<&str> =
            Point::ALL.iter().filter(|point| point.store() == store).map(|point| point.method()).collect();
        assert_eq!(listed, methods);
    }
}

/// The traits of the ledger, in the order of the switchboard.
const LEDGER: &str = concat!(
    include_str!("../../../../crates/core/src/ledger/attempts.rs"),
    include_str!("../../../../crates/core/src/ledger/last_uses.rs"),
    include_str!("../../../../crates/core/src/ledger/revisions.rs"),
    include_str!("../../../../crates/core/src/ledger/code_attempts.rs"),
    include_str!("../../../../crates/core/src/ledger/replay.rs"),
    include_str!("../../../../crates/core/src/ledger/trusted_devices.rs"),
    include_str!("../../../../crates/core/src/ledger/browser_records.rs"),
    include_str!("../../../../crates/core/src/ledger/login_history.rs"),
    include_str!("../../../../crates/core/src/ledger/sendings.rs"),
    include_str!("../../../../crates/core/src/ledger/claims.rs"),
    include_str!("../../../../crates/core/src/ledger/challenges.rs"),
    include_str!("../../../../crates/core/src/ledger/mod.rs"),
);
