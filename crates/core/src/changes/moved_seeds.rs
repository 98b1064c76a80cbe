//! Replay protection for seeds whose codes were accepted elsewhere until now.

use crate::account::AccountId;
use crate::factor::{FactorId, Totp};
use crate::ledger::{LedgerError, Spend, Spent, Token};
use crate::random::draw_token;

use super::authority::Authority;
use super::error::ChangeError;

/// Spends the codes of a seed up to that of the next time step, so that none that another system or store accepted is
/// accepted here again. Its owner waits for the code after the next one. To be called before the factor is bound: then no code
/// can be used in between.
///
/// # Errors
/// The ledger does not answer, or its clock and this host's differ too much: the factor must not be bound.
pub async fn spend_earlier_codes(
    authority: &Authority,
    account: &AccountId,
    factor: FactorId,
    totp: &Totp,
) -> Result<(), ChangeError> {
    let at = authority.clock.now();
    let shape = totp.shape;
    let token: Token = draw_token(authority.random)?;
    // Codes are accepted one step early (RFC 6238, section 5.2).
    let step = shape.step(at).saturating_add(1);
    let period = shape.period.seconds();
    let spend = Spend { account, factor, step, period, is_first: false, at, token };
    match authority.ledger.spend(&spend).await? {
        // A ledger that does not know what was spent takes no code of that time either.
        Spent::Now | Spent::Replayed | Spent::Unknown { .. } => Ok(()),
        Spent::WrongClock { ahead } => Err(LedgerError::Down(format!(
            "the clock of this host is {ahead} s ahead of the ledger's, which takes no code; set the clocks right"
        ))
        .into()),
    }
}
