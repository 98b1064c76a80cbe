use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};

/// The accounts, and their new policy.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("whose").required(true))]
pub(crate) struct PolicyOf {
    /// The account's name or one of its addresses
    #[arg(group = "whose")]
    pub(crate) name: Option<String>,
    /// A table (CSV) of accounts; its first line names its columns: name, and optionally main_password_on_mail and second_factor,
    /// which override the options
    #[arg(long, value_name = "FILE", group = "whose")]
    pub(crate) from: Option<PathBuf>,
    /// All accounts that this filter finds (RFC 4515), such as (ou=sales); posternd's entry needs the right to search by the
    /// filter's attributes. Only for accounts in LDAP
    #[arg(long, value_name = "FILTER", group = "whose")]
    pub(crate) filter: Option<String>,
    /// Whether the main password opens mail services: always, until-enrolled, never, or default
    #[arg(long, value_name = "POLICY")]
    pub(crate) main_password_on_mail: Option<String>,
    /// What logins ask for after the first factor: off, if-enrolled, required, exempt, or default
    #[arg(long, value_name = "POLICY")]
    pub(crate) second_factor: Option<String>,
    /// With --from or --filter, change nothing, and print what would happen to each account
    #[arg(long, conflicts_with = "name")]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Create an account (embedded directory)
    ///
    /// Asks twice for its main password, unless an option says otherwise.
    #[command(group = ArgGroup::new("main_password"))]
    Create {
        /// The name to log in with, in lower case
        name: String,
        /// Read the main password from the first line of standard input
        #[arg(long, group = "main_password")]
        password_stdin: bool,
        /// Set no main password: only app passwords open the account
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
        /// An address of the account; may be given more than once
        #[arg(long, value_name = "ADDRESS")]
        mail: Vec<String>,
        /// Any other attribute, for the userdb templates; may be given more than once
        #[arg(long, value_name = "NAME=VALUE")]
        attribute: Vec<String>,
        /// Refuse every login from this time on: a time span, a date or an RFC 3339 time
        #[arg(long, value_name = "WHEN")]
        expires: Option<String>,
    },
    /// Show an account, with the resulting policy
    Show {
        /// The account's name or one of its addresses
        name: String,
    },
    /// List all accounts
    List,
    /// Refuse every login to an account
    Disable {
        /// The account's name or one of its addresses
        name: String,
    },
    /// Permit logins to a disabled account again
    Enable {
        /// The account's name or one of its addresses
        name: String,
    },
    /// Set the time from which every login to an account is refused
    #[command(group = ArgGroup::new("when").required(true))]
    Expire {
        /// The account's name or one of its addresses
        name: String,
        /// A time span from now such as 90d, a date or an RFC 3339 time
        #[arg(long, value_name = "WHEN", group = "when")]
        at: Option<String>,
        /// Remove the expiry
        #[arg(long, group = "when")]
        never: bool,
    },
    /// Show or set the policy of an account, which overrides the configuration; or set it for many with --from or --filter
    ///
    /// With --from or --filter it prints a line for each account. Running it again leaves accounts alone that are set already.
    Policy(Box<PolicyOf>),
    /// Unlock an account's second factors after too many wrong codes, and forget wrong codes and passwords
    Unlock {
        /// The account's name or one of its addresses
        name: String,
    },
    /// Remove all second factors, recovery codes, trusted devices and the ticket of an account
    ///
    /// For a user who has lost them all, after you have verified their identity. App passwords stay, and so does the history of logins,
    /// which says what happened before.
    /// Asks for confirmation, unless an option says otherwise.
    Reset {
        /// The account's name or one of its addresses
        name: String,
        /// Do not ask for confirmation
        #[arg(long)]
        yes: bool,
    },
    /// Make a ticket that permits a user to bind the first second factor, and show it once
    ///
    /// Required where forced_enrolment is "ticket". It works once, and replaces an earlier one.
    Invite {
        /// The account's name or one of its addresses
        name: String,
        /// How long it is valid
        #[arg(long = "for", value_name = "SPAN", default_value = "7d")]
        good_for: String,
    },
    /// Set an account's main password (embedded directory)
    ///
    /// Asks for it twice, unless an option says otherwise.
    #[command(group = ArgGroup::new("main_password"))]
    Password {
        /// The account's name or one of its addresses
        name: String,
        /// Read it from the first line of standard input
        #[arg(long, group = "main_password")]
        password_stdin: bool,
        /// Remove it: only app passwords open the account
        #[arg(long, group = "main_password")]
        remove: bool,
    },
}
