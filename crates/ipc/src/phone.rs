use crate::Flow;

/// What the page for phones asks posternd for. Each flow takes its [`arguments`](Self::arguments), each once and no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhoneFlow {
    /// Hand in the key of a phone that is about to be bound.
    Bind,
    /// List the challenges that wait for an answer.
    Pending,
    /// Answer a challenge.
    Answer,
    /// Set how the phone is told of challenges.
    Push,
}

impl PhoneFlow {
    /// The names of the arguments.
    #[must_use]
    pub fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Bind => &["account", "challenge", "key", "name", "proof"],
            Self::Pending => &["account", "factor", "time", "signature"],
            Self::Answer => &["account", "factor", "time", "challenge", "choice", "number", "signature"],
            Self::Push => &["account", "factor", "time", "ring", "endpoint", "p256dh", "auth", "signature"],
        }
    }
}

impl From<PhoneFlow> for Flow {
    fn from(flow: PhoneFlow) -> Self {
        match flow {
            PhoneFlow::Bind => Self::PhoneBind,
            PhoneFlow::Pending => Self::PhonePending,
            PhoneFlow::Answer => Self::PhoneAnswer,
            PhoneFlow::Push => Self::PhoneRing,
        }
    }
}
