//! What the log hears beside the reason of a refusal.

/// What the log hears of a question without an answer: an ssh that has no terminal answers so, and a mail program without a
/// password. It guesses nothing, and nothing is counted.
pub const EMPTY_ANSWER: &str = "an empty answer";

/// What the log hears of an answer that can be no password, such as one with a tab that was pasted. It is not looked at, and
/// guesses nothing.
pub const NOT_A_PASSWORD: &str = "not a password: empty, over 512 bytes, or with control characters";

/// What the log hears of a service that is neither predefined nor configured.
pub(crate) const UNCONFIGURED: &str =
    "the service is not configured: add it to postern.toml, or take pam_postern.so out of its stack";

/// What the log hears of a program where a person should be.
pub(crate) const ECHOED: &str = "every question is answered alike";
