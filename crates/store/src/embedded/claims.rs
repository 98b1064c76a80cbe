//! Names that only one caller may have: a used recovery code or ticket is claimed, so that it cannot be replayed.

use std::time::Duration;

use async_trait::async_trait;
use postern_core::clock::Timestamp;
use postern_core::keyring::Digest;
use postern_core::ledger::{Claims, LedgerError, Token};
use rusqlite::{OptionalExtension, Transaction, params};

use super::integers::integer;
use super::ledger::{BUDGET, EmbeddedLedger};

#[async_trait]
impl Claims for EmbeddedLedger {
    /// In the volatile database: a backup of the main one must not free a name.
    async fn claim(
        &self,
        name: Digest,
        token: Token,
        term: Duration,
        at: Timestamp,
    ) -> Result<bool, LedgerError> {
        let over = integer(at.plus(term.max(Duration::from_secs(1))).as_unix())?;
        let (name, at) = (name.bytes(), integer(at.as_unix())?);
        let claim = move |transaction: &Transaction<'_>| {
            transaction.prepare_cached("DELETE FROM claim WHERE over <= ?1")?.execute([at])?;
            let holder: Option<[u8; Token::BYTES]> = transaction
                .prepare_cached("SELECT token FROM claim WHERE name = ?1")?
                .query_row([name], |row| row.get(0))
                .optional()?;
            if let Some(holder) = holder {
                // No claim lasts longer than a term: a clock was ahead.
                transaction
                    .prepare_cached("UPDATE claim SET over = ?2 WHERE name = ?1 AND over > ?2")?
                    .execute(params![name, over])?;
                return Ok(holder == token.bytes());
            }
            transaction
                .prepare_cached("INSERT INTO claim (name, token, over) VALUES (?1, ?2, ?3)")?
                .execute(params![name, token.bytes(), over])?;
            Ok(true)
        };
        Ok(self.volatile.run(BUDGET, claim).await?)
    }

    async fn is_claimed(&self, name: Digest, at: Timestamp) -> Result<bool, LedgerError> {
        let (name, at) = (name.bytes(), integer(at.as_unix())?);
        let ask = move |transaction: &Transaction<'_>| {
            let query = "SELECT EXISTS (SELECT 1 FROM claim WHERE name = ?1 AND over > ?2)";
            Ok(transaction.prepare_cached(query)?.query_row(params![name, at], |row| row.get(0))?)
        };
        Ok(self.volatile.run(BUDGET, ask).await?)
    }
}
