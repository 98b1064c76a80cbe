use std::sync::atomic::{AtomicBool, Ordering};

use super::*;

fn database(dir: &Path) -> Database {
    Database::open(&dir.join("postern.db")).unwrap()
}

fn slow_change(_: &Connection) -> Result<(), DatabaseError> {
    std::thread::sleep(Duration::from_millis(5));
    Ok(())
}

#[test]
fn others_get_their_turn_while_the_writer_has_more_than_it_can_do() {
    let dir = tempfile::tempdir().unwrap();
    let (busy, other) = (database(dir.path()), database(dir.path()));
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
                while !is_over.load(Ordering::Relaxed) {
                    drop(runtime.block_on(busy.write(Duration::from_secs(5), slow_change)));
                }
            });
        }
        let written: Vec<_> = (0..5).map(|_| other.write_here(|_| Ok(()))).collect();
        is_over.store(true, Ordering::Relaxed);
        assert!(written.iter().all(Result::is_ok), "{written:?}");
    });
}

#[tokio::test]
async fn a_disk_that_hangs_collects_only_so_many_changes() {
    let dir = tempfile::tempdir().unwrap();
    let database = database(dir.path());
    let hangs = |_: &Connection| {
        std::thread::sleep(Duration::from_millis(500));
        Ok(())
    };
    let budget = Duration::from_secs(5);
    let first = tokio::spawn({
        let database = database.clone();
        async move { database.write(budget, hangs).await }
    });
    tokio::task::yield_now().await;
    let others: Vec<_> = (0..MOST_WAITING + 10)
        .map(|_| {
            let database = database.clone();
            tokio::spawn(async move { database.write(budget, |_| Ok(())).await })
        })
        .collect();
    let mut refused = 0;
    for other in others {
        if let Err(error) = other.await.unwrap() {
            assert!(
                matches!(&error, DatabaseError::Down(why) if why.contains("too many changes")),
                "{error:?}"
            );
            refused += 1;
        }
    }
    assert!((1..=10).contains(&refused), "{refused}");
    first.await.unwrap().unwrap();
}
