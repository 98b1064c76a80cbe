//! The requested factor: its kind, address and label, as far as they were given.

use crate::account::Account;
use crate::app_password::Label;
use crate::courier::Channel;
use crate::engine::Engine;
use crate::factor::FactorId;
use crate::policy::Ticket;
use crate::words::Phrase;

/// A requested factor, as far as it was specified.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    pub(crate) kind: Option<WantedKind>,
    pub(crate) label: Option<Label>,
    /// The address or number that codes are sent to.
    pub(crate) to: Option<String>,
    /// Whether an admin says that the address or number is right: no code is sent.
    pub(crate) is_unproved: bool,
}

/// A kind of factor that can be bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WantedKind {
    /// An app that shows codes.
    Totp,
    /// A phone that approves logins.
    Phone,
    /// A mailbox that codes are sent to.
    Email,
    /// A telephone that codes are sent to.
    Sms,
}

impl WantedKind {
    /// In the order in which they are offered: the safest first.
    pub(super) const ALL: [Self; 4] = [Self::Totp, Self::Phone, Self::Email, Self::Sms];

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == text)
    }

    /// The name of factors of this kind.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::Phone => "phone",
            Self::Email => "email",
            Self::Sms => "sms",
        }
    }

    /// Whether the site has what it needs.
    pub(super) fn is_to_be_had(self, engine: &Engine) -> bool {
        match self {
            Self::Totp => true,
            Self::Phone => engine.courier.page().is_some(),
            Self::Email => engine.courier.carries(Channel::Email),
            Self::Sms => engine.courier.carries(Channel::Sms),
        }
    }

    /// The phrase that offers it as a choice.
    pub(super) fn description(self) -> Phrase<'static> {
        match self {
            Self::Totp => Phrase::KindTotp {},
            Self::Phone => Phrase::KindPhone {},
            Self::Email => Phrase::KindEmail {},
            Self::Sms => Phrase::KindSms {},
        }
    }
}

/// Where a new factor belongs.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Place {
    /// In the place of this one.
    pub(crate) replaces: Option<FactorId>,
    /// Where this ticket still is the account's.
    pub(crate) ticket: Option<Ticket>,
}

/// A factor that was bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// Which one it is.
    pub id: FactorId,
    /// The name that its owner knows it by.
    pub label: Label,
    /// The kind's name.
    pub kind: &'static str,
    /// Whether it is the account's first.
    pub is_first: bool,
}

/// The default label of a new factor: `name`, followed by the first free number if the account already has that label.
#[must_use]
pub fn default_label(account: &Account, name: &str) -> Label {
    let is_free = |label: &Label| account.data.factors.iter().all(|factor| factor.label != *label);
    let numbered = (2..).map(|number: u32| format!("{name} {number}"));
    let labels = std::iter::once(name.to_owned()).chain(numbered);
    // Letters, a space and a number.
    labels.filter_map(|text| Label::new(&text).ok()).find(is_free).unwrap_or_default()
}

/// The number of answers that a user may try.
pub(crate) const MOST_TRIES: u32 = 5;
