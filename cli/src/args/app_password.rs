use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};

/// What to make, for whom, and where many are written to.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("whom").required(true))]
pub(crate) struct CreateAppPassword {
    /// The account's name or one of its addresses
    #[arg(group = "whom", requires = "label")]
    pub(crate) name: Option<String>,
    /// What its owner knows it by, such as the mail program's name
    #[arg(long)]
    pub(crate) label: Option<String>,
    /// What it opens: any of imap, pop3, smtp, sieve, dav, separated by commas, or all
    #[arg(long, default_value = "all")]
    pub(crate) scope: String,
    /// Refuse it from then on: a time span such as 90d, a date or an RFC 3339 time
    #[arg(long, value_name = "WHEN")]
    pub(crate) expires: Option<String>,
    /// Accept it from this network alone; may be given more than once
    #[arg(long, value_name = "CIDR")]
    pub(crate) network: Vec<String>,
    /// A table (CSV) of accounts; its first line names its columns: name, and if wanted label, scope, expires and networks
    /// (separated by spaces), each in the place of the option
    #[arg(long, value_name = "FILE", group = "whom", requires = "result")]
    pub(crate) from: Option<PathBuf>,
    /// Where --from writes a line (CSV) for each account: a new file that only its owner may read, or that of the same
    /// command before
    #[arg(long, value_name = "FILE", conflicts_with = "name")]
    pub(crate) result: Option<PathBuf>,
    /// With --from, make one more for accounts that have one with this label already; without it they fail
    #[arg(long, conflicts_with = "name")]
    pub(crate) add: bool,
    /// With --from, try what can be tried without changing or writing anything, and say what would become of each line
    #[arg(long, conflicts_with = "name")]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AppPasswordCommand {
    /// Make an app password and show it, this once; or one for each account of a table by --from
    ///
    /// With --from the app passwords are written to --result, and nowhere else. A line there stands on the disk before its
    /// account is changed, so that nothing is lost whenever it is cut off; the same command again goes on where it was, and tries
    /// those again that failed. What has the state "made" counts.
    Create(Box<CreateAppPassword>),
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
