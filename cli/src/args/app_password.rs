use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};

/// The app passwords to make, and the file for the results of a table.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("whom").required(true))]
pub(crate) struct CreateAppPassword {
    /// The account's name or one of its addresses
    #[arg(group = "whom", requires = "label")]
    pub(crate) name: Option<String>,
    /// A name for its owner, such as that of the mail program
    #[arg(long)]
    pub(crate) label: Option<String>,
    /// The services that it opens: any of imap, pop3, smtp, sieve, dav, separated by commas, or all
    #[arg(long, default_value = "all")]
    pub(crate) scope: String,
    /// Refuse it from this time on: a time span such as 90d, a date or an RFC 3339 time
    #[arg(long, value_name = "WHEN")]
    pub(crate) expires: Option<String>,
    /// Accept it from this network only; may be given more than once
    #[arg(long, value_name = "CIDR")]
    pub(crate) network: Vec<String>,
    /// A table (CSV) of accounts; its first line names its columns: name, and optionally label, scope, expires and networks
    /// (separated by spaces), which override the options
    #[arg(long, value_name = "FILE", group = "whom", requires = "results")]
    pub(crate) from: Option<PathBuf>,
    /// The file to which --from writes a line (CSV) for each account: a new file that only its owner may read, or the file of an
    /// earlier run of the same command
    #[arg(long, alias = "result", value_name = "FILE", conflicts_with = "name")]
    pub(crate) results: Option<PathBuf>,
    /// With --from, make another one for accounts that already have one with this label; otherwise they fail
    #[arg(long, conflicts_with = "name")]
    pub(crate) add: bool,
    /// With --from, test everything without changing or writing anything, and print what would happen to each line
    #[arg(long, conflicts_with = "name")]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AppPasswordCommand {
    /// Make an app password and show it once; or one for each account of a table with --from
    ///
    /// With --from the app passwords are written to --results, and nowhere else. Each line is on the disk before its account is
    /// changed, so that nothing is lost if the command is interrupted. Run the same command again to continue, and to retry the
    /// failed lines. Lines with the state "made" are final.
    Create(Box<CreateAppPassword>),
    /// List an account's app passwords, with their last use
    List {
        /// The account's name or one of its addresses
        name: String,
        /// Show revoked ones, too
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
    /// Replace an app password with a new one with the same label, scope, expiry and networks
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
