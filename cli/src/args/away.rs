use clap::{ArgGroup, Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum EmailCommand {
    /// Send a code to a backup address of somebody, and bind it once the code is typed here
    ///
    /// For a person whom you have at hand, or on the telephone. It needs [courier.email]. The mailbox of the account itself is
    /// refused: whoever gets into that with the main password would have both.
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
    /// Send a code to a telephone of somebody, and bind its number once the code is typed here
    ///
    /// For a person whom you have at hand, or on the telephone. It needs [courier.sms]. One number is bound to one account.
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
    /// Show a QR code for the phone of somebody whom you have at hand, and bind the phone once both show the same digits
    ///
    /// It needs [web], whose page the phone opens.
    Enrol {
        /// The account's name or one of its addresses
        name: String,
        /// What its owner knows it by; without one what the phone calls itself
        #[arg(long)]
        label: Option<String>,
        /// Bind it in the place of this factor, in one step
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

/// What else may be said of a factor that codes are sent to.
#[derive(Debug, Args)]
pub(crate) struct SentOptions {
    /// What its owner knows it by; without one the kind's name, with a number from the second on
    #[arg(long)]
    pub(crate) label: Option<String>,
    /// Bind it in the place of this factor, in one step
    #[arg(long, value_name = "ID")]
    pub(crate) replace: Option<String>,
    /// Bind it at once, without a code: nobody proves then that it is the person's
    #[arg(long)]
    pub(crate) unproved: bool,
}

/// Which factor of a kind.
#[derive(Debug, Args)]
pub(crate) struct RemoveOne {
    /// The account's name or one of its addresses
    pub(crate) name: String,
    /// Its id, as listed; needed where there are several of this kind
    pub(crate) id: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ChallengeCommand {
    /// List the logins and enrolments that wait for a code or a phone, of one account or of all
    List {
        /// The account's name or one of its addresses
        name: Option<String>,
    },
    /// Refuse what waits for an answer: no code and no approval of it is worth anything any more
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
