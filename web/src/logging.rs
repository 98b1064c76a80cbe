use std::io::Write;
use std::process::ExitCode;

use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::time::SystemTime;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// sysexits(3): called wrongly.
const EX_USAGE: u8 = 64;

/// Sends messages to standard error: with the time, unless the journal adds its own.
pub(crate) fn start() {
    let filter = Targets::new().with_default(Level::WARN).with_target("postern_web", Level::INFO);
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(false);
    let registry = tracing_subscriber::registry().with(filter);
    if std::env::var_os("JOURNAL_STREAM").is_some() {
        registry.with(layer.without_time()).init();
    } else {
        registry.with(layer.with_timer(SystemTime)).init();
    }
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
        drop(writeln!(stderr, "postern-web: {line}"));
    }
    ExitCode::from(code)
}
