//! Names that only one caller may have: a used recovery code or ticket is claimed, so that it cannot be replayed.

use std::time::Duration;

use async_trait::async_trait;
use postern_core::clock::Timestamp;
use postern_core::keyring::Digest;
use postern_core::ledger::{Claims, LedgerError, Token};

use super::calls::{second, text};
use super::ledger::RedisLedger;
use super::script::{Script, script};
use super::subjects::subject_tag;

#[async_trait]
impl Claims for RedisLedger {
    async fn claim(
        &self,
        name: Digest,
        token: Token,
        term: Duration,
        at: Timestamp,
    ) -> Result<bool, LedgerError> {
        let mut arguments = vec![token.bytes().to_vec(), text(second(at)), text(term.as_secs().max(1))];
        arguments.extend(self.calls.time_arguments(at));
        self.calls.run_at(&subject_tag(name), &CLAIM_NAME, &[CLAIM], arguments).await
    }

    async fn is_claimed(&self, name: Digest, at: Timestamp) -> Result<bool, LedgerError> {
        let mut arguments = vec![text(second(at))];
        arguments.extend(self.calls.time_arguments(at));
        self.calls.run_at(&subject_tag(name), &IS_CLAIMED, &[CLAIM], arguments).await
    }
}

/// The key of the claim of a name.
pub(super) const CLAIM: &str = "claim";

static CLAIM_NAME: Script = script!("now" "claim");
static IS_CLAIMED: Script = script!("now" "is_claimed");
