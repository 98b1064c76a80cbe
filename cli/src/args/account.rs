use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};

/// Whose policy, and what it shall be.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("whose").required(true))]
pub(crate) struct PolicyOf {
    /// Its name or one of its addresses
    #[arg(group = "whose")]
    pub(crate) name: Option<String>,
    /// A table (CSV) of accounts; its first line names its columns: name, and if wanted main_password_on_mail and second_factor,
    /// each in the place of the option
    #[arg(long, value_name = "FILE", group = "whose")]
    pub(crate) from: Option<PathBuf>,
    /// All accounts that this filter finds (RFC 4515), such as (ou=sales); posternd's entry needs the right to search by what it
    /// names. For accounts in LDAP alone
    #[arg(long, value_name = "FILTER", group = "whose")]
    pub(crate) filter: Option<String>,
    /// Whether its main password opens mail services: always, until-enrolled, never, or default
    #[arg(long, value_name = "POLICY")]
    pub(crate) main_password_on_mail: Option<String>,
    /// What logins ask for besides the first factor: off, if-enrolled, required, exempt, or default
    #[arg(long, value_name = "POLICY")]
    pub(crate) second_factor: Option<String>,
    /// With --from or --filter, change nothing, and say what would become of each account
    #[arg(long, conflicts_with = "name")]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Make an account (embedded directory)
    ///
    /// Asks twice for its main password, unless told otherwise.
    #[command(group = ArgGroup::new("main_password"))]
    Create {
        /// The name to log in with, in lower case
        name: String,
        /// Read the main password from the first line of standard input
        #[arg(long, group = "main_password")]
        password_stdin: bool,
        /// Give it no main password: only app passwords open it
        #[arg(long, group = "main_password")]
        no_password: bool,
        /// The attribute uidNumber
        #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
        uid: Option<u32>,
        /// The attribute gidNumber
        #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
        gid: Option<u32>,
        /// The attribute homeDirectory
        #[arg(long, value_name = "FOLDER")]
        home: Option<String>,
        /// An address that it also goes by; may be given more than once
        #[arg(long, value_name = "ADDRESS")]
        mail: Vec<String>,
        /// Any other attribute, for the userdb templates; may be given more than once
        #[arg(long, value_name = "NAME=VALUE")]
        attribute: Vec<String>,
        /// Refuse every login from then on: a time span, a date or an RFC 3339 time
        #[arg(long, value_name = "WHEN")]
        expires: Option<String>,
    },
    /// Show an account, with the policy that holds for it
    Show {
        /// Its name or one of its addresses
        name: String,
    },
    /// List all accounts
    List,
    /// Refuse every login to an account
    Disable {
        /// Its name or one of its addresses
        name: String,
    },
    /// Permit logins to a disabled account again
    Enable {
        /// Its name or one of its addresses
        name: String,
    },
    /// Set from when on every login to an account is refused
    #[command(group = ArgGroup::new("when").required(true))]
    Expire {
        /// Its name or one of its addresses
        name: String,
        /// A time span from now such as 90d, a date or an RFC 3339 time
        #[arg(long, value_name = "WHEN", group = "when")]
        at: Option<String>,
        /// Let it live on
        #[arg(long, group = "when")]
        never: bool,
    },
    /// Show or set what holds for an account in place of the configuration; or set it for many by --from or --filter
    ///
    /// With --from or --filter a line tells what became of each account; the same command again leaves alone what is set already.
    Policy(Box<PolicyOf>),
    /// Unlock an account's second factors after too many wrong codes, and forget wrong codes and passwords
    Unlock {
        /// Its name or one of its addresses
        name: String,
    },
    /// Take away all second factors, recovery codes, trusted devices and the ticket of an account
    ///
    /// For somebody who has lost them all, after you made sure who it is. App passwords stay. Asks before, unless told
    /// otherwise.
    Reset {
        /// Its name or one of its addresses
        name: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Make a ticket with which somebody may bind their first second factor, and show it, this once
    ///
    /// Asked for where forced_enrolment is "ticket". It works once, and takes the place of an earlier one.
    Invite {
        /// The account's name or one of its addresses
        name: String,
        /// How long it is good for
        #[arg(long = "for", value_name = "SPAN", default_value = "7d")]
        good_for: String,
    },
    /// Set an account's main password (embedded directory)
    ///
    /// Asks for it twice, unless told otherwise.
    #[command(group = ArgGroup::new("main_password"))]
    Password {
        /// Its name or one of its addresses
        name: String,
        /// Read it from the first line of standard input
        #[arg(long, group = "main_password")]
        password_stdin: bool,
        /// Take it away: only app passwords open the account
        #[arg(long, group = "main_password")]
        remove: bool,
    },
}
