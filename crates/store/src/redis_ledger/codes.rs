//! Codes that were tried: each counts until one was right.

use std::time::Duration;

use postern_core::account::AccountId;
use postern_core::ledger::{CodeAdmission, CodeAttempt, CodeSettlement, LedgerError};
use postern_core::limits::{CodeLimits, Source};

use super::calls::{Calls, foreign, second, text};
use super::scripts;
use crate::codes::{CODES_MEMORY, MOST_CODES};

pub(super) async fn admit(
    calls: &Calls,
    attempt: &CodeAttempt<'_>,
    limits: &CodeLimits,
) -> Result<CodeAdmission, LedgerError> {
    // What strangers do is not in a row with anything, and would fill the memory.
    let memory = attempt.source.map_or(CODES_MEMORY, |_| limits.window + limits.pause);
    let mut arguments = vec![
        attempt.token.to_vec(),
        text(second(attempt.at)),
        text(limits.wrong.max(1)),
        text(limits.window.as_secs()),
        text(limits.pause.as_secs()),
        text(memory.as_secs()),
        text(MOST_CODES),
    ];
    let counted = counted(attempt.source);
    let mut keys = vec![&*counted];
    if let Some(source) = attempt.source {
        keys.push(SOURCES);
        arguments.push(text(source));
    }
    arguments.extend(calls.time_arguments(attempt.at));
    match calls.run(attempt.account, &scripts::ADMIT_CODE, &keys, arguments).await? {
        (0, in_a_row) => Ok(CodeAdmission::Proceed { in_a_row: u32::try_from(in_a_row).unwrap_or(u32::MAX) }),
        (1, wait) => Ok(CodeAdmission::Limited { until: attempt.at.plus(Duration::from_secs(wait)) }),
        (i64::MIN..=-1 | 2.., _) => Err(foreign()),
    }
}

pub(super) async fn settle(
    calls: &Calls,
    attempt: &CodeAttempt<'_>,
    settlement: CodeSettlement,
) -> Result<(), LedgerError> {
    let settlement = match settlement {
        CodeSettlement::Right => "right",
        CodeSettlement::Withdrawn => "withdrawn",
    };
    let arguments = vec![attempt.token.to_vec(), text(settlement)];
    calls.run(attempt.account, &scripts::SETTLE_CODE, &[&*counted(attempt.source)], arguments).await
}

pub(super) async fn forget(calls: &Calls, account: &AccountId) -> Result<(), LedgerError> {
    let sources: Vec<String> = calls.run(account, &scripts::CODE_SOURCES, &[SOURCES], Vec::new()).await?;
    let mut keys: Vec<String> = sources.iter().map(|source| format!("{CODES}:{source}")).collect();
    keys.push(counted(None));
    empty(calls, account, &keys).await?;
    calls.run(account, &scripts::FORGET_CODES, &[SOURCES], Vec::new()).await
}

/// Takes out all that these sorted sets hold.
pub(super) async fn empty(calls: &Calls, account: &AccountId, keys: &[String]) -> Result<(), LedgerError> {
    for some in keys.chunks(AT_ONCE) {
        let some: Vec<&str> = some.iter().map(String::as_str).collect();
        calls.run::<()>(account, &scripts::FORGET_CODES, &some, Vec::new()).await?;
    }
    Ok(())
}

fn counted(source: Option<&Source>) -> String {
    source.map_or_else(|| CODES.to_owned(), |source| format!("{CODES}:{source}"))
}

const CODES: &str = "codes";
const SOURCES: &str = "code-sources";
const AT_ONCE: usize = 500;
