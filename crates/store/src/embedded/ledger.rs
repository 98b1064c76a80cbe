use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use postern_core::clock::Timestamp;
use postern_core::ledger::{Health, Ledger, LedgerError};

use super::database::Database;
use super::error::DatabaseError;
use super::volatile_db::VolatileDb;

/// The ledger of a single host, in the directory's SQLite file and in the volatile database.
#[derive(Debug, Clone)]
pub struct EmbeddedLedger {
    pub(super) database: Database,
    pub(super) volatile: Arc<VolatileDb>,
}

impl EmbeddedLedger {
    pub(super) fn new(database: Database, volatile: VolatileDb) -> Self {
        Self { database, volatile: Arc::new(volatile) }
    }
}

#[async_trait]
impl Ledger for EmbeddedLedger {
    async fn time(&self) -> Result<Option<Timestamp>, LedgerError> {
        Ok(None)
    }

    async fn health(&self) -> Result<Health, LedgerError> {
        // First of all: until it has begun, a tool keeps to itself what it does (`VolatileDb::run`).
        let volatile = self.volatile.probe(BUDGET).await;
        let answers = self.database.read(BUDGET, |connection| {
            connection.query_row("SELECT count(*) FROM attempt", [], |_| Ok(()))?;
            Ok(())
        });
        answers.await?;
        let mut health = Health { what: "the embedded database".to_owned(), ..Health::default() };
        if let Err(DatabaseError::Down(why) | DatabaseError::Broken(why)) =
            self.database.try_to_write(TRIAL).await
        {
            let path = self.database.path().display();
            health.failures.push(format!(
                "{path} cannot be written to: {why}; until it can, neither codes nor recovery codes are taken, and nothing is \
                 changed; make room on its disk, and see: df {path}"
            ));
        }
        match volatile {
            Ok(warning) => health.warnings.extend(warning),
            Err(DatabaseError::Down(why) | DatabaseError::Broken(why)) => {
                health.failures.push(format!("codes cannot be spent, so none is taken: {why}"));
            }
        }
        Ok(health)
    }
}

/// The deadline of a call, for everything that depends on the ledger. A write waits for the disk, and those of a virtual machine take a
/// second now and then; nothing else could answer sooner.
pub(super) const BUDGET: Duration = Duration::from_secs(2);
/// No login waits for this one.
const TRIAL: Duration = Duration::from_secs(3);
