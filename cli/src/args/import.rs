use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};

/// What to import, and whose it is.
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The system or app that the files are from
    pub(crate) format: ImportFormat,
    /// The files; for google-authenticator also folders: a home folder, or one that holds home folders
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// The account that everything in the file belongs to; otherwise the names in the file decide
    #[arg(long, value_name = "NAME", conflicts_with = "accounts")]
    pub(crate) account: Option<String>,
    /// A table (CSV) for names that differ; its first line names its columns: name (in the file) and account (here)
    #[arg(long, value_name = "FILE")]
    pub(crate) accounts: Option<PathBuf>,
    /// Only the entries of this issuer (otpauth, freeotp+, aegis) or realm (privacyidea); required unless all are of the issuer of
    /// postern.toml
    #[arg(long, value_name = "NAME")]
    pub(crate) issuer: Option<String>,
    /// The hash function for entries whose format does not say it (privacyidea's CSV); by default sha1
    #[arg(long, value_parser = PossibleValuesParser::new(["sha1", "sha256", "sha512"]))]
    pub(crate) algorithm: Option<String>,
    /// A name for its owner, for entries without one; by default "Authenticator app" in the account's language
    #[arg(long)]
    pub(crate) label: Option<String>,
    /// Bind another factor to accounts that already have one which is not in the files; otherwise they fail
    #[arg(long)]
    pub(crate) add: bool,
    /// Bind also what an earlier run bound, by the file of --results, and was removed since, as after the loss of a phone
    #[arg(long, requires = "results")]
    pub(crate) again: bool,
    /// Write a line (CSV) for each entry to this file: a new file that only its owner may read, or the file of an earlier run, to which
    /// the lines are added. Without that file, a run that is repeated binds what was removed since
    #[arg(long, value_name = "FILE")]
    pub(crate) results: Option<PathBuf>,
    /// Test everything without changing or writing anything, and print what would happen to each account
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// Another system or app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ImportFormat {
    /// Files of pam_google_authenticator: ~/.google_authenticator
    GoogleAuthenticator,
    /// The usersfile of pam_oath, such as /etc/users.oath
    #[value(name = "pam_oath")]
    PamOath,
    /// otpauth:// and otpauth-migration:// URIs, one on each line
    Otpauth,
    /// The JSON export of FreeOTP+
    #[value(name = "freeotp+")]
    FreeotpPlus,
    /// The unencrypted vault of Aegis (JSON)
    Aegis,
    /// The token export of privacyIDEA as CSV, or as YAML that was made JSON
    Privacyidea,
    /// LDIF with entries of OATH-LDAP or slapo-otp(5)
    OathLdap,
    /// The tables tfa and app_passwd of mailcow, as an SQL dump, CSV or JSON
    Mailcow,
}

/// From one SQLite file to LDAP.
#[derive(Debug, Args)]
pub(crate) struct Migrate {
    /// The configuration that used the SQLite file until now; --config names the one with LDAP
    #[arg(long, value_name = "FILE")]
    pub(crate) from: PathBuf,
    /// Write a line (CSV) for each account to this file: a new file that only its owner may read, or the file of an earlier run of
    /// the same command
    #[arg(long, value_name = "FILE")]
    pub(crate) results: PathBuf,
    /// Test everything without changing or writing anything, and print what would happen to each account
    #[arg(long)]
    pub(crate) dry_run: bool,
}
