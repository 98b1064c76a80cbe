use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{ArgGroup, Args, Subcommand};
use postern_core::factor::FactorType;
use postern_ipc::CLIENT_CONFIG_PATH;

/// Self-service: a user's own account.
#[derive(Debug, Args)]
pub(crate) struct My {
    /// The configuration of the front doors, which names posternd's socket
    #[arg(long, global = true, value_name = "FILE", default_value = CLIENT_CONFIG_PATH)]
    pub(crate) client_config: PathBuf,
    #[command(subcommand)]
    pub(crate) command: MyCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum MyCommand {
    /// List your second factors
    Factors,
    /// Set up a second factor; without --kind you are asked for the kind, if there is a choice
    Enrol {
        /// The kind: an authenticator app, a phone that approves, codes by e-mail or by SMS
        #[arg(long, value_parser = kinds())]
        kind: Option<String>,
        /// The address or number to which codes are sent; without it you are asked
        #[arg(long, value_name = "ADDRESS-OR-NUMBER", requires = "kind")]
        to: Option<String>,
        /// A name for it
        #[arg(long)]
        label: Option<String>,
    },
    /// Remove a second factor
    Remove {
        /// Its id, as listed; without it you are asked if there are several
        id: Option<String>,
    },
    /// Replace a second factor with a new one
    Replace {
        /// The old one's id, as listed; without it you are asked if there are several
        id: Option<String>,
        /// The kind of the new one; by default the same as the old one
        #[arg(long, value_parser = kinds())]
        kind: Option<String>,
        /// The address or number to which codes are sent; without it you are asked
        #[arg(long, value_name = "ADDRESS-OR-NUMBER")]
        to: Option<String>,
        /// A name for the new one; by default that of the old one if it is of the same kind
        #[arg(long)]
        label: Option<String>,
    },
    /// Make recovery codes that replace all earlier ones
    RecoveryCodes,
    /// Phones on which you approve logins
    #[command(subcommand)]
    Phone(MyPhone),
    /// Backup e-mail addresses to which codes are sent
    #[command(subcommand)]
    Email(MyEmail),
    /// Telephone numbers to which codes are sent by SMS
    #[command(subcommand)]
    Sms(MySms),
    /// App passwords: one for each mail program
    #[command(subcommand)]
    AppPasswords(MyAppPasswords),
    /// Devices that you trust, which need no code for a while
    #[command(subcommand)]
    Devices(MyDevices),
    /// Browsers with which you are signed in
    #[command(subcommand)]
    Sessions(MySessions),
    /// List your recent logins, accepted and refused
    History,
    /// Logins and changes that wait for a code or for your phone
    #[command(subcommand)]
    Challenges(MyChallenges),
}

#[derive(Debug, Subcommand)]
pub(crate) enum MyPhone {
    /// Set up a phone: scan the QR code that is shown, and compare six digits
    Enrol {
        /// A name for it; by default the name that the phone reports
        #[arg(long)]
        label: Option<String>,
    },
    /// List your phones
    List,
    /// Remove a phone
    Remove {
        /// Its id, as listed; without it you are asked if there are several
        id: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum MyEmail {
    /// Set up a backup address: a code is sent to it, and you are asked for the code
    Enrol {
        /// The address; without it you are asked
        address: Option<String>,
        /// A name for it
        #[arg(long)]
        label: Option<String>,
    },
    /// List your backup addresses
    List,
    /// Remove a backup address
    Remove {
        /// Its id, as listed; without it you are asked if there are several
        id: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum MySms {
    /// Set up a telephone number: a code is sent to it, and you are asked for the code
    Enrol {
        /// The number with its country code, such as +442079460123; without it you are asked
        number: Option<String>,
        /// A name for it
        #[arg(long)]
        label: Option<String>,
    },
    /// List your telephone numbers
    List,
    /// Remove a telephone number
    Remove {
        /// Its id, as listed; without it you are asked if there are several
        id: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum MyChallenges {
    /// List the logins and changes that wait for an answer
    List,
    /// Refuse a login or change that waits: one that is not yours, or that you gave up
    #[command(group = ArgGroup::new("which"))]
    Deny {
        /// Its id, as listed; without it you are asked
        #[arg(group = "which")]
        id: Option<String>,
        /// Refuse all of them
        #[arg(long, group = "which")]
        all: bool,
    },
}

/// The kinds that a terminal can set up: a passkey needs a browser.
fn kinds() -> PossibleValuesParser {
    let kinds = FactorType::ALL.into_iter().filter(|kind| *kind != FactorType::Passkey);
    PossibleValuesParser::new(kinds.map(FactorType::name))
}

#[derive(Debug, Subcommand)]
pub(crate) enum MyAppPasswords {
    /// List your app passwords
    List,
    /// Make an app password and show it once
    Create {
        /// The mail program's name; without it you are asked
        #[arg(long)]
        label: Option<String>,
        /// The services that it opens: any of imap, pop3, smtp, sieve, dav, separated by commas, or all
        #[arg(long)]
        scope: Option<String>,
        /// Refuse it from this time on: a time span such as 90d, a date or an RFC 3339 time
        #[arg(long, value_name = "WHEN")]
        expires: Option<String>,
        /// Accept it from this network only; may be given more than once
        #[arg(long, value_name = "CIDR")]
        network: Vec<String>,
    },
    /// Replace an app password with a new one that opens the same services
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

#[derive(Debug, Subcommand)]
pub(crate) enum MySessions {
    /// List the browsers with which you are signed in
    List,
    /// Sign a browser out
    #[command(group = ArgGroup::new("which"))]
    End {
        /// The id of its session, as listed; without it you are asked
        #[arg(group = "which")]
        id: Option<String>,
        /// Sign all of them out
        #[arg(long, group = "which")]
        all: bool,
    },
}
