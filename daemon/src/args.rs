use std::path::PathBuf;

use clap::Parser;
use postern_core::config::CONFIG_PATH;

/// Checks passwords and second factors for the services of this host
///
/// Runs in the foreground under a supervisor. Takes its socket from systemd where that passes one, and makes its own
/// otherwise. SIGHUP reads the configuration again, SIGTERM ends it. Logs to standard error.
#[derive(Debug, Parser)]
#[command(name = "posternd", version)]
pub(crate) struct Args {
    /// The configuration file
    #[arg(long, value_name = "FILE", default_value = CONFIG_PATH)]
    pub(crate) config: PathBuf,
    /// Only says whether a reload would take the configuration
    #[arg(long)]
    pub(crate) check: bool,
}
