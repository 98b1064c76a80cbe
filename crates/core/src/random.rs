//! Random bytes of the operating system.

use crate::ledger::Token;

/// The operating system gives no random bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gives no random bytes")]
pub struct RandomnessGone;

/// 128 random bits.
pub(super) fn draw_token(
    random: fn(&mut [u8]) -> Result<(), RandomnessGone>,
) -> Result<Token, RandomnessGone> {
    let mut token = Token::default();
    random(&mut token)?;
    Ok(token)
}
