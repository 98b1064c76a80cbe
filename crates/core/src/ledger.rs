//! Where what may expire is kept: Redis, or its stand-in.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;

use crate::account::{AccountId, Revision};
use crate::app_password::Selector;
use crate::challenge::ChallengeId;
use crate::clock::Timestamp;
use crate::device::{DeviceId, DeviceRecord};
use crate::factor::FactorId;
use crate::keyring::{Digest, Keyring, OlderKeys};
use crate::limits::{AttemptLimits, CodeLimits, PushLimits, SOURCE_MEMORY, SendLimits, Source};

/// Keeps attempts, spent codes, trusted devices, challenges, last uses and revisions. Every call ends within the implementation's own
/// deadline, and may be repeated.
///
/// What was written with a time in the future counts as of now, so that no wait is longer than its own window whatever a clock
/// showed once. Where the ledger has a clock of its own, that one decides.
#[async_trait]
pub trait Ledger: Send + Sync + fmt::Debug {
    /// Counts an attempt before its secret is verified; atomic over all hosts that share the ledger.
    ///
    /// The same secret counts once while it is remembered. Past the limits nothing more is counted.
    ///
    /// # Errors
    /// As the type says.
    async fn admit(&self, attempt: &Attempt<'_>, limits: &AttemptLimits) -> Result<Admission, LedgerError>;

    /// Says how an admitted attempt ended.
    ///
    /// # Errors
    /// As the type says.
    async fn settle(&self, attempt: &Attempt<'_>, settlement: Settlement) -> Result<(), LedgerError>;

    /// What is known at `now` of logins to `account` from `source`.
    ///
    /// # Errors
    /// As the type says.
    async fn history(
        &self,
        account: &AccountId,
        source: &Source,
        limits: &AttemptLimits,
        now: Timestamp,
    ) -> Result<History, LedgerError>;

    /// Forgets the wrong main and app passwords of an account, wherever they came from.
    ///
    /// # Errors
    /// As the type says.
    async fn forget_attempts(&self, account: &AccountId) -> Result<(), LedgerError>;

    /// Notes a login that was let in: where it came from, under `note`, and for one credential of one account the newest use,
    /// unless that is less than [`NOTE_EVERY`] younger than the one that is kept.
    ///
    /// # Errors
    /// As the type says.
    async fn note_use(
        &self,
        account: &AccountId,
        source: &Source,
        note: &SourceNote,
        used: &Use,
    ) -> Result<(), LedgerError>;

    /// The last use of each credential of an account.
    ///
    /// # Errors
    /// As the type says.
    async fn last_uses(&self, account: &AccountId) -> Result<Vec<Use>, LedgerError>;

    /// Notes that `account` has reached a revision; the highest is kept for [`REVISION_MEMORY`].
    ///
    /// # Errors
    /// As the type says.
    async fn note_revision(&self, account: &AccountId, note: &RevisionNote) -> Result<(), LedgerError>;

    /// The note of the highest revision that `account` has reached, where that is not forgotten at `now`. It proves something only
    /// where it [`RevisionNote::is_signed`].
    ///
    /// # Errors
    /// As the type says.
    async fn known_revision(
        &self,
        account: &AccountId,
        now: Timestamp,
    ) -> Result<Option<RevisionNote>, LedgerError>;

    /// Counts a code before it is verified; atomic over all hosts that share the ledger. Every code counts, the same one too.
    ///
    /// Repeated with the same token it counts once.
    ///
    /// # Errors
    /// As the type says.
    async fn admit_code(
        &self,
        attempt: &CodeAttempt<'_>,
        limits: &CodeLimits,
    ) -> Result<CodeAdmission, LedgerError>;

    /// Says that an admitted code was right, or could not be verified. Without that it counts as wrong.
    ///
    /// # Errors
    /// As the type says.
    async fn settle_code(
        &self,
        attempt: &CodeAttempt<'_>,
        settlement: CodeSettlement,
    ) -> Result<(), LedgerError>;

    /// Forgets the wrong codes of an account.
    ///
    /// # Errors
    /// As the type says.
    async fn forget_codes(&self, account: &AccountId) -> Result<(), LedgerError>;

    /// Spends a time step: whoever spends it first has it, among all hosts that share the ledger and for ever. A step is
    /// spent with all that come before it.
    ///
    /// Where the ledger may have forgotten what was spent, only steps that nobody can have spent before then are to be had:
    /// those from the second one after the present on. With a window of one step the next one may be gone already.
    ///
    /// # Errors
    /// As the type says. After [`LedgerError::Down`] the step may be spent; the same token spends it again.
    async fn spend(&self, step: &Spend<'_>) -> Result<Spent, LedgerError>;

    /// Keeps the record of a trusted device, in the place of one with the same id.
    ///
    /// # Errors
    /// As the type says.
    async fn put_device(
        &self,
        account: &AccountId,
        device: &DeviceRecord,
        at: Timestamp,
    ) -> Result<(), LedgerError>;

    /// The records of an account's trusted devices that have not expired at `now`, by id. What they say proves nothing.
    ///
    /// # Errors
    /// As the type says.
    async fn devices(&self, account: &AccountId, now: Timestamp) -> Result<Vec<DeviceRecord>, LedgerError>;

    /// Drops the records of these devices.
    ///
    /// # Errors
    /// As the type says.
    async fn drop_devices(&self, account: &AccountId, devices: &[DeviceId]) -> Result<(), LedgerError>;

    /// Counts a message that is about to be sent about `subject`: an account, a destination or a source, each under a key of
    /// the keyring. Atomic over all hosts that share the ledger; repeated with the same token it counts once. Past the limits
    /// nothing is counted.
    ///
    /// # Errors
    /// As the type says.
    async fn admit_sending(
        &self,
        sending: &Sending,
        limits: &SendLimits,
    ) -> Result<SendAdmission, LedgerError>;

    /// Says that a message that was counted was not sent; it no longer counts.
    ///
    /// # Errors
    /// As the type says.
    async fn withdraw_sending(&self, sending: &Sending) -> Result<(), LedgerError>;

    /// Takes a name of the site for `term`, among all hosts that share the ledger: true where nobody else has it. Repeated
    /// with the same token it is still ours. A directory that is restored from a backup changes nothing of that.
    ///
    /// # Errors
    /// As the type says.
    async fn claim(
        &self,
        name: Digest,
        token: Token,
        term: Duration,
        at: Timestamp,
    ) -> Result<bool, LedgerError>;

    /// Puts a challenge, where its room allows for one more ([`Room`]). Repeated with the same id it is put once.
    ///
    /// # Errors
    /// As the type says.
    async fn put_challenge(
        &self,
        account: &AccountId,
        challenge: &NewChallenge<'_>,
        limits: &PushLimits,
    ) -> Result<ChallengeAdmission, LedgerError>;

    /// The challenges of an account that are neither over at `now` nor taken, by id. What they say proves nothing.
    ///
    /// # Errors
    /// As the type says.
    async fn challenges(
        &self,
        account: &AccountId,
        now: Timestamp,
    ) -> Result<Vec<KeptChallenge>, LedgerError>;

    /// Hands in an answer to a challenge that is not over at `at`, and wakes whoever waits for it. The first one counts: there
    /// is no second, and the pushes of the account no longer count as unanswered.
    ///
    /// # Errors
    /// As the type says.
    async fn answer_challenge(
        &self,
        account: &AccountId,
        id: ChallengeId,
        answer: &str,
        at: Timestamp,
    ) -> Result<Answered, LedgerError>;

    /// Counts a look at a challenge's code before it is verified, and gives the challenge. `None` where it is over, taken, or
    /// was looked at `most` times before; repeated with the same token it counts once.
    ///
    /// # Errors
    /// As the type says.
    async fn try_challenge(
        &self,
        account: &AccountId,
        id: ChallengeId,
        most: u32,
        token: Token,
        at: Timestamp,
    ) -> Result<Option<KeptChallenge>, LedgerError>;

    /// Takes a challenge out, and wakes whoever else waits for it: one caller gets it, among all hosts that share the ledger
    /// and for ever; repeated with the same token it is that caller's again. `None` where it is over at `at`, taken, or where the
    /// ledger may have forgotten that it was.
    ///
    /// # Errors
    /// As the type says. After [`LedgerError::Down`] it may be taken.
    async fn take_challenge(
        &self,
        account: &AccountId,
        id: ChallengeId,
        token: Token,
        at: Timestamp,
    ) -> Result<Option<KeptChallenge>, LedgerError>;

    /// Waits until a challenge is answered, taken or over, at most `longest`. True where there is something to look at; false
    /// where time is up. Whoever answers on another host is heard of within 200 ms.
    ///
    /// # Errors
    /// As the type says, and as soon as the ledger fails.
    async fn await_challenge(
        &self,
        account: &AccountId,
        id: ChallengeId,
        longest: Duration,
    ) -> Result<bool, LedgerError>;

    /// Rings no phone of the account until then ([`ChallengeAdmission::Quiet`]).
    ///
    /// # Errors
    /// As the type says.
    async fn quiet_phones(
        &self,
        account: &AccountId,
        until: Timestamp,
        at: Timestamp,
    ) -> Result<(), LedgerError>;

    /// What time it is by the ledger's own clock; `None` where it has none but this host's.
    ///
    /// # Errors
    /// As the type says.
    async fn time(&self) -> Result<Option<Timestamp>, LedgerError>;

    /// Whether it is in order now, and what its keeper should know. Asking changes nothing.
    ///
    /// # Errors
    /// As the type says.
    async fn health(&self) -> Result<Health, LedgerError>;
}

/// One secret offered for one account from one source.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// For whom.
    pub account: &'a AccountId,
    /// From where.
    pub source: &'a Source,
    /// The secret under a key of the keyring.
    pub digest: Digest,
    /// When.
    pub at: Timestamp,
}

/// One code offered for one account.
#[derive(Debug, Clone, Copy)]
pub struct CodeAttempt<'a> {
    /// For whom.
    pub account: &'a AccountId,
    /// `None` where the first factor was proved: the attempt counts for the whole account. Else it counts for this source
    /// alone, so that nobody is shut out by strangers.
    pub source: Option<&'a Source>,
    /// When.
    pub at: Timestamp,
    /// Tells it from others.
    pub token: Token,
}

/// 128 random bits that tell one question from another, so that it may be repeated.
pub type Token = [u8; 16];

/// Whether a code may be verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeAdmission {
    /// Verify it.
    Proceed {
        /// How many have been wrong in a row, this one included, were it wrong.
        in_a_row: u32,
    },
    /// Too many wrong ones: refuse it without a look.
    Limited {
        /// When the next one may be tried.
        until: Timestamp,
    },
}

/// How a code ended that was not wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeSettlement {
    /// It was right: earlier wrong ones are forgotten, and none is in a row.
    Right,
    /// It could not be verified; it no longer counts.
    Withdrawn,
}

/// A time step of one factor (RFC 6238, section 5.2).
#[derive(Debug, Clone, Copy)]
pub struct Spend<'a> {
    /// Whose.
    pub account: &'a AccountId,
    /// Which factor's.
    pub factor: FactorId,
    /// The number of the step.
    pub step: u64,
    /// Its length in seconds.
    pub period: u64,
    /// Whether the seed was made a moment ago, so that no step of it can have been spent before, whatever the ledger forgot.
    pub is_first: bool,
    /// When.
    pub at: Timestamp,
    /// Tells it from others.
    pub token: Token,
}

/// Whether a time step was to be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spent {
    /// It is ours.
    Now,
    /// It, or a later one, was spent before.
    Replayed,
    /// It may have been spent before, which nobody knows any more.
    Unknown {
        /// The first step that is to be had.
        from: u64,
    },
    /// The host's clock and the ledger's are further apart than [`crate::clock::SKEW`]: none is to be had at this host.
    WrongClock {
        /// By how many seconds the host's is ahead; negative where it is behind.
        ahead: i64,
    },
}

/// A message that is about to be sent.
#[derive(Debug, Clone, Copy)]
pub struct Sending {
    /// What it counts for.
    pub subject: Digest,
    /// When.
    pub at: Timestamp,
    /// Tells it from others.
    pub token: Token,
}

/// Whether a message may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendAdmission {
    /// Send it.
    Proceed,
    /// Too many, or too soon after the last one.
    Limited {
        /// When the next one may be sent.
        until: Timestamp,
    },
}

/// A challenge that is to be put.
#[derive(Debug, Clone, Copy)]
pub struct NewChallenge<'a> {
    /// Which one it is.
    pub id: ChallengeId,
    /// How many there may be beside it.
    pub room: Room,
    /// What it says, as [`crate::challenge::Challenge::seal`] writes it; nothing that the ledger has to understand.
    pub value: &'a str,
    /// When it is over.
    pub expires: Timestamp,
    /// When it is put.
    pub at: Timestamp,
}

/// How many challenges there may be of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// One an account: another one is refused while this one is open and has no answer. Where it rings, it counts as
    /// unanswered until it or a later one is answered.
    Approval {
        /// Whether a phone is rung.
        rings: bool,
    },
    /// One for what the code is sent to: a newer one takes the place of this one.
    Code(FactorId),
    /// One an account: a newer one takes the place of this one.
    Pairing,
}

/// Whether a challenge was put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChallengeAdmission {
    /// It was.
    Put,
    /// Another one waits for its answer; there is none at once.
    Busy {
        /// When that one is over.
        until: Timestamp,
    },
    /// Too many that rang had no answer, or somebody said that it was not them.
    Quiet {
        /// When a phone may be rung again.
        until: Timestamp,
    },
}

/// A challenge as the ledger keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptChallenge {
    /// Which one it is.
    pub id: ChallengeId,
    /// What it says.
    pub value: String,
    /// When it is over.
    pub expires: Timestamp,
    /// How often its code was looked at.
    pub tries: u32,
    /// What was handed in.
    pub answer: Option<String>,
}

/// What became of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    /// It is the one that counts.
    Now,
    /// There was one before.
    Before,
    /// The challenge is over or taken.
    Gone,
}

/// Whether a secret may be verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Verify it, then [`Ledger::settle`].
    Proceed,
    /// This very secret was wrong a short while ago: refuse it without another look.
    KnownWrong,
    /// Too many wrong ones: refuse it without a look.
    Limited,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settlement {
    /// The secret was wrong; it stays counted.
    Wrong,
    /// The secret was right, or could not be verified; it no longer counts.
    Withdrawn,
}

/// What is known of logins to an account from a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct History {
    /// Something wrong was offered within [`AttemptLimits::window`].
    pub has_failed: bool,
    /// The note of a login from there that was let in. It proves something only where it [`SourceNote::is_signed`].
    pub succeeded: Option<SourceNote>,
}

/// That a login was let in from a source, under the keyring: whoever may write to the ledger must not make up sources that
/// go on where others are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceNote {
    /// When.
    pub at: Timestamp,
    /// Over the account, the source and the time.
    pub mac: Digest,
}

impl SourceNote {
    /// Signs it with the current key.
    #[must_use]
    pub fn sign(account: &AccountId, source: &Source, at: Timestamp, keyring: &Keyring) -> Self {
        let mac = keyring.digest(SOURCE, &source_parts(account, source, &at.as_unix().to_be_bytes()));
        Self { at, mac }
    }

    /// Whether this site signed it within [`SOURCE_MEMORY`] before `now`.
    #[must_use]
    pub fn is_signed(&self, account: &AccountId, source: &Source, keyring: &Keyring, now: Timestamp) -> bool {
        let parts = self.at.as_unix().to_be_bytes();
        let older = OlderKeys::within_of(SOURCE_MEMORY, self.at, now);
        !self.at.is_from_future(now)
            && self.at.plus(SOURCE_MEMORY) > now
            && keyring.vouches(&self.mac, SOURCE, &source_parts(account, source, &parts), older)
    }
}

fn source_parts<'a>(account: &'a AccountId, source: &'a Source, at: &'a [u8]) -> [&'a [u8]; 3] {
    [account.as_str().as_bytes(), source.as_str().as_bytes(), at]
}

/// That an account has reached a revision, under the keyring.
///
/// Unsigned it can only make a decision stricter: an older entry is read again from where it is written. Signed it also says
/// that the entry need not be read again for [`CURRENT_FOR`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RevisionNote {
    /// Which one.
    pub revision: Revision,
    /// When it was the newest.
    pub at: Timestamp,
    /// Over the account, the revision and the time.
    pub mac: Digest,
}

impl RevisionNote {
    /// Signs it with the current key.
    #[must_use]
    pub fn sign(account: &AccountId, revision: Revision, at: Timestamp, keyring: &Keyring) -> Self {
        let (number, time) = (revision.0.to_be_bytes(), at.as_unix().to_be_bytes());
        let mac = keyring.digest(REVISION, &[account.as_str().as_bytes(), &number, &time]);
        Self { revision, at, mac }
    }

    /// Whether this site signed it.
    #[must_use]
    pub fn is_signed(&self, account: &AccountId, keyring: &Keyring, now: Timestamp) -> bool {
        let older = OlderKeys::within_of(CURRENT_FOR, self.at, now);
        let (number, time) = (self.revision.0.to_be_bytes(), self.at.as_unix().to_be_bytes());
        keyring.vouches(&self.mac, REVISION, &[account.as_str().as_bytes(), &number, &time], older)
    }

    /// Whether it is as young as it has to be to say what is current at `now`.
    #[must_use]
    pub fn is_current(&self, now: Timestamp) -> bool {
        !self.at.is_from_future(now) && self.at.plus(CURRENT_FOR) > now
    }
}

/// A login that was let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// With what.
    pub credential: Credential,
    /// When.
    pub at: Timestamp,
    /// To which service.
    pub service: String,
    /// The client's address, where it is known.
    pub address: Option<std::net::IpAddr>,
}

/// What a login was let in with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Credential {
    /// The main password, at a mail service.
    MainPassword,
    /// An app password.
    AppPassword(Selector),
    /// The main password alone, at a login service.
    LoginPassword,
    /// A code of this factor.
    Factor(FactorId),
    /// A recovery code.
    RecoveryCode,
    /// A trusted device in the place of a second step.
    TrustedDevice,
}

/// A ledger that is in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Health {
    /// What it is, and where.
    pub what: String,
    /// What its keeper should mend, though it works without.
    pub warnings: Vec<String>,
    /// What does not work, and what mends it.
    pub failures: Vec<String>,
}

const SOURCE: &str = "source";
const REVISION: &str = "revision";

/// How long a signed note spares a read from where an account is written. Whoever may write to the ledger can put an older note
/// of the site back for as long.
pub const CURRENT_FOR: Duration = Duration::from_secs(60);

/// How long a revision is remembered; by then every replica of the directory has it.
pub const REVISION_MEMORY: Duration = Duration::from_secs(3600);

/// How much younger a use has to be to replace the one that is kept.
pub const NOTE_EVERY: Duration = Duration::from_secs(60);

/// The ledger is out of order. App passwords work without it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// It cannot be asked now; later it may be.
    #[error("the ledger does not answer: {0}")]
    Down(String),
    /// What it holds or how it is set up has to be mended by an admin.
    #[error("the ledger is not in order: {0}")]
    Broken(String),
}
