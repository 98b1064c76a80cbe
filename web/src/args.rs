use std::path::PathBuf;

use clap::Parser;

use crate::config::CONFIG_PATH;

/// Serves the page with which a phone approves logins
///
/// Runs in the foreground under a supervisor, on loopback or a Unix socket, for a proxy that speaks TLS. It holds no secret and
/// asks posternd for everything. SIGTERM ends it. Logs to standard error.
#[derive(Debug, Parser)]
#[command(name = "postern-web", version)]
pub(crate) struct Args {
    /// The configuration file
    #[arg(long, value_name = "FILE", default_value = CONFIG_PATH)]
    pub(crate) config: PathBuf,
    /// Read the configuration, say what is wrong with it, and end
    #[arg(long)]
    pub(crate) check: bool,
}
