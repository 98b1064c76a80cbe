use std::fmt;

/// A value that is filled into a phrase.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Argument<'a> {
    /// A name, an address, a code. It may be a secret.
    Text(&'a str),
    /// A count, or a span of time.
    Number(u64),
}

impl<'a> From<&'a str> for Argument<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Argument<'_> {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

// A seed, an app password and a recovery code are arguments as well.
impl fmt::Debug for Argument<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Argument")
    }
}
