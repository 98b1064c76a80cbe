//! A ledger that measures each call before it passes it on.

use std::time::Duration;

use async_trait::async_trait;
use postern_core::account::AccountId;
use postern_core::browser_record::{BrowserRecord, BrowserRecordId, BrowserRecordKind};
use postern_core::challenge::ChallengeId;
use postern_core::clock::Timestamp;
use postern_core::device::{DeviceId, DeviceRecord};
use postern_core::keyring::Digest;
use postern_core::ledger::{
    Admission, Answered, Attempt, Attempts, BrowserRecords, ChallengeAdmission, Challenges, Claims,
    CodeAdmission, CodeAttempt, CodeAttempts, CodeSettlement, EventPut, Health, History, LastUses, Ledger,
    LedgerError, LoginHistory, NewChallenge, ReplayProtection, RevisionNote, Revisions, SendAdmission,
    Sending, Sendings, Settlement, SourceNote, Spend, Spent, StoredChallenge, Token, TrustedDevices, Use,
};
use postern_core::limits::{AttemptLimits, CodeLimits, HistoryLimits, PushLimits, SendLimits, Source};
use postern_core::login_event::LoginEventRecord;

use super::stores::Measured;

/// Implements each part of the ledger. Its name in the label is in brackets.
macro_rules! measured {
    ($($part:ident ($label:literal) {
        $(async fn $method:ident(&self $(, $argument:ident: $type:ty)*) -> $answer:ty;)*
    })*) => {$(
        #[async_trait]
        impl $part for Measured<dyn Ledger> {
            $(
                async fn $method(&self $(, $argument: $type)*) -> Result<$answer, LedgerError> {
                    self.metrics.ledger.measure($label, self.inner.$method($($argument),*)).await
                }
            )*
        }
    )*};
}

measured! {
    Attempts ("attempts") {
        async fn admit(&self, attempt: &Attempt<'_>, limits: &AttemptLimits) -> Admission;
        async fn settle(&self, attempt: &Attempt<'_>, settlement: Settlement) -> ();
        async fn history(
            &self, account: &AccountId, source: &Source, limits: &AttemptLimits, now: Timestamp
        ) -> History;
        async fn forget_attempts(&self, account: &AccountId) -> ();
    }
    LastUses ("last_uses") {
        async fn note_use(&self, account: &AccountId, source: &Source, note: &SourceNote, used: &Use) -> ();
        async fn last_uses(&self, account: &AccountId) -> Vec<Use>;
    }
    Revisions ("revisions") {
        async fn note_revision(&self, account: &AccountId, note: &RevisionNote) -> ();
        async fn known_revision(&self, account: &AccountId, now: Timestamp) -> Option<RevisionNote>;
    }
    CodeAttempts ("code_attempts") {
        async fn admit_code(&self, attempt: &CodeAttempt<'_>, limits: &CodeLimits) -> CodeAdmission;
        async fn code_pause(&self, attempt: &CodeAttempt<'_>, limits: &CodeLimits) -> Option<Timestamp>;
        async fn settle_code(&self, attempt: &CodeAttempt<'_>, settlement: CodeSettlement) -> ();
        async fn forget_codes(&self, account: &AccountId) -> ();
    }
    ReplayProtection ("replay") {
        async fn spend(&self, step: &Spend<'_>) -> Spent;
    }
    TrustedDevices ("trusted_devices") {
        async fn put_device(&self, account: &AccountId, device: &DeviceRecord, at: Timestamp) -> ();
        async fn devices(&self, account: &AccountId, now: Timestamp) -> Vec<DeviceRecord>;
        async fn drop_devices(&self, account: &AccountId, devices: &[DeviceId]) -> ();
    }
    BrowserRecords ("browser_records") {
        async fn put_browser_record(
            &self, account: &AccountId, record: &BrowserRecord, replaces: Option<&BrowserRecord>, at: Timestamp
        ) -> bool;
        async fn browser_records(
            &self, account: &AccountId, kind: BrowserRecordKind, now: Timestamp
        ) -> Vec<BrowserRecord>;
        async fn drop_browser_records(&self, account: &AccountId, ids: &[BrowserRecordId]) -> ();
        async fn forget_browsers(&self) -> ();
    }
    LoginHistory ("login_history") {
        async fn put_login_event(
            &self, account: &AccountId, record: &LoginEventRecord, replaces: Option<&str>,
            limits: &HistoryLimits, at: Timestamp
        ) -> EventPut;
        async fn login_events(
            &self, account: &AccountId, limits: &HistoryLimits, now: Timestamp
        ) -> Vec<LoginEventRecord>;
        async fn drop_login_events(&self, account: &AccountId) -> ();
    }
    Sendings ("sendings") {
        async fn admit_sending(&self, sending: &Sending, limits: &SendLimits) -> SendAdmission;
        async fn withdraw_sending(&self, sending: &Sending) -> ();
        async fn count_sendings(&self, subject: Digest, window: Duration, at: Timestamp) -> u64;
    }
    Claims ("claims") {
        async fn claim(&self, name: Digest, token: Token, term: Duration, at: Timestamp) -> bool;
        async fn is_claimed(&self, name: Digest, at: Timestamp) -> bool;
    }
}

#[async_trait]
impl Challenges for Measured<dyn Ledger> {
    async fn put_challenge(
        &self,
        account: &AccountId,
        challenge: &NewChallenge<'_>,
        limits: &PushLimits,
    ) -> Result<ChallengeAdmission, LedgerError> {
        let put = self.inner.put_challenge(account, challenge, limits);
        self.metrics.ledger.measure(CHALLENGES, put).await
    }

    async fn challenges(
        &self,
        account: &AccountId,
        now: Timestamp,
    ) -> Result<Vec<StoredChallenge>, LedgerError> {
        self.metrics.ledger.measure(CHALLENGES, self.inner.challenges(account, now)).await
    }

    async fn answer_challenge(
        &self,
        account: &AccountId,
        id: ChallengeId,
        answer: &str,
        at: Timestamp,
    ) -> Result<Answered, LedgerError> {
        let answered = self.inner.answer_challenge(account, id, answer, at);
        self.metrics.ledger.measure(CHALLENGES, answered).await
    }

    async fn try_challenge(
        &self,
        account: &AccountId,
        id: ChallengeId,
        most: u32,
        token: Token,
        at: Timestamp,
    ) -> Result<Option<StoredChallenge>, LedgerError> {
        let tried = self.inner.try_challenge(account, id, most, token, at);
        self.metrics.ledger.measure(CHALLENGES, tried).await
    }

    async fn take_challenge(
        &self,
        account: &AccountId,
        id: ChallengeId,
        token: Token,
        at: Timestamp,
    ) -> Result<Option<StoredChallenge>, LedgerError> {
        let taken = self.inner.take_challenge(account, id, token, at);
        self.metrics.ledger.measure(CHALLENGES, taken).await
    }

    async fn await_challenge(
        &self,
        account: &AccountId,
        id: ChallengeId,
        longest: Duration,
    ) -> Result<bool, LedgerError> {
        // It takes as long as a person does.
        let awaited = self.inner.await_challenge(account, id, longest).await;
        self.metrics.ledger.note(&awaited);
        awaited
    }

    async fn mute_pushes(
        &self,
        account: &AccountId,
        until: Timestamp,
        at: Timestamp,
    ) -> Result<(), LedgerError> {
        self.metrics.ledger.measure(CHALLENGES, self.inner.mute_pushes(account, until, at)).await
    }
}

#[async_trait]
impl Ledger for Measured<dyn Ledger> {
    async fn time(&self) -> Result<Option<Timestamp>, LedgerError> {
        self.metrics.ledger.measure("time", self.inner.time()).await
    }

    async fn health(&self) -> Result<Health, LedgerError> {
        // It makes many calls.
        let health = self.inner.health().await;
        self.metrics.ledger.note(&health);
        health
    }
}

const CHALLENGES: &str = "challenges";
