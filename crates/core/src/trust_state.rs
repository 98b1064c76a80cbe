//! What the trust in a device and a session rest on: if it changes, they end.

use crate::account::Account;

/// The state of an account that a record of trust is made for: part of its MAC. A change of factors or of the main password, and a
/// later revocation ([`crate::policy::AccountPolicy::trust_generation`]), each make another state.
#[derive(Debug)]
pub(crate) struct TrustState<'a> {
    generation: [u8; 8],
    password_marker: &'a str,
    factors: Vec<[u8; 16]>,
}

impl<'a> TrustState<'a> {
    pub(crate) fn of(account: &'a Account) -> Self {
        // A directory returns them in any order.
        let mut factors: Vec<_> = account.data.factors.iter().map(|factor| factor.id.bytes()).collect();
        factors.sort_unstable();
        Self {
            generation: account.data.policy.trust_generation.to_be_bytes(),
            password_marker: &account.password_marker,
            factors,
        }
    }

    /// Parts of a MAC.
    pub(crate) fn parts(&self) -> [&[u8]; 3] {
        [&self.generation, self.password_marker.as_bytes(), self.factors.as_flattened()]
    }
}
