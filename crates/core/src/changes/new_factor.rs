//! Factors on their way to an account.

use crate::app_password::Label;
use crate::factor::{FactorId, FactorKind};

/// A factor on its way to an account. Its secrets are sealed for its id.
#[derive(Debug)]
pub struct NewFactor {
    /// The id, which is drawn for it alone.
    pub id: FactorId,
    /// The name that its owner knows it by.
    pub label: Label,
    /// The kind, with the data to be stored.
    pub kind: FactorKind,
}
