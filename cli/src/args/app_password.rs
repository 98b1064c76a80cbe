use clap::{ArgGroup, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum AppPasswordCommand {
    /// Make an app password and show it, this once
    Create {
        /// The account's name or one of its addresses
        name: String,
        /// What its owner knows it by, such as the mail program's name
        #[arg(long)]
        label: String,
        /// What it opens: any of imap, pop3, smtp, sieve, dav, separated by commas, or all
        #[arg(long, default_value = "all")]
        scope: String,
        /// Refuse it from then on: a time span such as 90d, a date or an RFC 3339 time
        #[arg(long, value_name = "WHEN")]
        expires: Option<String>,
        /// Accept it from this network alone; may be given more than once
        #[arg(long, value_name = "CIDR")]
        network: Vec<String>,
    },
    /// List an account's app passwords, with their last use
    List {
        /// The account's name or one of its addresses
        name: String,
        /// Show those that were revoked, too
        #[arg(long)]
        revoked: bool,
    },
    /// Revoke an app password; it is refused from the next login on
    #[command(group = ArgGroup::new("which").required(true))]
    Revoke {
        /// The account's name or one of its addresses
        name: String,
        /// Its id, as listed
        #[arg(group = "which")]
        id: Option<String>,
        /// Revoke all of them
        #[arg(long, group = "which")]
        all: bool,
    },
    /// Replace an app password by a new one with the same label, scope, expiry and networks
    #[command(group = ArgGroup::new("which").required(true))]
    Regenerate {
        /// The account's name or one of its addresses
        name: String,
        /// Its id, as listed
        #[arg(group = "which")]
        id: Option<String>,
        /// Replace all that have not expired
        #[arg(long, group = "which")]
        all: bool,
    },
}
