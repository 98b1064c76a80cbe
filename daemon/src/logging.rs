use std::fmt::Display;
use std::io::Write;
use std::process::ExitCode;

use postern_core::config::LogLevel;
use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::time::SystemTime;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// sysexits(3): called wrongly.
const EX_USAGE: u8 = 64;
/// The target of audit lines; they are written at every level.
const AUDIT: &str = "postern::audit";

/// Sends messages to standard error: with the time, unless the journal adds its own.
pub(crate) fn start(level: LogLevel) {
    let level = match level {
        LogLevel::Error => Level::ERROR,
        LogLevel::Warn => Level::WARN,
        LogLevel::Info => Level::INFO,
        LogLevel::Debug => Level::DEBUG,
    };
    let filter = Targets::new().with_default(level).with_target(AUDIT, Level::INFO);
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(false);
    let registry = tracing_subscriber::registry().with(filter);
    if std::env::var_os("JOURNAL_STREAM").is_some() {
        registry.with(layer.without_time()).init();
    } else {
        registry.with(layer.with_timer(SystemTime)).init();
    }
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

/// Says why this program does not go on, each problem on its line.
pub(crate) fn refuse(code: u8, why: &str) -> ExitCode {
    let mut stderr = std::io::stderr().lock();
    for line in why.lines() {
        // Without standard error there is nobody left to tell.
        drop(writeln!(stderr, "posternd: {line}"));
    }
    ExitCode::from(code)
}
