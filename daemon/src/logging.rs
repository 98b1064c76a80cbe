use std::fmt::Display;
use std::io;
use std::process::ExitCode;

use postern_core::config::LogLevel;
use postern_log::LogQueue;
use tracing::Level;
use tracing_subscriber::filter::Targets;

/// sysexits(3): called wrongly.
const EX_USAGE: u8 = 64;
/// The target of audit lines; they are written at every level.
const AUDIT: &str = "postern::audit";
/// The target of the HTTP client, which would tell every connection at debug.
const HTTP_CLIENT: &str = "hyper_util";

/// Sends messages to standard error.
pub(crate) fn start(level: LogLevel) -> io::Result<LogQueue> {
    let level = match level {
        LogLevel::Error => Level::ERROR,
        LogLevel::Warn => Level::WARN,
        LogLevel::Info => Level::INFO,
        LogLevel::Debug => Level::DEBUG,
    };
    let targets = Targets::new().with_default(level).with_target(AUDIT, Level::INFO);
    postern_log::start(targets.with_target(HTTP_CLIENT, Level::ERROR))
}

/// Writes one audit line.
pub(crate) fn audit(entry: &impl Display) {
    tracing::info!(target: AUDIT, "{entry}");
}

/// Prints clap's own message; help and version are no failure.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    drop(error.print());
    if error.use_stderr() { ExitCode::from(EX_USAGE) } else { ExitCode::SUCCESS }
}

/// Prints why this program stops, one problem per line.
pub(crate) fn refuse(code: u8, why: &str) -> ExitCode {
    postern_log::last_words("posternd", why);
    ExitCode::from(code)
}
