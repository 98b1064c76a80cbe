use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};
use postern_ipc::CLIENT_CONFIG_PATH;

/// What a person does with their own account.
#[derive(Debug, Args)]
pub(crate) struct My {
    /// The front doors' configuration, which names posternd's socket
    #[arg(long, global = true, value_name = "FILE", default_value = CLIENT_CONFIG_PATH)]
    pub(crate) client_config: PathBuf,
    #[command(subcommand)]
    pub(crate) command: MyCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum MyCommand {
    /// List your second factors
    Factors,
    /// Set up an authenticator app as a second factor
    Enrol {
        /// What to call it
        #[arg(long)]
        label: Option<String>,
    },
    /// Remove a second factor
    Remove {
        /// Its id, as listed; without it you are asked where there are several
        id: Option<String>,
    },
    /// Set up an authenticator app in the place of a second factor
    Replace {
        /// The old one's id, as listed; without it you are asked where there are several
        id: Option<String>,
        /// What to call the new one; without it as the old one
        #[arg(long)]
        label: Option<String>,
    },
    /// Make recovery codes in the place of all earlier ones
    RecoveryCodes,
    /// App passwords: one for each mail program
    #[command(subcommand)]
    AppPasswords(MyAppPasswords),
    /// Devices that you trust, which need no code for a while
    #[command(subcommand)]
    Devices(MyDevices),
}

#[derive(Debug, Subcommand)]
pub(crate) enum MyAppPasswords {
    /// List your app passwords
    List,
    /// Make an app password and show it, this once
    Create {
        /// The mail program's name; without it you are asked
        #[arg(long)]
        label: Option<String>,
        /// What it opens: any of imap, pop3, smtp, sieve, dav, separated by commas, or all
        #[arg(long)]
        scope: Option<String>,
        /// Refuse it from then on: a time span such as 90d, a date or an RFC 3339 time
        #[arg(long, value_name = "WHEN")]
        expires: Option<String>,
        /// Accept it from this network alone; may be given more than once
        #[arg(long, value_name = "CIDR")]
        network: Vec<String>,
    },
    /// Replace an app password by a new one that opens the same
    Regenerate {
        /// Its first four characters, as listed; without it you are asked
        id: Option<String>,
    },
    /// Revoke an app password; it is refused from the next login on
    #[command(group = ArgGroup::new("which"))]
    Revoke {
        /// Its first four characters, as listed; without it you are asked
        #[arg(group = "which")]
        id: Option<String>,
        /// Revoke all of them
        #[arg(long, group = "which")]
        all: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum MyDevices {
    /// List the devices that you trust
    List,
    /// Revoke a trusted device
    #[command(group = ArgGroup::new("which"))]
    Revoke {
        /// Its id, as listed; without it you are asked
        #[arg(group = "which")]
        id: Option<String>,
        /// Revoke all of them
        #[arg(long, group = "which")]
        all: bool,
    },
}
