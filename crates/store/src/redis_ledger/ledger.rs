use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use postern_core::account::{AccountId, Revision};
use postern_core::challenge::ChallengeId;
use postern_core::clock::{Clock, Timestamp};
use postern_core::config::{Redis, RedisServers};
use postern_core::device::{DeviceId, DeviceRecord};
use postern_core::keyring::Digest;
use postern_core::ledger::{
    Admission, Answered, Attempt, ChallengeAdmission, CodeAdmission, CodeAttempt, CodeSettlement, Credential,
    Health, History, KeptChallenge, Ledger, LedgerError, NOTE_EVERY, NewChallenge, REVISION_MEMORY,
    RevisionNote, SendAdmission, Sending, Settlement, SourceNote, Spend, Spent, Token, Use,
};
use postern_core::limits::{
    AttemptLimits, CodeLimits, PushLimits, SOURCE_MEMORY, SendLimits, SentCodeLimits, Source,
};

use super::calls::{Calls, LedgerTime, foreign, second, text};
use super::connect::OpenRedisError;
use super::scripts;
use super::steps::{Refusal, Steps};
use super::{challenges, codes, devices, sendings};
use crate::codes::{credential_of, credential_text};

/// The ledger of a site, in its Redis.
pub struct RedisLedger {
    calls: Arc<Calls>,
    steps: Arc<Steps>,
    configured: RedisServers,
    is_guest: bool,
}

impl RedisLedger {
    /// Prepares connections; none is made before it is needed.
    ///
    /// # Errors
    /// [`OpenRedisError`] names the file that cannot be used.
    pub fn open(config: &Redis, clock: Arc<dyn Clock>) -> Result<Self, OpenRedisError> {
        Self::make(config, clock, LedgerTime::Server, true)
    }

    /// The same for a process that is not posternd: it never says that the ledger begins anew, and asking changes nothing.
    ///
    /// # Errors
    /// As [`RedisLedger::open`].
    pub fn open_as_guest(config: &Redis, clock: Arc<dyn Clock>) -> Result<Self, OpenRedisError> {
        Self::make(config, clock, LedgerTime::Server, false)
    }

    /// The same with another clock than the server's, for tests.
    ///
    /// # Errors
    /// As [`RedisLedger::open`].
    pub fn open_at(config: &Redis, clock: Arc<dyn Clock>, time: LedgerTime) -> Result<Self, OpenRedisError> {
        Self::make(config, clock, time, true)
    }

    fn make(
        config: &Redis,
        clock: Arc<dyn Clock>,
        time: LedgerTime,
        raises: bool,
    ) -> Result<Self, OpenRedisError> {
        let calls = Arc::new(Calls::of(config, time)?);
        let steps = Arc::new(Steps::new(Arc::clone(&calls), &config.servers, clock, raises));
        Ok(Self { calls, steps, configured: config.servers.clone(), is_guest: !raises })
    }

    /// A guest leaves this to posternd.
    fn watch(&self) {
        if !self.is_guest {
            self.steps.watch();
        }
    }

    /// Has every script run every command in it, on an account that nobody has: only so is it known that it may. Spending
    /// has no command that the others have not.
    async fn try_all_rights(&self) -> Result<Option<String>, LedgerError> {
        let (account, source, limits) =
            (AccountId::new(NOBODY.to_owned()), Source::of(None), AttemptLimits::default());
        // Far apart, so that what is dropped for its age is dropped.
        let long_after = self.steps.clock.now();
        let first = long_after.minus(USE_MEMORY);
        for (at, settlement) in [(first, Settlement::Wrong), (long_after, Settlement::Withdrawn)] {
            let attempt = Attempt { account: &account, source: &source, digest: [0; 16], at };
            self.admit(&attempt, &limits).await?;
            self.history(&account, &source, &limits, at).await?;
            self.settle(&attempt, settlement).await?;
        }
        let forgotten =
            NOBODYS_SELECTOR.parse().map(Credential::AppPassword).unwrap_or(Credential::MainPassword);
        for (at, credential) in [(first, forgotten), (long_after, Credential::MainPassword)] {
            let used = Use { credential, at, service: "check".to_owned(), address: None };
            let note = SourceNote { at, mac: [0; 16] };
            self.note_use(&account, &source, &note, &used).await?;
        }
        self.last_uses(&account).await?;
        let note = RevisionNote { revision: Revision(0), at: long_after, mac: [0; 16] };
        self.note_revision(&account, &note).await?;
        self.known_revision(&account, long_after).await?;
        for source in [None, Some(&source)] {
            let attempt = CodeAttempt { account: &account, source, at: long_after, token: [0; 16] };
            codes::admit(&self.calls, &attempt, &CodeLimits::default()).await?;
            self.settle_code(&attempt, CodeSettlement::Withdrawn).await?;
        }
        self.forget_codes(&account).await?;
        self.forget_attempts(&account).await?;
        let expires = long_after.plus(NOTE_EVERY);
        let device = DeviceRecord { id: DeviceId([0; 16]), value: String::new(), expires };
        self.put_device(&account, &device, long_after).await?;
        self.devices(&account, long_after).await?;
        self.drop_devices(&account, &[device.id]).await?;
        let sending = Sending { subject: [0; 16], at: long_after, token: [0; 16] };
        self.admit_sending(&sending, &SentCodeLimits::default().each).await?;
        self.withdraw_sending(&sending).await?;
        self.claim(sending.subject, sending.token, NOTE_EVERY, long_after).await?;
        challenges::try_rights(&self.steps, &account).await?;
        // Nothing of it stays.
        let source = from(&source);
        let keys = ["attempts", &*source, "uses", SOURCES, "revision", "codes", devices::DEVICES];
        self.calls.run::<()>(&account, &scripts::DROP_ALL, &keys, Vec::new()).await?;
        sendings::drop_all(&self.calls, sending.subject).await?;
        self.steps.warning(&account).await
    }
}

#[async_trait]
impl Ledger for RedisLedger {
    async fn admit(&self, attempt: &Attempt<'_>, limits: &AttemptLimits) -> Result<Admission, LedgerError> {
        let keys = ["attempts", &from(attempt.source)];
        let mut arguments = vec![
            attempt.digest.to_vec(),
            text(attempt.source),
            text(second(attempt.at)),
            text(limits.window.as_secs()),
            text(limits.per_source),
            text(limits.per_account),
        ];
        arguments.extend(self.calls.time_arguments(attempt.at));
        match self.calls.run(attempt.account, &scripts::ADMIT, &keys, arguments).await? {
            0 => Ok(Admission::Proceed),
            1 => Ok(Admission::KnownWrong),
            2 => Ok(Admission::Limited),
            i64::MIN..=-1 | 3.. => Err(foreign()),
        }
    }

    async fn settle(&self, attempt: &Attempt<'_>, settlement: Settlement) -> Result<(), LedgerError> {
        let keys = ["attempts", &from(attempt.source)];
        let settlement = match settlement {
            Settlement::Wrong => "wrong",
            Settlement::Withdrawn => "withdrawn",
        };
        let arguments = vec![attempt.digest.to_vec(), text(attempt.source), text(settlement)];
        self.calls.run(attempt.account, &scripts::SETTLE, &keys, arguments).await
    }

    async fn history(
        &self,
        account: &AccountId,
        source: &Source,
        limits: &AttemptLimits,
        now: Timestamp,
    ) -> Result<History, LedgerError> {
        let keys = [&*from(source), SOURCES];
        let mut arguments = vec![text(source), text(second(now)), text(limits.window.as_secs())];
        arguments.extend(self.calls.time_arguments(now));
        let (has_failed, note): (bool, String) =
            self.calls.run(account, &scripts::HISTORY, &keys, arguments).await?;
        // Something else is no note of ours.
        Ok(History { has_failed, succeeded: read_note(&note) })
    }

    async fn forget_attempts(&self, account: &AccountId) -> Result<(), LedgerError> {
        let members: Vec<Vec<u8>> =
            self.calls.run(account, &scripts::ATTEMPT_MEMBERS, &["attempts"], Vec::new()).await?;
        // Each is a digest and where it came from.
        let sources = members.iter().filter_map(|member| member.get(size_of::<Digest>()..));
        let mut keys: Vec<String> =
            sources.map(|source| format!("from:{}", String::from_utf8_lossy(source))).collect();
        keys.sort_unstable();
        keys.dedup();
        keys.push("attempts".to_owned());
        codes::empty(&self.calls, account, &keys).await
    }

    async fn note_use(
        &self,
        account: &AccountId,
        source: &Source,
        note: &SourceNote,
        used: &Use,
    ) -> Result<(), LedgerError> {
        let address = used.address.map_or_else(|| NO_ADDRESS.to_owned(), |address| address.to_string());
        let mut arguments = vec![
            text(credential_text(used.credential)),
            text(second(used.at)),
            text(format!("{address} {}", used.service)),
            text(source),
            text(mac_text(note.mac)),
            text(SOURCE_MEMORY.as_secs()),
            text(USE_MEMORY.as_secs()),
            text(NOTE_EVERY.as_secs()),
            text(MOST_SOURCES),
        ];
        arguments.extend(self.calls.time_arguments(used.at));
        self.calls.run(account, &scripts::NOTE_USE, &["uses", SOURCES], arguments).await
    }

    async fn last_uses(&self, account: &AccountId) -> Result<Vec<Use>, LedgerError> {
        let noted: Vec<(String, String)> =
            self.calls.run(account, &scripts::LAST_USES, &["uses"], Vec::new()).await?;
        let mut uses = noted
            .iter()
            .map(|(credential, value)| read_use(credential, value).ok_or_else(foreign))
            .collect::<Result<Vec<_>, _>>()?;
        uses.sort_by(|a, b| {
            b.at.cmp(&a.at).then_with(|| credential_text(a.credential).cmp(&credential_text(b.credential)))
        });
        Ok(uses)
    }

    async fn note_revision(&self, account: &AccountId, note: &RevisionNote) -> Result<(), LedgerError> {
        let mut arguments = vec![
            text(note.revision.0),
            text(second(note.at)),
            text(mac_text(note.mac)),
            text(REVISION_MEMORY.as_secs()),
        ];
        arguments.extend(self.calls.time_arguments(note.at));
        self.calls.run(account, &scripts::NOTE_REVISION, &["revision"], arguments).await
    }

    async fn known_revision(
        &self,
        account: &AccountId,
        now: Timestamp,
    ) -> Result<Option<RevisionNote>, LedgerError> {
        let mut arguments = vec![text(second(now)), text(REVISION_MEMORY.as_secs())];
        arguments.extend(self.calls.time_arguments(now));
        let known: Vec<String> =
            self.calls.run(account, &scripts::KNOWN_REVISION, &["revision"], arguments).await?;
        let [revision, at, mac] = known.as_slice() else { return Ok(None) };
        // A number that no revision can be is higher than all.
        let revision = Revision(revision.parse().unwrap_or(u64::MAX));
        let at = Timestamp::from_unix(at.parse().map_err(|_| foreign())?);
        // Without one, as before there was any, it is not signed.
        Ok(Some(RevisionNote { revision, at, mac: read_mac(mac).unwrap_or_default() }))
    }

    async fn admit_code(
        &self,
        attempt: &CodeAttempt<'_>,
        limits: &CodeLimits,
    ) -> Result<CodeAdmission, LedgerError> {
        self.watch();
        codes::admit(&self.calls, attempt, limits).await
    }

    async fn settle_code(
        &self,
        attempt: &CodeAttempt<'_>,
        settlement: CodeSettlement,
    ) -> Result<(), LedgerError> {
        codes::settle(&self.calls, attempt, settlement).await
    }

    async fn forget_codes(&self, account: &AccountId) -> Result<(), LedgerError> {
        codes::forget(&self.calls, account).await
    }

    async fn spend(&self, step: &Spend<'_>) -> Result<Spent, LedgerError> {
        self.watch();
        self.steps.spend(step).await
    }

    async fn put_device(
        &self,
        account: &AccountId,
        device: &DeviceRecord,
        at: Timestamp,
    ) -> Result<(), LedgerError> {
        devices::put(&self.calls, account, device, at).await
    }

    async fn devices(&self, account: &AccountId, now: Timestamp) -> Result<Vec<DeviceRecord>, LedgerError> {
        devices::list(&self.calls, account, now).await
    }

    async fn drop_devices(&self, account: &AccountId, devices: &[DeviceId]) -> Result<(), LedgerError> {
        devices::remove(&self.calls, account, devices).await
    }

    async fn admit_sending(
        &self,
        sending: &Sending,
        limits: &SendLimits,
    ) -> Result<SendAdmission, LedgerError> {
        sendings::admit(&self.calls, sending, limits).await
    }

    async fn withdraw_sending(&self, sending: &Sending) -> Result<(), LedgerError> {
        sendings::withdraw(&self.calls, sending).await
    }

    async fn claim(
        &self,
        name: Digest,
        token: Token,
        term: Duration,
        at: Timestamp,
    ) -> Result<bool, LedgerError> {
        sendings::claim(&self.calls, name, token, term, at).await
    }

    async fn put_challenge(
        &self,
        account: &AccountId,
        challenge: &NewChallenge<'_>,
        limits: &PushLimits,
    ) -> Result<ChallengeAdmission, LedgerError> {
        challenges::put(&self.steps, account, challenge, limits).await?.map_err(Refusal::into_error)
    }

    async fn challenges(
        &self,
        account: &AccountId,
        now: Timestamp,
    ) -> Result<Vec<KeptChallenge>, LedgerError> {
        challenges::list(&self.steps, account, now).await
    }

    async fn answer_challenge(
        &self,
        account: &AccountId,
        id: ChallengeId,
        answer: &str,
        at: Timestamp,
    ) -> Result<Answered, LedgerError> {
        challenges::answer(&self.steps, account, id, answer, at).await
    }

    async fn try_challenge(
        &self,
        account: &AccountId,
        id: ChallengeId,
        most: u32,
        token: Token,
        at: Timestamp,
    ) -> Result<Option<KeptChallenge>, LedgerError> {
        challenges::look(&self.steps, account, id, (most, token), at).await
    }

    async fn take_challenge(
        &self,
        account: &AccountId,
        id: ChallengeId,
        token: Token,
        at: Timestamp,
    ) -> Result<Option<KeptChallenge>, LedgerError> {
        challenges::take(&self.steps, account, id, token, at).await
    }

    async fn await_challenge(
        &self,
        account: &AccountId,
        id: ChallengeId,
        longest: Duration,
    ) -> Result<bool, LedgerError> {
        self.steps.await_challenge(account, id, longest).await
    }

    async fn quiet_phones(
        &self,
        account: &AccountId,
        until: Timestamp,
        at: Timestamp,
    ) -> Result<(), LedgerError> {
        challenges::quiet(&self.steps, account, until, at).await
    }

    async fn time(&self) -> Result<Option<Timestamp>, LedgerError> {
        self.steps.time().await.map(Some)
    }

    async fn health(&self) -> Result<Health, LedgerError> {
        // The first code need not be the one that finds a fence to raise.
        self.watch();
        let mut health = self.calls.health().await?;
        health.warnings.extend(self.try_all_rights().await?);
        Ok(health)
    }
}

impl fmt::Debug for RedisLedger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisLedger").field("servers", &self.configured).finish_non_exhaustive()
    }
}

fn from(source: &Source) -> String {
    format!("from:{source}")
}

fn mac_text(mac: Digest) -> String {
    format!("{:032x}", u128::from_be_bytes(mac))
}

fn read_mac(text: &str) -> Option<Digest> {
    let is_ours = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_ours.then(|| u128::from_str_radix(text, 16).ok()).flatten().map(u128::to_be_bytes)
}

fn read_note(text: &str) -> Option<SourceNote> {
    let (at, mac) = text.split_once(' ')?;
    Some(SourceNote { at: Timestamp::from_unix(at.parse().ok()?), mac: read_mac(mac)? })
}

fn read_use(credential: &str, value: &str) -> Option<Use> {
    let credential = credential_of(credential)?;
    let (at, rest) = value.split_once(' ')?;
    let (address, service) = rest.split_once(' ')?;
    let address: Option<IpAddr> = if address == NO_ADDRESS { None } else { Some(address.parse().ok()?) };
    Some(Use { credential, at: Timestamp::from_unix(at.parse().ok()?), service: service.to_owned(), address })
}

/// Notes of sources; what an earlier version kept without a MAC is under `sources`, and is not looked at.
const SOURCES: &str = "succeeded";
/// Of one account; the oldest gives way.
const MOST_SOURCES: u32 = 500;
const NO_ADDRESS: &str = "-";
/// No directory has an account with this id.
const NOBODY: &str = "-";
const NOBODYS_SELECTOR: &str = "aaaa";
const USE_MEMORY: Duration = Duration::from_secs(400 * 86_400);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_use_is_read_as_it_was_written_and_nothing_else_is() {
        let read =
            |value| read_use("GdGn", value).map(|used| (used.at.as_unix(), used.service, used.address));
        assert_eq!(read("17 - a b"), Some((17, "a b".to_owned(), None)));
        assert_eq!(read("17 2001:db8::1 imap"), Some((17, "imap".to_owned(), "2001:db8::1".parse().ok())));
        for value in ["", "17", "17 imap", "x - imap", "17 somewhere imap"] {
            assert_eq!(read(value), None, "{value}");
        }
        assert!(read_use("no selector", "17 - imap").is_none());
    }
}
