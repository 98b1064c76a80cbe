use std::io;
use std::process::ExitCode;

use postern_log::LogQueue;
use tracing::Level;
use tracing_subscriber::filter::Targets;

/// sysexits(3): wrong usage.
const EX_USAGE: u8 = 64;

/// Starts logging to standard error.
pub(crate) fn start() -> io::Result<LogQueue> {
    postern_log::start(Targets::new().with_default(Level::WARN).with_target("postern_web", Level::INFO))
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
