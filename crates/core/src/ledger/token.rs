/// 128 random bits that identify one request, so that it may be repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Token([u8; Self::BYTES]);

impl Token {
    /// The length of a token.
    pub const BYTES: usize = 16;

    /// From random bits, or from a stored token.
    #[must_use]
    pub const fn new(random: [u8; Self::BYTES]) -> Self {
        Self(random)
    }

    /// As bytes.
    #[must_use]
    pub const fn bytes(self) -> [u8; Self::BYTES] {
        self.0
    }
}
