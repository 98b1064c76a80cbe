//! What a flow needs of the person whom it talks to. A PAM prompt, a terminal and a web page are all one to it.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

/// A person who can be asked and told.
///
/// Text is in the person's language and holds no control characters; a line is one call.
#[async_trait]
pub trait Conversation: Send + Sync {
    /// Puts a question and waits for the answer, as long as the front door's own deadline allows.
    ///
    /// # Errors
    /// [`Gone`] where there will be none.
    async fn ask(&mut self, echo: Echo, question: &str) -> Result<Answer, Gone>;

    /// Shows a line.
    ///
    /// # Errors
    /// [`Gone`] where nobody sees it.
    async fn tell(&mut self, tone: Tone, line: &str) -> Result<(), Gone>;

    /// Gives a script what the lines give to a person.
    ///
    /// # Errors
    /// [`Gone`] where nobody takes it.
    async fn record(&mut self, name: &str, value: Map<String, Value>) -> Result<(), Gone>;

    /// Says that the next line or question may take this long.
    ///
    /// # Errors
    /// [`Gone`] where nobody waits.
    async fn wait(&mut self, longest: Duration) -> Result<(), Gone>;

    /// Comes back when nobody is there any more, as far as that can be told while nothing is asked. To be called after
    /// [`Conversation::wait`], and may be given up.
    async fn gone(&mut self) -> Gone {
        std::future::pending().await
    }
}

/// Whether an answer is shown while it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Echo {
    /// For passwords.
    Off,
    /// For codes, choices and everything else.
    On,
}

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// For information.
    Info,
    /// Something is wrong.
    Error,
}

/// What somebody typed: wiped when dropped, never shown.
pub struct Answer(Zeroizing<String>);

impl Answer {
    /// Takes ownership of `text`.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text as it was typed.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answer")
    }
}

/// Nobody answers any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gone {
    /// The person gave up, or there is none behind the front door.
    Cancelled,
    /// The front door is closed.
    Closed,
}
