//! The command line, as it is typed and as the manual has it. One file a group of commands.

mod account;
mod app_password;
mod couriers;
mod factors;
mod import;
#[cfg(test)]
mod man;
mod my;
mod out_of_band;
mod totp;

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use postern_core::config::CONFIG_PATH;

pub(crate) use account::{AccountCommand, PolicyOf};
pub(crate) use app_password::{AppPasswordCommand, CreateAppPassword};
pub(crate) use couriers::CourierCommand;
pub(crate) use factors::{DeviceCommand, FactorCommand, KeyCommand, RecoveryCommand, SessionCommand};
pub(crate) use import::{Import, ImportFormat, Migrate};
pub(crate) use my::{
    My, MyAppPasswords, MyChallenges, MyCommand, MyDevices, MyEmail, MyPhone, MySessions, MySms,
};
pub(crate) use out_of_band::{
    ChallengeCommand, EmailCommand, PhoneCommand, RemoveOne, SentOptions, SmsCommand,
};
pub(crate) use totp::{Enrol, TotpCommand};

/// Manage app passwords and second factors
///
/// Works directly on the directory and the ledger of the configuration, whether or not posternd runs. Started as root, it
/// switches to user postern before it opens them. Secrets are never arguments: passwords are asked for, or read from
/// standard input. On a terminal the output has colours, unless the environment has NO_COLOR.
///
/// "postern my" is for a user's own account: it asks posternd, and needs neither root nor the configuration.
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
    /// Create missing files: the configuration, the keyring, the embedded database, the Web Push key
    ///
    /// Existing files are kept, so it can be run again at any time.
    Init,
    /// Accounts
    #[command(subcommand)]
    Account(AccountCommand),
    /// App passwords: one for each mail program
    #[command(subcommand)]
    AppPassword(AppPasswordCommand),
    /// Authenticator apps and tokens that show codes (RFC 6238)
    #[command(subcommand)]
    Totp(TotpCommand),
    /// Phones that approve logins
    #[command(subcommand)]
    Phone(PhoneCommand),
    /// Backup e-mail addresses to which codes are sent
    #[command(subcommand)]
    Email(EmailCommand),
    /// Telephone numbers to which codes are sent by SMS
    #[command(subcommand)]
    Sms(SmsCommand),
    /// Second factors of every kind
    #[command(subcommand)]
    Factor(FactorCommand),
    /// Recovery codes, which replace a lost second factor
    #[command(subcommand)]
    Recovery(RecoveryCommand),
    /// Trusted devices, which need no code for a while
    #[command(subcommand)]
    Device(DeviceCommand),
    /// Browsers that are signed in
    #[command(subcommand)]
    Session(SessionCommand),
    /// List the recent logins of an account, accepted and refused
    ///
    /// Logins that were alike, from one address with one credential, are one line: when the last one was, how many there were, and
    /// since when. See [history] in postern.toml(5).
    History {
        /// The account's name or one of its addresses
        name: String,
    },
    /// Logins and enrolments that wait for a code or a phone
    #[command(subcommand)]
    Challenge(ChallengeCommand),
    /// List all accounts with their second factors, their last uses, and whether the main password still opens mail
    Report {
        /// Only accounts without a second factor
        #[arg(long)]
        unenrolled: bool,
        /// Only accounts that no longer need their main password for mail: enrolled, or with a used app password, and no login
        /// to mail with the main password since it was made; with --since, since that time
        #[arg(long)]
        ready: bool,
        /// Only accounts whose main password opened a mail service
        #[arg(long)]
        main_password: bool,
        /// Ignore uses before this time: a time span such as 30d, a date or an RFC 3339 time
        #[arg(long, value_name = "WHEN")]
        since: Option<String>,
        /// Print a table (CSV) with the names of its columns first
        #[arg(long)]
        csv: bool,
    },
    /// Bind the authenticator apps and tokens of another system to the accounts here
    ///
    /// Each entry of the files is bound as a second factor: it proved itself elsewhere, so no code is asked for. With its first factor
    /// an account is enrolled, and its main password may no longer open mail; --dry-run says what would change for each account. What
    /// cannot be carried over is listed with the reason. A seed that an account already has is recognised, so the same command can be
    /// run again at any time. Codes are accepted from the next but one on, so that none that was used elsewhere is good here.
    Import(Box<Import>),
    /// Print everything that is kept about an account, for its owner, as one JSON document
    ///
    /// Without what would open the account: no seeds, no hashes, no keys.
    Export {
        /// The account's name or one of its addresses
        name: String,
    },
    /// Carry the accounts' data from one SQLite file to LDAP and Redis
    ///
    /// Reads the embedded directory and ledger of --from, and writes the data of each account to the LDAP entry whose user name is the
    /// same. Stop posternd before. Main passwords, trusted devices, sessions and recent logins stay behind. An entry that has data of
    /// Postern already is never overwritten; if the command is interrupted, run it again.
    Migrate(Migrate),
    /// The keyring, which seals seeds and push subscriptions, and authenticates records
    #[command(subcommand)]
    Key(KeyCommand),
    /// Your own account: second factors, recovery codes, app passwords, trusted devices, browsers that are signed in,
    /// recent logins, logins that wait for you
    ///
    /// Asks posternd, as the user who runs it. Every change asks for your main password and, if you have a second factor, for a
    /// code. Without a terminal, the answers are the lines of standard input.
    My(My),
    /// Test every part of the configuration: a line for each, with the problem and its remedy
    ///
    /// Also reads the configuration of sshd and PAM, and names each way around Postern; and requests the page for phones, the pages
    /// of accounts and the settings of mail programs, which a web.toml beside the configuration names, as their clients would: their
    /// certificates (by the trust store of the host, or SSL_CERT_FILE), content, headers, and the refusal of other hosts. It changes nothing. The exit status is for
    /// monitoring: 0 if everything is in order, 1 if something should be fixed (warn), 2 if something does not work (FAIL); any
    /// other means that nothing was checked, such as 64 for wrong usage.
    Check {
        /// Print only problems: nothing if everything is in order
        #[arg(long, short)]
        quiet: bool,
        /// The account whose LDAP entry is used to test the access rights; nothing in it is changed
        #[arg(long, value_name = "NAME")]
        account: Option<String>,
        /// The root of the host's own files, such as etc/pam.d
        #[arg(long, value_name = "FOLDER", default_value = "/", hide = true)]
        root: PathBuf,
    },
    /// The couriers, which send e-mail and text messages
    #[command(subcommand)]
    Courier(CourierCommand),
    /// Show the status of posternd
    Status,
    /// The LDAP schema
    #[command(subcommand)]
    Schema(SchemaCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum SchemaCommand {
    /// Print Postern's schema, access rules or indexes for an LDAP server
    ///
    /// The access rules and the indexes name the entries and attributes of the configuration. Without a configuration, or if its
    /// accounts are not in LDAP, they name those of an example, with a warning.
    Print {
        /// The server and the part
        form: SchemaForm,
    },
}

/// A part of the configuration of an LDAP server, in its own format.
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
    /// OpenLDAP with the overlay ppolicy: the access rule about its attributes, for slapd.conf
    AclPpolicy,
    /// OpenLDAP with the overlay ppolicy: the access rule about its attributes, for cn=config
    AclPpolicyLdif,
    /// OpenLDAP: indexes for cn=config
    IndexLdif,
    /// 389 Directory Server, FreeIPA: access control instructions and limits
    #[value(name = "389ds-aci")]
    Ds389Aci,
    /// 389 Directory Server, FreeIPA: indexes
    #[value(name = "389ds-index")]
    Ds389Index,
}

impl SchemaForm {
    /// Whether it depends on the configuration.
    pub(crate) fn names_the_site(self) -> bool {
        match self {
            Self::Openldap | Self::OpenldapLdif | Self::Ds389 => false,
            Self::Acl
            | Self::AclLdif
            | Self::AclPpolicy
            | Self::AclPpolicyLdif
            | Self::IndexLdif
            | Self::Ds389Aci
            | Self::Ds389Index => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use clap::CommandFactory;
    use clap_complete::Shell;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    /// `make man` writes them, and the completions with them.
    #[test]
    fn the_man_pages_are_those_of_the_command_line() {
        let may_write = std::env::var_os("POSTERN_WRITE_MAN").is_some();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/man");
        if may_write {
            completions_differ(true);
        }
        let pages = man::pages();
        assert!(pages.len() > 10, "{} pages", pages.len());
        for (name, page) in pages {
            assert!(
                man::matches(&folder.join(&name), &page, may_write),
                "{name} is out of date; run: make man"
            );
        }
    }

    #[test]
    fn each_command_has_an_example_and_each_example_is_a_command() {
        assert_eq!(man::without_example(), [""; 0], "add them in cli/src/args/man.rs");
        for (line, _) in man::EXAMPLES {
            Args::try_parse_from(man::words(line)).unwrap_or_else(|error| panic!("{line}: {error}"));
        }
    }

    #[test]
    fn the_completions_of_shells_are_those_of_the_command_line() {
        assert_eq!(completions_differ(false), [""; 0], "out of date; run: make man");
    }

    /// Writes the completions if they may be, and names those that are still out of date.
    fn completions_differ(may_write: bool) -> Vec<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/completions");
        let shells = [(Shell::Bash, "postern.bash"), (Shell::Zsh, "_postern"), (Shell::Fish, "postern.fish")];
        let differs = |(shell, file): &(Shell, &str)| {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Args::command(), "postern", &mut script);
            let script = String::from_utf8(script).unwrap();
            !man::matches(&folder.join(file), &script, may_write)
        };
        shells.into_iter().filter(differs).map(|(_, file)| file.to_owned()).collect()
    }

    #[test]
    fn revoking_needs_an_id_or_all_and_not_both() {
        let parse = |line: &str| Args::try_parse_from(line.split(' ')).is_ok();
        assert!(parse("postern app-password revoke alice GdGn"));
        assert!(parse("postern app-password revoke alice --all"));
        assert!(!parse("postern app-password revoke alice"));
        assert!(!parse("postern app-password revoke alice GdGn --all"));
    }

    #[test]
    fn enrolling_is_for_one_account_or_for_a_table_of_them() {
        let parse = |line: &str| Args::try_parse_from(line.split(' ')).is_ok();
        assert!(parse("postern totp enrol alice"));
        assert!(parse("postern totp enrol alice --svg a.svg --png a.png --unproved"));
        assert!(parse("postern totp enrol --from a.csv --results b.csv --label token --digits 8"));
        for line in [
            "",
            " alice --from a.csv --results b.csv",
            " --from a.csv",
            " alice --results b.csv",
            " alice --add",
        ] {
            assert!(!parse(&format!("postern totp enrol{line}")), "{line}");
        }
        for only_one in ["--svg a", "--png a", "--uri", "--replace abcd", "--seed-stdin"] {
            assert!(
                !parse(&format!("postern totp enrol --from a.csv --results b.csv {only_one}")),
                "{only_one}"
            );
        }
        assert!(!parse("postern totp enrol alice --algorithm md5"));
    }
}
