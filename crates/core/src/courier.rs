//! Couriers: delivery of messages to users by e-mail, SMS and push notification.

use std::fmt;

use async_trait::async_trait;

use crate::clock::Timestamp;
use crate::deed::DeedText;
use crate::factor::{EmailAddress, PhoneNumber, Subscription};
use crate::sms_rules::SmsRules;
use crate::words::Language;

/// Sends messages. Each call tries once, and ends within [`LONGEST_DELIVERY`].
#[async_trait]
pub trait Courier: Send + Sync + fmt::Debug {
    /// Whether this channel is configured.
    fn carries(&self, channel: Channel) -> bool;

    /// Whether changes of an account are mailed to its owner.
    fn tells_of_changes(&self) -> bool;

    /// The public key that a browser needs to subscribe to Web Push: an uncompressed P-256 point in base64url (RFC 8292,
    /// section 3.2). `None` without [`Channel::WebPush`].
    fn push_key(&self) -> Option<String>;

    /// The URL to which a phone subscribes for an ntfy topic. `None` without [`Channel::Ntfy`].
    fn ntfy_address(&self, topic: &str) -> Option<String>;

    /// Whether a browser's subscription is with a permitted push service. Otherwise any user could have requests sent to any
    /// address.
    fn may_push_to(&self, subscription: &Subscription) -> bool;

    /// The permitted telephone numbers and the budgets. `None` without [`Channel::Sms`].
    fn sms_rules(&self) -> Option<&SmsRules>;

    /// The URL of the phone page, ending in a slash. `None` if there is none.
    fn page(&self) -> Option<&str>;

    /// Sends one message.
    ///
    /// # Errors
    /// [`CourierError`] says whether the message was refused, may have been sent, or was not sent because of an outage. A
    /// message that was accepted but never arrives is not an error.
    async fn send(
        &self,
        to: &Destination<'_>,
        language: Language,
        message: &Message<'_>,
    ) -> Result<(), CourierError>;
}

/// A courier without any channel.
#[derive(Debug, Clone, Copy)]
pub struct NoCourier;

#[async_trait]
impl Courier for NoCourier {
    fn carries(&self, _: Channel) -> bool {
        false
    }

    fn tells_of_changes(&self) -> bool {
        false
    }

    fn push_key(&self) -> Option<String> {
        None
    }

    fn ntfy_address(&self, _: &str) -> Option<String> {
        None
    }

    fn may_push_to(&self, _: &Subscription) -> bool {
        false
    }

    fn sms_rules(&self) -> Option<&SmsRules> {
        None
    }

    fn page(&self) -> Option<&str> {
        None
    }

    async fn send(&self, to: &Destination<'_>, _: Language, _: &Message<'_>) -> Result<(), CourierError> {
        Err(CourierError::Refused(format!("there is no courier for {:?}", to.channel())))
    }
}

/// A way to deliver messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// By SMTP (RFC 5321).
    Email,
    /// By a gateway or a command.
    Sms,
    /// By the push service of a browser (RFC 8030).
    WebPush,
    /// By an ntfy server.
    Ntfy,
}

/// The destination of a message.
#[derive(Debug, Clone, Copy)]
pub enum Destination<'a> {
    /// A mailbox.
    Email(&'a EmailAddress),
    /// A telephone.
    Sms(&'a PhoneNumber),
    /// A browser.
    WebPush(&'a Subscription),
    /// A topic of the site's ntfy server.
    Ntfy(&'a str),
}

impl Destination<'_> {
    /// The channel that reaches it.
    #[must_use]
    pub fn channel(&self) -> Channel {
        match self {
            Self::Email(_) => Channel::Email,
            Self::Sms(_) => Channel::Sms,
            Self::WebPush(_) => Channel::WebPush,
            Self::Ntfy(_) => Channel::Ntfy,
        }
    }

    /// The whole address. Only for the person who has just typed it.
    pub(crate) fn in_full(self) -> String {
        match self {
            Self::Email(address) => address.as_str().to_owned(),
            Self::Sms(number) => number.as_str().to_owned(),
            Self::WebPush(_) | Self::Ntfy(_) => String::new(),
        }
    }

    /// Enough of an address for its owner.
    pub(crate) fn masked(self) -> String {
        match self {
            Self::Email(address) => address.masked(),
            Self::Sms(number) => number.masked(),
            Self::WebPush(_) | Self::Ntfy(_) => String::new(),
        }
    }
}

/// The content of a message. Each value is inserted as plain text, without a meaning to headers, templates or a shell.
#[derive(Clone, Copy)]
pub enum Message<'a> {
    /// A code that opens a login or proves an address; by e-mail or SMS.
    Code {
        /// The code.
        code: &'a str,
        /// How long it is valid.
        minutes: u64,
        /// The account's name.
        account: &'a str,
        /// What it is for.
        deed: &'a DeedText,
    },
    /// A login waits for a phone; by Web Push or ntfy.
    Push {
        /// The account's name.
        account: &'a str,
        /// What is to be approved.
        deed: &'a DeedText,
        /// The suffix of [`Courier::page`] in the URL to open: `#c.…`.
        fragment: &'a str,
        /// How long the login waits, in seconds.
        seconds: u64,
    },
    /// An account was changed; by e-mail.
    Changed {
        /// The account's name.
        account: &'a str,
        /// The change, as a line in the language of the message.
        what: &'a str,
        /// What the owner has to do now, in the same language.
        next: Option<&'a str>,
        /// The time.
        at: Timestamp,
        /// Who made it, unless it was the owner: `an administrator`, in the language of the message.
        by: Option<&'a str>,
    },
    /// The budget for text messages is nearly or completely used up; by e-mail, to the admin.
    SmsBudget {
        /// The budget and the consequence, in the language of the message.
        what: &'a str,
        /// The time.
        at: Timestamp,
    },
    /// A fraud report: another person knows the main password; by e-mail.
    Disowned {
        /// The account's name.
        account: &'a str,
        /// What was attempted.
        deed: &'a DeedText,
        /// The time.
        at: Timestamp,
    },
}

impl fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Code { .. } => "Code",
            Self::Push { .. } => "Push",
            Self::Changed { .. } => "Changed",
            Self::Disowned { .. } => "Disowned",
            Self::SmsBudget { .. } => "SmsBudget",
        })
    }
}

/// Why a message was not sent. The texts contain neither the code nor a token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CourierError {
    /// The push subscription has ended for good (RFC 8030, section 7.3).
    #[error("the subscription is over")]
    Gone,
    /// The server refused this destination or this message.
    #[error("it was refused: {0}")]
    Refused(String),
    /// The message may be on its way: the server did not answer in time.
    #[error("it may have been sent: {0}")]
    Unsure(String),
    /// The server is out of order, and nothing was sent. Never caused by the message or its destination: this error alone does
    /// not count against the user who asked for the message.
    #[error("the courier is out of order: {0}")]
    Down(String),
}

/// How long a delivery may take. After that, the user is offered another factor.
pub const LONGEST_DELIVERY: std::time::Duration = std::time::Duration::from_secs(4);
