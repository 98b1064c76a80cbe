//! The deadline of everything that waits for SQLite.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

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

/// The result of `work`, which may block, in a thread of its own. It is begun in its turn: those that wait for one occupy no thread.
pub(super) async fn in_turn<T: Send + 'static>(
    turns: &Arc<Semaphore>,
    budget: Duration,
    stopped: &str,
    work: impl FnOnce() -> Result<T, DatabaseError> + Send + 'static,
) -> Result<T, DatabaseError> {
    let task = async {
        let turn = Arc::clone(turns).acquire_owned().await;
        let task = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        task.await
    };
    in_time(budget, stopped, task).await
}
