use clap::{ArgGroup, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum FactorCommand {
    /// List an account's second factors, with their last use
    List {
        /// The account's name or one of its addresses
        name: String,
    },
    /// Unbind a second factor; with the last one the account is no longer enrolled
    #[command(group = ArgGroup::new("which").required(true))]
    Remove {
        /// The account's name or one of its addresses
        name: String,
        /// Its id, as listed; four characters of its beginning are enough
        #[arg(group = "which")]
        id: Option<String>,
        /// Unbind all of them
        #[arg(long, group = "which")]
        all: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum RecoveryCommand {
    /// Make recovery codes in the place of all earlier ones and show them, this once
    Create {
        /// The account's name or one of its addresses
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum DeviceCommand {
    /// List the devices that an account trusts
    List {
        /// The account's name or one of its addresses
        name: String,
    },
    /// Revoke a trusted device; from the next login on it is asked for a code
    #[command(group = ArgGroup::new("which").required(true))]
    Revoke {
        /// The account's name or one of its addresses
        name: String,
        /// Its id, as listed; four characters of its beginning are enough
        #[arg(group = "which")]
        id: Option<String>,
        /// Revoke all of them
        #[arg(long, group = "which")]
        all: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// List the keys of the keyring
    List {
        /// Count what is sealed with each, which reads all accounts
        #[arg(long)]
        count: bool,
    },
    /// Put a new key in front of the keyring, and seal the seeds of all accounts with it
    ///
    /// The older keys stay in the file, for what was made under them. posternd notices the new file by itself.
    ///
    /// Where accounts are in LDAP other hosts may share them, and nothing is sealed anew before it is asked for: give every
    /// other host the new file first, then run: postern key reseal
    #[command(group = ArgGroup::new("when"))]
    Rotate {
        /// Seal all seeds with the new key, where other hosts may share the accounts, too: there is none, or all wait
        #[arg(long, group = "when")]
        reseal: bool,
        /// Do not seal anything anew yet
        #[arg(long, group = "when")]
        no_reseal: bool,
    },
    /// Seal the seeds of all accounts with the current key; what is already is left as it is
    Reseal {
        /// Change nothing, and name the accounts that something would be sealed anew of
        #[arg(long)]
        dry_run: bool,
    },
    /// Take an older key out of the keyring, such as one that leaked
    ///
    /// Refused while something is sealed with it, or may be until the conversations of before are over; and while a trusted
    /// device, a ticket or a login under way may need it, unless told otherwise. posternd notices the new file by itself; other
    /// hosts need it, too.
    Drop {
        /// Its number, as postern key list has it
        id: u32,
        /// Though devices were trusted and tickets made under it: they are worth nothing then, and are asked for again
        #[arg(long)]
        at_once: bool,
    },
}
