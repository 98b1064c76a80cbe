//! Codes that were tried: each counts until one is right.

use std::time::Duration;

use async_trait::async_trait;
use postern_core::account::AccountId;
use postern_core::clock::Timestamp;
use postern_core::ledger::{CodeAdmission, CodeAttempt, CodeAttempts, CodeSettlement, LedgerError};
use postern_core::limits::{CodeLimits, Source};

use super::calls::{foreign, second, text};
use super::ledger::RedisLedger;
use super::script::{EMPTY_SORTED, SORTED_MEMBERS, Script, script};
use crate::code_limits::{CODE_RETENTION, MOST_CODES};

#[async_trait]
impl CodeAttempts for RedisLedger {
    async fn admit_code(
        &self,
        attempt: &CodeAttempt<'_>,
        limits: &CodeLimits,
    ) -> Result<CodeAdmission, LedgerError> {
        // The fence should stand before the code is checked.
        self.watch_fences();
        // Codes of strangers are not in a row with any other, and must not fill the memory.
        let retention = attempt.source.map_or(CODE_RETENTION, |_| limits.window + limits.pause);
        let mut arguments = vec![
            attempt.token.bytes().to_vec(),
            text(second(attempt.at)),
            text(limits.wrong.max(1)),
            text(limits.window.as_secs()),
            text(limits.pause.as_secs()),
            text(retention.as_secs()),
            text(MOST_CODES),
        ];
        let codes = codes_from(attempt.source);
        let mut keys = vec![&*codes];
        if let Some(source) = attempt.source {
            keys.push(CODE_SOURCES);
            arguments.push(text(source));
        }
        arguments.extend(self.calls.time_arguments(attempt.at));
        match self.calls.run(attempt.account, &ADMIT_CODE, &keys, arguments).await? {
            (0, in_a_row) => {
                Ok(CodeAdmission::Proceed { in_a_row: u32::try_from(in_a_row).unwrap_or(u32::MAX) })
            }
            (1, wait) => Ok(CodeAdmission::Limited { until: attempt.at.plus(Duration::from_secs(wait)) }),
            (i64::MIN..=-1 | 2.., _) => Err(foreign()),
        }
    }

    async fn code_pause(
        &self,
        attempt: &CodeAttempt<'_>,
        limits: &CodeLimits,
    ) -> Result<Option<Timestamp>, LedgerError> {
        let mut arguments = vec![
            text(second(attempt.at)),
            text(limits.wrong.max(1)),
            text(limits.window.as_secs()),
            text(limits.pause.as_secs()),
        ];
        arguments.extend(self.calls.time_arguments(attempt.at));
        let codes = codes_from(attempt.source);
        let wait: u64 = self.calls.run(attempt.account, &CODE_PAUSE, &[&*codes], arguments).await?;
        Ok((wait > 0).then(|| attempt.at.plus(Duration::from_secs(wait))))
    }

    async fn settle_code(
        &self,
        attempt: &CodeAttempt<'_>,
        settlement: CodeSettlement,
    ) -> Result<(), LedgerError> {
        let settlement = match settlement {
            CodeSettlement::Right => "right",
            CodeSettlement::Withdrawn => "withdrawn",
        };
        let arguments = vec![attempt.token.bytes().to_vec(), text(settlement)];
        self.calls.run(attempt.account, &SETTLE_CODE, &[&*codes_from(attempt.source)], arguments).await
    }

    async fn forget_codes(&self, account: &AccountId) -> Result<(), LedgerError> {
        let sources: Vec<String> =
            self.calls.run(account, &SORTED_MEMBERS, &[CODE_SOURCES], Vec::new()).await?;
        let mut keys: Vec<String> = sources.iter().map(|source| format!("{CODES}:{source}")).collect();
        keys.push(codes_from(None));
        self.calls.empty_sorted(account, &keys).await?;
        self.calls.run(account, &EMPTY_SORTED, &[CODE_SOURCES], Vec::new()).await
    }
}

/// The key of the codes from one source, or of those that count for the whole account.
fn codes_from(source: Option<&Source>) -> String {
    source.map_or_else(|| CODES.to_owned(), |source| format!("{CODES}:{source}"))
}

/// The key of the codes that count for the whole account.
pub(super) const CODES: &str = "codes";
const CODE_SOURCES: &str = "code-sources";

static ADMIT_CODE: Script = script!("now" "code_closed" "admit_code");
static CODE_PAUSE: Script = script!("now" "code_closed" "code_pause");
static SETTLE_CODE: Script = script!("settle_code");
