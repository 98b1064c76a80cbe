//! The state of the ledger: what its servers say of themselves, and whether every script may run every command in it.

use async_trait::async_trait;
use postern_core::account::{AccountId, Revision};
use postern_core::clock::Timestamp;
use postern_core::device::{DeviceId, DeviceRecord};
use postern_core::keyring::Digest;
use postern_core::ledger::{
    Attempt, Attempts, Claims, CodeAttempt, CodeAttempts, CodeSettlement, Credential, Health, LastUses,
    Ledger, LedgerError, LoginHistory, NOTE_EVERY, RevisionNote, Revisions, Sending, Sendings, Settlement,
    SourceNote, Token, TrustedDevices, Use,
};
use postern_core::limits::{AttemptLimits, CodeLimits, HistoryLimits, SentCodeLimits, Source};
use postern_core::login_event::{EventGroup, LoginEventId, LoginEventRecord};

use super::attempts::{ATTEMPTS, attempts_from};
use super::claims::CLAIM;
use super::code_attempts::CODES;
use super::last_uses::{SOURCES, USE_RETENTION, USES};
use super::ledger::RedisLedger;
use super::login_history::LOGINS;
use super::revisions::REVISION;
use super::script::DROP_ALL;
use super::sendings::SENT;
use super::subjects::subject_tag;
use super::trusted_devices::DEVICES;

#[async_trait]
impl Ledger for RedisLedger {
    async fn time(&self) -> Result<Option<Timestamp>, LedgerError> {
        self.fences.time().await.map(Some)
    }

    async fn health(&self) -> Result<Health, LedgerError> {
        // A fence that has to be raised need not wait for the first code.
        self.watch_fences();
        let mut health = self.calls.health().await?;
        let test_account = AccountId::new(TEST_ACCOUNT.to_owned());
        self.try_all_rights(&test_account).await?;
        health.warnings.extend(self.fences.warning(&test_account).await?);
        Ok(health)
    }
}

impl RedisLedger {
    /// Has every script run every command in it, on an account that does not exist: no other way tells whether this user of Redis
    /// may. Spending uses no command that the other scripts do not use.
    async fn try_all_rights(&self, account: &AccountId) -> Result<(), LedgerError> {
        let source = Source::of(None);
        // The times lie far apart, so that records are dropped for their age.
        let long_after = self.fences.clock.now();
        let first = long_after.minus(USE_RETENTION);
        self.try_attempts(account, &source, [first, long_after]).await?;
        self.try_uses(account, &source, [first, long_after]).await?;
        let note = RevisionNote { revision: Revision(0), at: long_after, mac: Digest::default() };
        self.note_revision(account, &note).await?;
        self.known_revision(account, long_after).await?;
        self.try_codes(account, &source, long_after).await?;
        self.forget_attempts(account).await?;
        let expires = long_after.plus(NOTE_EVERY);
        let device = DeviceRecord { id: DeviceId(Digest::default()), value: String::new(), expires };
        self.put_device(account, &device, long_after).await?;
        self.devices(account, long_after).await?;
        self.drop_devices(account, &[device.id]).await?;
        self.try_login_history(account, [first, long_after]).await?;
        let sending =
            Sending { subject: Digest::default(), at: long_after, token: Token::new([0; Token::BYTES]) };
        self.admit_sending(&sending, &SentCodeLimits::default().per_source).await?;
        self.count_sendings(sending.subject, NOTE_EVERY, long_after).await?;
        self.withdraw_sending(&sending).await?;
        self.claim(sending.subject, sending.token, NOTE_EVERY, long_after).await?;
        self.try_challenges(account).await?;
        self.try_browsers(account, long_after).await?;
        // No record of this trial stays.
        let source = attempts_from(&source);
        let keys = [ATTEMPTS, &*source, USES, SOURCES, REVISION, CODES, DEVICES, LOGINS];
        self.calls.run::<()>(account, &DROP_ALL, &keys, Vec::new()).await?;
        self.calls.run_at(&subject_tag(sending.subject), &DROP_ALL, &[SENT, CLAIM], Vec::new()).await
    }

    async fn try_attempts(
        &self,
        account: &AccountId,
        source: &Source,
        [first, long_after]: [Timestamp; 2],
    ) -> Result<(), LedgerError> {
        let limits = AttemptLimits::default();
        for (at, settlement) in [(first, Settlement::Wrong), (long_after, Settlement::Withdrawn)] {
            let attempt = Attempt { account, source, digest: Digest::default(), at };
            self.admit(&attempt, &limits).await?;
            self.history(account, source, &limits, at).await?;
            self.settle(&attempt, settlement).await?;
        }
        Ok(())
    }

    async fn try_uses(
        &self,
        account: &AccountId,
        source: &Source,
        [first, long_after]: [Timestamp; 2],
    ) -> Result<(), LedgerError> {
        let forgotten =
            TEST_SELECTOR.parse().map(Credential::AppPassword).unwrap_or(Credential::MainPassword);
        for (at, credential) in [(first, forgotten), (long_after, Credential::MainPassword)] {
            let used = Use { credential, at, service: "check".to_owned(), address: None };
            let note = SourceNote { at, mac: Digest::default() };
            self.note_use(account, source, &note, &used).await?;
        }
        self.last_uses(account).await.map(drop)
    }

    async fn try_login_history(
        &self,
        account: &AccountId,
        [first, long_after]: [Timestamp; 2],
    ) -> Result<(), LedgerError> {
        let limits = HistoryLimits::default();
        for (at, digest) in [(first, Digest::new([1; 16])), (long_after, Digest::default())] {
            let id = LoginEventId { group: EventGroup::Refused, digest };
            let record = LoginEventRecord { id, value: "check".to_owned(), last: at };
            self.put_login_event(account, &record, None, &limits, at).await?;
        }
        self.login_events(account, &limits, long_after).await?;
        self.drop_login_events(account).await
    }

    async fn try_codes(
        &self,
        account: &AccountId,
        source: &Source,
        at: Timestamp,
    ) -> Result<(), LedgerError> {
        for source in [None, Some(source)] {
            let attempt = CodeAttempt { account, source, at, token: Token::new([0; Token::BYTES]) };
            self.code_pause(&attempt, &CodeLimits::default()).await?;
            self.admit_code(&attempt, &CodeLimits::default()).await?;
            self.settle_code(&attempt, CodeSettlement::Withdrawn).await?;
        }
        self.forget_codes(account).await
    }
}

/// No directory has an account with this id.
const TEST_ACCOUNT: &str = "-";
const TEST_SELECTOR: &str = "aaaa";
