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

/// Whether an address or a number is the account's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Binding {
    /// It is.
    Bound,
    /// Its owner says that it will be.
    New,
}
