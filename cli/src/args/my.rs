use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{ArgGroup, Args, Subcommand};
use postern_ipc::CLIENT_CONFIG_PATH;

/// What a person does with their own account.
#[derive(Debug, Args)]
pub(crate) struct My {
    /// The front doors' configuration, which names posternd's socket
    #[arg(long, global = true, value_name = "FILE", default_value = CLIENT_CONFIG_PATH)]
    pub(crate) client_config: PathBuf,
    #[command(subcommand)]
    pub(crate) command: MyCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum MyCommand {
    /// List your second factors
    Factors,
    /// Set up a second factor; without --kind you are asked which, where there is a choice
    Enrol {
        /// What it shall be: an authenticator app, a phone that approves, codes by e-mail or by SMS
        #[arg(long, value_parser = kinds())]
        kind: Option<String>,
        /// The address or number that codes are sent to; without it you are asked
        #[arg(long, value_name = "ADDRESS-OR-NUMBER", requires = "kind")]
        to: Option<String>,
        /// What to call it
        #[arg(long)]
        label: Option<String>,
    },
    /// Remove a second factor
    Remove {
        /// Its id, as listed; without it you are asked where there are several
        id: Option<String>,
    },
    /// Set up a second factor in the place of another
    Replace {
        /// The old one's id, as listed; without it you are asked where there are several
        id: Option<String>,
        /// What the new one shall be; without it the same as the old one
        #[arg(long, value_parser = kinds())]
        kind: Option<String>,
        /// The address or number that codes are sent to; without it you are asked
        #[arg(long, value_name = "ADDRESS-OR-NUMBER")]
        to: Option<String>,
        /// What to call the new one; without it as the old one
        #[arg(long)]
        label: Option<String>,
    },
    /// Make recovery codes in the place of all earlier ones
    RecoveryCodes,
    /// Phones on which you approve logins
    #[command(subcommand)]
    Phone(MyPhone),
    /// Backup e-mail addresses that codes are sent to
    #[command(subcommand)]
    Email(MyEmail),
    /// Telephone numbers that codes are sent to by SMS
    #[command(subcommand)]
    Sms(MySms),
    /// App passwords: one for each mail program
    #[command(subcommand)]
    AppPasswords(MyAppPasswords),
    /// Devices that you trust, which need no code for a while
    #[command(subcommand)]
    Devices(MyDevices),
    /// Logins and changes that wait for a code or for your phone
    #[command(subcommand)]
    Challenges(MyChallenges),
}

#[derive(Debug, Subcommand)]
pub(crate) enum MyPhone {
    /// Set up a phone: scan the QR code that is shown, and compare six digits
    Enrol {
        /// What to call it; without it what the phone calls itself
        #[arg(long)]
        label: Option<String>,
    },
    /// List your phones
    List,
    /// Remove a phone
    Remove {
        /// Its id, as listed; without it you are asked where there are several
        id: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum MyEmail {
    /// Set up a backup address: a code is sent to it, and asked for
    Enrol {
        /// The address; without it you are asked
        address: Option<String>,
        /// What to call it
        #[arg(long)]
        label: Option<String>,
    },
    /// List your backup addresses
    List,
    /// Remove a backup address
    Remove {
        /// Its id, as listed; without it you are asked where there are several
        id: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum MySms {
    /// Set up a telephone number: a code is sent to it, and asked for
    Enrol {
        /// The number with its country code, such as +442079460123; without it you are asked
        number: Option<String>,
        /// What to call it
        #[arg(long)]
        label: Option<String>,
    },
    /// List your telephone numbers
    List,
    /// Remove a telephone number
    Remove {
        /// Its id, as listed; without it you are asked where there are several
        id: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum MyChallenges {
    /// List what waits for an answer
    List,
    /// Refuse what waits for an answer: a login that is not yours, or that you gave up
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

fn kinds() -> PossibleValuesParser {
    PossibleValuesParser::new(["totp", "phone", "email", "sms"])
}

#[derive(Debug, Subcommand)]
pub(crate) enum MyAppPasswords {
    /// List your app passwords
    List,
    /// Make an app password and show it, this once
    Create {
        /// The mail program's name; without it you are asked
        #[arg(long)]
        label: Option<String>,
        /// What it opens: any of imap, pop3, smtp, sieve, dav, separated by commas, or all
        #[arg(long)]
        scope: Option<String>,
        /// Refuse it from then on: a time span such as 90d, a date or an RFC 3339 time
        #[arg(long, value_name = "WHEN")]
        expires: Option<String>,
        /// Accept it from this network alone; may be given more than once
        #[arg(long, value_name = "CIDR")]
        network: Vec<String>,
    },
    /// Replace an app password by a new one that opens the same
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
