//! Random bytes of the operating system.

use crate::ledger::Token;

/// The operating system gives no random bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gives no random bytes")]
pub struct RandomnessGone;

/// Fills a buffer with random bytes.
pub type Random = fn(&mut [u8]) -> Result<(), RandomnessGone>;

/// 128 random bits, such as for an id.
pub(crate) fn draw_bits(random: Random) -> Result<[u8; 16], RandomnessGone> {
    let mut bits = [0; 16];
    random(&mut bits)?;
    Ok(bits)
}

/// A token for a request to the ledger.
pub(super) fn draw_token(random: Random) -> Result<Token, RandomnessGone> {
    draw_bits(random).map(Token::new)
}
