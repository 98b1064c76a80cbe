use std::io;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use postern_log::{FaultThrottle, LogQueue, Rate};
use tracing::Level;
use tracing_subscriber::filter::Targets;

/// sysexits(3): wrong usage.
const EX_USAGE: u8 = 64;
/// Enough to see what is wrong, and some 10 MB a day at most.
const FAULTS: Rate = Rate { burst: 100, refill: Duration::from_secs(1) };

/// Starts logging to standard error. The lines of requests have limits of their own.
pub(crate) fn start() -> io::Result<(LogQueue, FaultThrottle)> {
    let throttle = FaultThrottle::new(FAULTS, Instant::now());
    let filter = Targets::new().with_default(Level::WARN).with_target("postern_web", Level::INFO);
    postern_log::start_throttled(filter, &throttle).map(|log| (log, throttle))
}

/// Prints clap's own message. Help and version are not failures.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    drop(error.print());
    if error.use_stderr() { ExitCode::from(EX_USAGE) } else { ExitCode::SUCCESS }
}

/// Reports why this program stops, each problem on its line.
pub(crate) fn refuse(code: u8, why: &str) -> ExitCode {
    postern_log::last_words("postern-web", why);
    ExitCode::from(code)
}
