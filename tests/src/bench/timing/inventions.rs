use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::flood::{Rate, Shot, fire_at};

/// Does `work` while others invent names by the hundred.
pub(super) fn beside<T>(socket: &Path, work: impl FnOnce() -> T) -> T {
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let shot = |number: usize| {
            // From other sources than those of the work.
            Shot::new(
                &format!("invented{number}"),
                &format!("wrong password {number}"),
                FIRST_SOURCE + number,
            )
        };
        let shots = (0..).take_while(|_| !is_over.load(Ordering::Relaxed)).map(shot);
        let flood = scope.spawn(|| fire_at(socket, shots, RATE));
        let result = work();
        is_over.store(true, Ordering::Relaxed);
        drop(flood.join().expect("a flood"));
        result
    })
}

const RATE: Rate = Rate { per_second: PER_SECOND, in_flight: 50, lasts: Duration::from_secs(86_400) };
pub(super) const PER_SECOND: u32 = 200;
const FIRST_SOURCE: usize = 32_768;
