//! What carries words to people away from the prompt: e-mail, SMS, and what rings a phone.

use std::fmt;

use async_trait::async_trait;

use crate::clock::Timestamp;
use crate::factor::{EmailAddress, PhoneNumber, Subscription};
use crate::sms_rules::SmsRules;
use crate::words::Language;

/// Sends messages. Every call ends within [`LONGEST_DELIVERY`], and tries once.
#[async_trait]
pub trait Courier: Send + Sync + fmt::Debug {
    /// Whether there is a way to send by this channel.
    fn carries(&self, channel: Channel) -> bool;

    /// Whether changes of an account are to be mailed to it.
    fn tells_of_changes(&self) -> bool;

    /// The public key that a browser needs to subscribe to Web Push: an uncompressed point of P-256 in base64url (RFC 8292,
    /// section 3.2). `None` without [`Channel::WebPush`].
    fn push_key(&self) -> Option<String>;

    /// The address that a phone listens at for a topic of ntfy. `None` without [`Channel::Ntfy`].
    fn ntfy_address(&self, topic: &str) -> Option<String>;

    /// Whether a browser's subscription is with a push service that this site sends to: anybody with an account could have
    /// requests sent to any address otherwise.
    fn may_push_to(&self, subscription: &Subscription) -> bool;

    /// Which telephone numbers are sent to, and how much. `None` without [`Channel::Sms`].
    fn sms_rules(&self) -> Option<&SmsRules>;

    /// The address of the page for phones, ending in a slash. `None` where there is none.
    fn page(&self) -> Option<&str>;

    /// Sends one message.
    ///
    /// # Errors
    /// As the type says. Nothing is known of a message that was accepted and never arrives.
    async fn send(
        &self,
        to: &Destination<'_>,
        language: Language,
        message: &Message<'_>,
    ) -> Result<(), CourierError>;
}

/// Carries nothing.
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

/// A kind of courier.
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

/// Where a message goes.
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
    /// The way there.
    #[must_use]
    pub fn channel(&self) -> Channel {
        match self {
            Self::Email(_) => Channel::Email,
            Self::Sms(_) => Channel::Sms,
            Self::WebPush(_) => Channel::WebPush,
            Self::Ntfy(_) => Channel::Ntfy,
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

/// What is said. Each text is put in as it is: it means nothing to a header, a template or a shell.
#[derive(Clone, Copy)]
pub enum Message<'a> {
    /// A code that opens a login or proves an address; by e-mail or SMS.
    Code {
        /// The code.
        code: &'a str,
        /// How long it is good.
        minutes: u64,
        /// Whose.
        account: &'a str,
        /// For what.
        service: &'a str,
        /// Where the person is who wants in, where it is known.
        rhost: Option<&'a str>,
    },
    /// A login waits for a phone: to Web Push or ntfy.
    Ring {
        /// Whose.
        account: &'a str,
        /// For what.
        service: &'a str,
        /// Where the person is who wants in, where it is known.
        rhost: Option<&'a str>,
        /// What follows [`Courier::page`] in the address of the page to open: `#c.…`.
        fragment: &'a str,
        /// Seconds after which nobody waits any more.
        seconds: u64,
    },
    /// Something of an account was changed; by e-mail.
    Changed {
        /// Whose.
        account: &'a str,
        /// What, as a line in the language of the message.
        what: &'a str,
        /// When.
        at: Timestamp,
        /// By whom, where it was not the person: `an administrator`. In the language of the message.
        by: Option<&'a str>,
    },
    /// The budget for text messages is nearly or wholly used up; by e-mail, to the admin.
    SmsBudget {
        /// Which one, and what follows, in the language of the message.
        what: &'a str,
        /// When.
        at: Timestamp,
    },
    /// Somebody knows the main password, and it is not the person whose it is; by e-mail.
    Disowned {
        /// Whose.
        account: &'a str,
        /// Where they wanted in.
        service: &'a str,
        /// From where, if that is known.
        rhost: Option<&'a str>,
        /// When.
        at: Timestamp,
    },
}

impl fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Code { .. } => "Code",
            Self::Ring { .. } => "Ring",
            Self::Changed { .. } => "Changed",
            Self::Disowned { .. } => "Disowned",
            Self::SmsBudget { .. } => "SmsBudget",
        })
    }
}

/// Why a message was not sent. The texts name neither the code nor a token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CourierError {
    /// Nobody listens there any more, and nobody ever will (RFC 8030, section 7.3).
    #[error("the subscription is over")]
    Gone,
    /// What carries it will not carry this one: the destination, or the message.
    #[error("it was refused: {0}")]
    Refused(String),
    /// Nobody knows whether it is on its way: what carries it did not answer in time.
    #[error("it may have been sent: {0}")]
    Unsure(String),
    /// What carries it is out of order, and nothing was sent. Never for a reason that lies in the message or its
    /// destination: this alone does not count against whoever asked for the message.
    #[error("the courier is out of order: {0}")]
    Down(String),
}

/// How long a delivery may take; then the person is offered another way.
pub const LONGEST_DELIVERY: std::time::Duration = std::time::Duration::from_secs(4);
