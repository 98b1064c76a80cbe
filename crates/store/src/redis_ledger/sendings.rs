//! Messages that were sent: their number is limited.

use std::time::Duration;

use async_trait::async_trait;
use postern_core::clock::Timestamp;
use postern_core::keyring::Digest;
use postern_core::ledger::{LedgerError, SendAdmission, Sending, Sendings};
use postern_core::limits::SendLimits;

use super::calls::{foreign, second, text};
use super::ledger::RedisLedger;
use super::script::{Script, script};
use super::subjects::subject_tag;

#[async_trait]
impl Sendings for RedisLedger {
    async fn admit_sending(
        &self,
        sending: &Sending,
        limits: &SendLimits,
    ) -> Result<SendAdmission, LedgerError> {
        let mut arguments = vec![
            sending.token.bytes().to_vec(),
            text(second(sending.at)),
            text(limits.count.max(1)),
            text(limits.window.as_secs()),
            text(limits.gap.as_secs()),
        ];
        arguments.extend(self.calls.time_arguments(sending.at));
        let tag = subject_tag(sending.subject);
        match self.calls.run_at(&tag, &ADMIT_SENDING, &[SENT], arguments).await? {
            (0, _) => Ok(SendAdmission::Proceed),
            (1, wait) => Ok(SendAdmission::Limited { until: sending.at.plus(Duration::from_secs(wait)) }),
            (i64::MIN..=-1 | 2.., _) => Err(foreign()),
        }
    }

    async fn withdraw_sending(&self, sending: &Sending) -> Result<(), LedgerError> {
        let arguments = vec![sending.token.bytes().to_vec()];
        self.calls.run_at(&subject_tag(sending.subject), &WITHDRAW_SENDING, &[SENT], arguments).await
    }

    async fn count_sendings(
        &self,
        subject: Digest,
        window: Duration,
        at: Timestamp,
    ) -> Result<u64, LedgerError> {
        let mut arguments = vec![text(second(at)), text(window.as_secs())];
        arguments.extend(self.calls.time_arguments(at));
        self.calls.run_at(&subject_tag(subject), &COUNT_SENDINGS, &[SENT], arguments).await
    }
}

/// The key of the messages that count for a subject.
pub(super) const SENT: &str = "sent";

static ADMIT_SENDING: Script = script!("now" "admit_sending");
static COUNT_SENDINGS: Script = script!("now" "count_sendings");
static WITHDRAW_SENDING: Script = script!("withdraw_sending");
