//! Who gets a code.

use crate::account::Account;
use crate::courier::Destination;
use crate::factor::FactorId;

/// The recipient of a code.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Recipient<'a> {
    pub(crate) account: &'a Account,
    /// The factor, or what is about to become it.
    pub(crate) factor: FactorId,
    pub(crate) to: Destination<'a>,
    pub(crate) binding: Binding,
}

impl Recipient<'_> {
    /// The address as the person may see it. Who sets it up has typed it a moment ago, and finds a slip in it only if they see all of it;
    /// a login may be somebody else's.
    pub(crate) fn shown(&self) -> String {
        match self.binding {
            Binding::New => self.to.in_full(),
            Binding::Bound => self.to.masked(),
        }
    }
}

/// Whether an address or a number is the account's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Binding {
    /// It is.
    Bound,
    /// Its owner says that it will be.
    New,
}
