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
    /// Make recovery codes that replace all earlier ones, and show them once
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
    /// Revoke a trusted device; its next login is asked for a code
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
pub(crate) enum SessionCommand {
    /// List the browsers with which the owner of an account is signed in
    List {
        /// The account's name or one of its addresses
        name: String,
    },
    /// Sign browsers out
    ///
    /// With --all and no name it ends the sessions of all accounts, and the trust in all browsers, as after a break-in at the web
    /// server.
    #[command(group = ArgGroup::new("which").required(true))]
    End {
        /// The account's name or one of its addresses
        name: Option<String>,
        /// The id of one session, as listed; four characters of its beginning are enough
        #[arg(group = "which", requires = "name")]
        id: Option<String>,
        /// End all of them
        #[arg(long, group = "which")]
        all: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// List the keys of the keyring
    List {
        /// Count the secrets that are sealed with each key, which reads all accounts
        #[arg(long)]
        count: bool,
    },
    /// Put a new key in front of the keyring, and seal the seeds of all accounts with it
    ///
    /// The older keys stay in the file, for records that were made with them. posternd notices the new file by itself.
    ///
    /// With accounts in LDAP, other hosts may share them. Nothing is then sealed anew by default: copy the new file to every other
    /// host first, then run: postern key reseal
    #[command(group = ArgGroup::new("when"))]
    Rotate {
        /// Seal all seeds with the new key, even if other hosts may share the accounts: there are none, or all of them wait
        #[arg(long, group = "when")]
        reseal: bool,
        /// Seal nothing anew yet
        #[arg(long, group = "when")]
        no_reseal: bool,
    },
    /// Seal the seeds of all accounts with the current key, unless they are already
    Reseal {
        /// Change nothing, and name the accounts whose secrets would be sealed anew
        #[arg(long)]
        dry_run: bool,
    },
    /// Remove an older key from the keyring, such as one that leaked
    ///
    /// Refused while a secret is sealed with it, or while an older conversation may still seal one. Also refused while a trusted
    /// device, a ticket or an open login may need it, unless an option says otherwise. posternd notices the new file by itself;
    /// other hosts need it, too.
    Drop {
        /// Its number, as shown by postern key list
        id: u32,
        /// Even if trusted devices and tickets need it: they become worthless, and have to be made again
        #[arg(long)]
        at_once: bool,
    },
}
