//! The log of a server on standard error. A thread that serves a client never waits for the reader of the log.
//!
//! Lines go into a bounded queue, which a thread of its own writes out. A line that does not fit, or cannot be written,
//! is lost and counted, and the log reports the number as soon as it can be written again.

#![forbid(unsafe_code)]

mod bucket;
mod output;
mod queue;
mod throttle;

use std::io::{self, Write};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::time::SystemTime;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

pub use bucket::{LineBucket, Rate};
pub use queue::{LineWriter, LogHealth, LogQueue};
pub use throttle::FaultThrottle;

/// Sends what `filter` admits to standard error, with the time unless the journal adds its own. Panics are logged
/// there, too, so that they do not wait for the reader of standard error either.
///
/// # Errors
/// Standard error cannot be used, or the thread cannot be started.
pub fn start(filter: Targets) -> io::Result<LogQueue> {
    start_with(filter, None)
}

/// The same for a program whose clients cost nothing and may cause a fault with each request.
///
/// # Errors
/// As for [`start`].
pub fn start_throttled(filter: Targets, throttle: &FaultThrottle) -> io::Result<LogQueue> {
    start_with(filter, Some(throttle.clone()))
}

fn start_with(filter: Targets, throttle: Option<FaultThrottle>) -> io::Result<LogQueue> {
    let queue = LogQueue::start(output::StandardError::open()?)?;
    let layer = tracing_subscriber::fmt::layer().with_writer(queue.clone()).with_ansi(false);
    let registry = tracing_subscriber::registry().with(filter).with(throttle);
    if std::env::var_os("JOURNAL_STREAM").is_some() {
        registry.with(layer.without_time()).init();
    } else {
        registry.with(layer.with_timer(SystemTime)).init();
    }
    std::panic::set_hook(Box::new(|panic| tracing::error!("{panic}")));
    Ok(queue)
}

/// Reports why `program` stops, each problem on its line, if the reader takes it within a second.
pub fn last_words(program: &str, why: &str) {
    let text: String = why.lines().map(|line| format!("{program}: {line}\n")).collect();
    let (said, heard) = mpsc::channel();
    let speaker = std::thread::Builder::new().spawn(move || {
        // Without standard error there is no place to report to.
        drop(io::stderr().write_all(text.as_bytes()));
        said.send(())
    });
    if speaker.is_ok() {
        let _: Result<(), RecvTimeoutError> = heard.recv_timeout(LAST_MOMENT);
    }
}

/// How long a program that ends waits for the reader of its log.
pub const LAST_MOMENT: Duration = Duration::from_secs(1);
