//! Streams that wake those who wait, each on a connection of its own.

use std::time::Duration;

use postern_core::ledger::LedgerError;
use redis::{Cmd, Value};
use tokio::time::timeout;

use super::cluster::rearranged;
use super::fault::Fault;
use super::link::{BUDGET, Connection, SILENT};

impl Connection {
    /// Whether the stream has an entry, or gets one within `time`.
    pub(super) async fn await_entry(&self, stream: &str, time: Duration) -> Result<bool, LedgerError> {
        // Zero would mean for ever.
        let milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1);
        let mut read = Cmd::new();
        read.arg("XREAD")
            .arg("COUNT")
            .arg(1)
            .arg("BLOCK")
            .arg(milliseconds)
            .arg("STREAMS")
            .arg(stream)
            .arg(0);
        let asked = async { self.ask(&read).await.map_err(|error| Fault::of(&error)) };
        Ok(self.answer_within(time + BUDGET, asked).await? != Value::Nil)
    }

    /// The answer to a question, if it comes in time.
    pub(super) async fn answer_within(
        &self,
        time: Duration,
        asked: impl Future<Output = Result<Value, Fault>>,
    ) -> Result<Value, LedgerError> {
        let answered = timeout(time, asked).await.map_err(|_| LedgerError::Down(SILENT.to_owned()))?;
        answered.map_err(|fault| match fault {
            Fault::Moved(_) | Fault::Ask(_) => rearranged(),
            fault @ (Fault::Lost(_) | Fault::Final(_)) => fault.into_error(),
        })
    }
}
