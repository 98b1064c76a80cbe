use clap::{ArgGroup, Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum EmailCommand {
    /// Send a code to a user's backup address, and bind it once the code is typed here
    ///
    /// For a user who is present, or on the telephone. Needs [courier.email]. The mailbox of the account itself is refused: an
    /// attacker who opens it with the main password would have both factors.
    Enrol {
        /// The account's name or one of its addresses
        name: String,
        /// The backup address
        address: String,
        #[command(flatten)]
        options: SentOptions,
    },
    /// List an account's e-mail factors, with their last use
    List {
        /// The account's name or one of its addresses
        name: String,
    },
    /// Unbind an e-mail factor; with the last factor of all the account is no longer enrolled
    Remove(RemoveOne),
}

#[derive(Debug, Subcommand)]
pub(crate) enum SmsCommand {
    /// Send a code to a user's telephone, and bind its number once the code is typed here
    ///
    /// For a user who is present, or on the telephone. Needs [courier.sms]. A number can be bound to one account only.
    Enrol {
        /// The account's name or one of its addresses
        name: String,
        /// The number with its country code, such as +442079460123
        number: String,
        #[command(flatten)]
        options: SentOptions,
    },
    /// List an account's telephone numbers, with their last use
    List {
        /// The account's name or one of its addresses
        name: String,
    },
    /// Unbind a telephone number; with the last factor of all the account is no longer enrolled
    Remove(RemoveOne),
}

#[derive(Debug, Subcommand)]
pub(crate) enum PhoneCommand {
    /// Show a QR code for the phone of a user who is present, and bind the phone once both show the same digits
    ///
    /// Needs [web], whose page the phone opens.
    Enrol {
        /// The account's name or one of its addresses
        name: String,
        /// A name for its owner; by default the name that the phone reports
        #[arg(long)]
        label: Option<String>,
        /// Replace this factor, in one step
        #[arg(long, value_name = "ID")]
        replace: Option<String>,
    },
    /// List an account's phones, with their last use
    List {
        /// The account's name or one of its addresses
        name: String,
    },
    /// Unbind a phone; with the last factor of all the account is no longer enrolled
    Remove(RemoveOne),
}

/// Options for a factor to which codes are sent.
#[derive(Debug, Args)]
pub(crate) struct SentOptions {
    /// A name for its owner; by default the kind's name, with a number from the second one on
    #[arg(long)]
    pub(crate) label: Option<String>,
    /// Replace this factor, in one step
    #[arg(long, value_name = "ID")]
    pub(crate) replace: Option<String>,
    /// Bind it at once, without a code, and so without a proof that it is the user's
    #[arg(long)]
    pub(crate) unproved: bool,
}

/// A factor of a kind.
#[derive(Debug, Args)]
pub(crate) struct RemoveOne {
    /// The account's name or one of its addresses
    pub(crate) name: String,
    /// Its id, as listed; required if there are several of this kind
    pub(crate) id: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ChallengeCommand {
    /// List the logins and enrolments that wait for a code or a phone, for one account or for all
    List {
        /// The account's name or one of its addresses
        name: Option<String>,
    },
    /// Refuse a login or an enrolment that waits: its code and a later approval become worthless
    #[command(group = ArgGroup::new("which").required(true))]
    Deny {
        /// The account's name or one of its addresses
        name: String,
        /// Its id, as listed; four characters of its beginning are enough
        #[arg(group = "which")]
        id: Option<String>,
        /// Refuse all of them
        #[arg(long, group = "which")]
        all: bool,
    },
}
