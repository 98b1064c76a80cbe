//! The person that a flow talks to, by prompts that are data. A flow works alike with a PAM prompt, a terminal and a web page.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::account::AccountId;
use crate::words::{Argument, Language, Phrase};

/// A person who can be asked and told.
#[async_trait]
pub trait Conversation: Send + Sync {
    /// Puts a question and waits for the answer, as long as the front door's own deadline allows.
    ///
    /// # Errors
    /// [`Gone`] where there will be none.
    async fn ask(&mut self, echo: Echo, prompt: &Prompt<'_>) -> Result<Answer, Gone>;

    /// Shows a prompt that asks for nothing.
    ///
    /// # Errors
    /// [`Gone`] if the user is gone.
    async fn tell(&mut self, tone: Tone, prompt: &Prompt<'_>) -> Result<(), Gone>;

    /// Sends a record: the content of the messages, for scripts.
    ///
    /// # Errors
    /// [`Gone`] if the peer is gone.
    async fn record(&mut self, name: &str, value: Map<String, Value>) -> Result<(), Gone>;

    /// Says that the next line or question may take this long.
    ///
    /// # Errors
    /// [`Gone`] if the peer no longer waits.
    async fn wait(&mut self, longest: Duration) -> Result<(), Gone>;

    /// The person has shown that they have to do with this account, by its main password or a session. While they are waited for they
    /// take one of its places, where these are few.
    fn is_of(&mut self, account: &AccountId) {
        let _ = account;
    }

    /// Returns when the peer is gone, as far as that can be detected while nothing is asked. Call it after [`Conversation::wait`]. The
    /// future may be dropped.
    async fn gone(&mut self) -> Gone {
        std::future::pending().await
    }
}

/// What a person is asked or told: a phrase of the catalogue with its arguments, and one rendering of it.
///
/// An argument may be a secret, such as a new app password: `Debug` prints the id only, and the text is wiped.
pub struct Prompt<'a> {
    id: &'static str,
    arguments: Vec<(&'static str, Argument<'a>)>,
    choices: &'a [Choice],
    text: Zeroizing<String>,
}

impl<'a> Prompt<'a> {
    /// The phrase, rendered in `language`.
    #[must_use]
    pub fn new(phrase: &Phrase<'a>, language: Language) -> Self {
        let text = Zeroizing::new(language.say(phrase));
        Self { id: phrase.id(), arguments: phrase.arguments(), choices: &[], text }
    }

    /// A text that was rendered before, with the id of its phrase.
    #[must_use]
    pub fn rendered(id: &'static str, text: Zeroizing<String>) -> Self {
        Self { id, arguments: Vec::new(), choices: &[], text }
    }

    /// A QR code that encodes `content`. `text` is what a terminal shows: the code drawn in characters, or a line that says
    /// why it is not.
    #[must_use]
    pub fn qr(content: &'a str, text: Zeroizing<String>) -> Self {
        Self { id: QR, arguments: vec![("text", Argument::Text(content))], choices: &[], text }
    }

    /// The same with another rendering of the phrase, such as one in rows of a terminal.
    #[must_use]
    pub fn with_text(self, text: Zeroizing<String>) -> Self {
        Self { text, ..self }
    }

    /// The same, answered by the id of one of `choices`, or as its phrase says.
    #[must_use]
    pub fn with_choices(self, choices: &'a [Choice]) -> Self {
        Self { choices, ..self }
    }

    /// The message id in the catalogue, or [`QR`].
    #[must_use]
    pub fn id(&self) -> &'static str {
        self.id
    }

    /// The values of the phrase, by name.
    #[must_use]
    pub fn arguments(&self) -> &[(&'static str, Argument<'a>)] {
        &self.arguments
    }

    /// What can be chosen, where the prompt is a choice.
    #[must_use]
    pub fn choices(&self) -> &'a [Choice] {
        self.choices
    }

    /// The rendering in the person's language. Its lines hold no control characters.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for Prompt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Prompt({})", self.id)
    }
}

/// One of the things that a prompt lets a person choose from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The answer that chooses it.
    pub id: String,
    /// What it is: the name of a factor kind, `app_password`, `device` or `challenge`.
    pub kind: &'static str,
    /// Its name, in the person's language.
    pub label: String,
}

/// The id of a QR code, whose argument `text` is what it encodes.
pub const QR: &str = "qr";

/// Whether an answer is shown while it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Echo {
    /// For passwords.
    Off,
    /// For codes, choices and everything else.
    On,
}

/// What a prompt that asks for nothing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// For information.
    Info,
    /// Something is wrong.
    Error,
}

/// A typed answer: wiped when dropped, never shown.
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

/// The conversation has ended without a further answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gone {
    /// The person gave up, or there is none behind the front door.
    Cancelled,
    /// The front door is closed.
    Closed,
}
