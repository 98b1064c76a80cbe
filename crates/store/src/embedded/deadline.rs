//! The deadline of everything that waits for SQLite.

use std::time::Duration;

use super::error::DatabaseError;

/// The result of `work`, which another thread does. `stopped` is the error if that thread ends without a result.
pub(super) async fn in_time<T, E>(
    budget: Duration,
    stopped: &str,
    work: impl Future<Output = Result<Result<T, DatabaseError>, E>>,
) -> Result<T, DatabaseError> {
    match tokio::time::timeout(budget, work).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(DatabaseError::Down(stopped.to_owned())),
        Err(_) => Err(DatabaseError::Down("no answer in time".to_owned())),
    }
}
