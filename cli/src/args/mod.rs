//! The command line, as it is typed and as the manual has it. One file a group of commands.

mod account;
mod app_password;
mod away;
mod couriers;
mod factors;
mod my;
mod totp;

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use postern_core::config::CONFIG_PATH;

pub(crate) use account::{AccountCommand, PolicyOf};
pub(crate) use app_password::{AppPasswordCommand, CreateAppPassword};
pub(crate) use away::{ChallengeCommand, EmailCommand, PhoneCommand, RemoveOne, SentOptions, SmsCommand};
pub(crate) use couriers::CourierCommand;
pub(crate) use factors::{DeviceCommand, FactorCommand, KeyCommand, RecoveryCommand};
pub(crate) use my::{My, MyAppPasswords, MyChallenges, MyCommand, MyDevices, MyEmail, MyPhone, MySms};
pub(crate) use totp::{Enrol, TotpCommand};

/// Provisions app passwords and second factors for the accounts of a site
///
/// Works on the directory and the ledger of the configuration directly, whether or not posternd runs. Started as root
/// it becomes user postern before it opens them. No secret is ever taken from an argument: passwords are asked for, or
/// read from standard input.
///
/// "postern my" is for everybody's own account: it asks posternd, and needs neither root nor the configuration.
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
    /// Create what is missing: the configuration, the keyring, the embedded database, the key of Web Push
    ///
    /// What exists is kept as it is, so it can be run again at any time.
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
    /// Backup e-mail addresses that codes are sent to
    #[command(subcommand)]
    Email(EmailCommand),
    /// Telephone numbers that codes are sent to by SMS
    #[command(subcommand)]
    Sms(SmsCommand),
    /// Second factors of every kind
    #[command(subcommand)]
    Factor(FactorCommand),
    /// Recovery codes, which stand for a second factor that is lost
    #[command(subcommand)]
    Recovery(RecoveryCommand),
    /// Trusted devices, which need no code for a while
    #[command(subcommand)]
    Device(DeviceCommand),
    /// Logins and enrolments that wait for a code or a phone
    #[command(subcommand)]
    Challenge(ChallengeCommand),
    /// Tell of all accounts who has a second factor, when it was used, and whose main password still opens mail
    Report {
        /// Only accounts without a second factor
        #[arg(long)]
        unenrolled: bool,
        /// Only accounts that no longer need their main password for mail: enrolled, or with an app password that was used, and
        /// no login to mail with the main password since that was made; with --since, since then
        #[arg(long)]
        ready: bool,
        /// Only accounts whose main password opened a mail service
        #[arg(long)]
        main_password: bool,
        /// Leave out uses that are older: a time span such as 30d, a date or an RFC 3339 time
        #[arg(long, value_name = "WHEN")]
        since: Option<String>,
        /// Print a table (CSV) with the names of its columns first
        #[arg(long)]
        csv: bool,
    },
    /// The keyring, with which seeds and the ways to ring phones are sealed and everything is signed
    #[command(subcommand)]
    Key(KeyCommand),
    /// Your own account: second factors, recovery codes, app passwords, trusted devices, logins that wait for you
    ///
    /// Asks posternd, as the user who runs it. Every change asks for your main password and, where you have a second factor,
    /// for a code. Without a terminal the answers are the lines of standard input.
    My(My),
    /// Try every part of the configuration: a line for each, with what is wrong and how to mend it
    ///
    /// Reads what sshd and PAM are told as well, and names what lets people past. Asking changes nothing. Its exit status is for
    /// monitoring: 0 where everything is in order, 1 where something should be mended (warn), 2 where something does not work
    /// (FAIL); any other means that nothing was looked at, as from 64 on for a command that was called wrongly.
    Check {
        /// Print only what is not in order: nothing at all where everything is
        #[arg(long, short)]
        quiet: bool,
        /// Whose entry in LDAP to try the rights on; nothing in it is changed
        #[arg(long, value_name = "NAME")]
        account: Option<String>,
        /// Where the host's own files are, such as etc/pam.d
        #[arg(long, value_name = "FOLDER", default_value = "/", hide = true)]
        root: PathBuf,
    },
    /// What carries e-mail and text messages to people
    #[command(subcommand)]
    Courier(CourierCommand),
    /// Ask posternd how it is
    Status,
    /// The LDAP schema
    #[command(subcommand)]
    Schema(SchemaCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum SchemaCommand {
    /// Print what an LDAP server has to be told about Postern
    ///
    /// The access rules and the indexes name the entries and attributes of the configuration; where there is none yet, or
    /// one whose accounts are not in LDAP, those of an example, which a warning says.
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

    #[test]
    fn enrolling_is_for_one_account_or_for_a_table_of_them() {
        let parse = |line: &str| Args::try_parse_from(line.split(' ')).is_ok();
        assert!(parse("postern totp enrol alice"));
        assert!(parse("postern totp enrol alice --svg a.svg --png a.png --unproved"));
        assert!(parse("postern totp enrol --from a.csv --result b.csv --label token --digits 8"));
        for line in [
            "",
            " alice --from a.csv --result b.csv",
            " --from a.csv",
            " alice --result b.csv",
            " alice --add",
        ] {
            assert!(!parse(&format!("postern totp enrol{line}")), "{line}");
        }
        for only_one in ["--svg a", "--png a", "--uri", "--replace abcd", "--seed-stdin"] {
            assert!(
                !parse(&format!("postern totp enrol --from a.csv --result b.csv {only_one}")),
                "{only_one}"
            );
        }
        assert!(!parse("postern totp enrol alice --algorithm md5"));
    }
}
