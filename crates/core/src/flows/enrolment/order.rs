//! The requested factor: its kind, address and label, as far as they were given.

use crate::account::Account;
use crate::app_password::Label;
use crate::exchange::localized_conversation::preferred;
use crate::factor::{FactorId, FactorType};
use crate::policy::Ticket;
use crate::words::{Language, Phrase};

/// A requested factor, as far as it was specified.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    pub(crate) kind: Option<FactorType>,
    pub(crate) label: Option<Label>,
    /// The address or number that codes are sent to.
    pub(crate) to: Option<String>,
    /// Whether it was typed in this conversation, so that the person can be asked for another one.
    pub(crate) is_to_typed: bool,
    /// Whether an admin says that the address or number is right: no code is sent.
    pub(crate) is_unproved: bool,
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
    /// Its kind.
    pub kind: FactorType,
    /// Whether it is the account's first.
    pub is_first: bool,
}

/// The default label of a new factor: the kind, followed by the first free number if the account already has that label. It is in
/// the account's own language, or else in `language`.
#[must_use]
pub fn default_label(account: &Account, kind: FactorType, language: Language) -> Label {
    let name = preferred(account).unwrap_or(language).say(&Phrase::KindName { kind: kind.name() });
    let is_free = |label: &Label| account.data.factors.iter().all(|factor| factor.label != *label);
    let numbered = (2..).map(|number: u32| format!("{name} {number}"));
    let labels = std::iter::once(name.clone()).chain(numbered);
    // Words, a space and a number.
    labels.filter_map(|text| Label::new(&text).ok()).find(is_free).unwrap_or_default()
}
