use std::path::PathBuf;

use clap::{ArgGroup, Parser, Subcommand, ValueEnum};
use postern_core::config::CONFIG_PATH;

/// Provisions app passwords for the mail programs of a site
///
/// Works on the directory and the ledger of the configuration directly, whether or not posternd runs. Started as root
/// it becomes user postern before it opens them. No secret is ever taken from an argument: passwords are asked for, or
/// read from standard input.
#[derive(Debug, Parser)]
#[command(name = "postern", version, arg_required_else_help = true)]
pub(crate) struct Args {
    /// The configuration file
    #[arg(long, global = true, value_name = "FILE", default_value = CONFIG_PATH)]
    pub(crate) config: PathBuf,
    /// Print one JSON document, with a "version", instead of text
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Create what is missing: the configuration, the keyring, the embedded database
    ///
    /// What exists is kept as it is, so it can be run again at any time.
    Init,
    /// Accounts
    #[command(subcommand)]
    Account(AccountCommand),
    /// App passwords: one for each mail program
    #[command(subcommand)]
    AppPassword(AppPasswordCommand),
    /// Try every part of the configuration: a line for each, with what is wrong and how to mend it
    Check {
        /// Whose entry in LDAP to try the rights on; nothing in it is changed
        #[arg(long, value_name = "NAME")]
        account: Option<String>,
    },
    /// Ask posternd how it is
    Status,
    /// The LDAP schema
    #[command(subcommand)]
    Schema(SchemaCommand),
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
    /// Show or set what holds for an account in place of the configuration
    Policy {
        /// Its name or one of its addresses
        name: String,
        /// Whether its main password opens mail services: always, until-enrolled, never, or default
        #[arg(long, value_name = "POLICY")]
        main_password_on_mail: Option<String>,
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

#[derive(Debug, Subcommand)]
pub(crate) enum SchemaCommand {
    /// Print what an LDAP server has to be told about Postern
    ///
    /// The access rules and the indexes name the entries and attributes of the configuration; where there is none yet,
    /// those of an example.
    Print {
        /// For which server, and what
        form: SchemaForm,
    },
}

/// What an LDAP server has to be told, in a form that it reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaForm {
    /// OpenLDAP: the schema for slapd.conf
    Openldap,
    /// OpenLDAP: the schema for cn=config
    OpenldapLdif,
    /// 389 Directory Server: the schema
    #[value(name = "389ds")]
    Ds389,
    /// OpenLDAP: access rules, limits and indexes for slapd.conf
    Acl,
    /// OpenLDAP: access rules and limits for cn=config
    AclLdif,
    /// OpenLDAP: indexes for cn=config
    IndexLdif,
}

impl SchemaForm {
    /// Whether it depends on the configuration.
    pub(crate) fn names_the_site(self) -> bool {
        match self {
            Self::Openldap | Self::OpenldapLdif | Self::Ds389 => false,
            Self::Acl | Self::AclLdif | Self::IndexLdif => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn the_man_pages_are_those_of_the_command_line() {
        let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/man");
        if std::env::var_os("POSTERN_WRITE_MAN").is_some() {
            clap_mangen::generate_to(Args::command(), &pages).unwrap();
        }
        let fresh = tempfile::tempdir().unwrap();
        clap_mangen::generate_to(Args::command(), fresh.path()).unwrap();
        let mut count = 0;
        for page in std::fs::read_dir(fresh.path()).unwrap() {
            let page = page.unwrap();
            let kept = std::fs::read_to_string(pages.join(page.file_name())).unwrap_or_default();
            let made = std::fs::read_to_string(page.path()).unwrap();
            assert_eq!(kept, made, "{} is out of date; run: make man", page.file_name().display());
            count += 1;
        }
        assert!(count > 10, "{count} pages");
    }

    #[test]
    fn revoking_needs_an_id_or_all_and_not_both() {
        let parse = |line: &str| Args::try_parse_from(line.split(' ')).is_ok();
        assert!(parse("postern app-password revoke alice GdGn"));
        assert!(parse("postern app-password revoke alice --all"));
        assert!(!parse("postern app-password revoke alice"));
        assert!(!parse("postern app-password revoke alice GdGn --all"));
    }
}
