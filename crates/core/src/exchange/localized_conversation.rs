//! A conversation in one language, in phrases of the catalogue.

use std::time::Duration;

use serde_json::{Map, Value};
use zeroize::{Zeroize, Zeroizing};

use crate::account::Account;
use crate::conversation::{Answer, Choice, Conversation, Echo, Gone, Prompt, Tone};
use crate::qr::Screen;
use crate::words::{Language, Phrase};

use super::layout::wrapped;
use super::unread::{LineDelivery, UnreadLine};

/// A person, and the language that they are spoken to in.
pub(crate) struct LocalizedConversation<'a> {
    person: &'a mut dyn Conversation,
    language: Language,
    keeps_language: bool,
    known: Vec<(Known, Zeroizing<String>)>,
    slips_left: u32,
    has_waited: bool,
    is_echoed: bool,
    is_changed: bool,
    screen: Screen,
    delivery: LineDelivery,
    unread: Vec<UnreadLine>,
    gone: Option<Gone>,
}

/// A QR code, and what stands on the screen with it.
pub(crate) struct QrCode<'a> {
    /// What it encodes.
    pub(crate) content: &'a str,
    /// The same in fewer characters, if there is such a form.
    pub(crate) shorter: Option<&'a str>,
    /// The lines above it.
    pub(crate) above: &'a [Phrase<'a>],
    /// The lines below it.
    pub(crate) below: &'a [Phrase<'a>],
    /// What is asked next.
    pub(crate) question: &'a Phrase<'a>,
    /// The line in its place if it does not fit on the screen: what to do instead.
    pub(crate) instead: &'a Phrase<'a>,
}

impl<'a> LocalizedConversation<'a> {
    /// With an unknown user, in the client's language.
    pub(crate) fn new(person: &'a mut dyn Conversation, client: Option<&str>, site: Language) -> Self {
        let language = client.and_then(Language::wanted).unwrap_or(site);
        Self {
            person,
            language,
            keeps_language: false,
            known: Vec::new(),
            slips_left: 0,
            has_waited: false,
            is_echoed: false,
            is_changed: false,
            screen: Screen::default(),
            delivery: LineDelivery::AtOnce,
            unread: Vec::new(),
            gone: None,
        }
    }

    /// The name and, once it was given, the password: what a program that answers every question alike would answer.
    pub(crate) fn knows(&mut self, what: Known, text: &str) {
        self.known.push((what, Zeroizing::new(text.to_owned())));
    }

    /// A person is at a terminal. Where the password is typed at the question for a code, which is a common slip, they are told, and
    /// asked again once. A program would answer the same again.
    pub(crate) fn is_at_terminal(&mut self) {
        self.slips_left = 1;
    }

    /// A page of one language shows the conversation. The page chose the language, and knows that of the account.
    pub(crate) fn is_on_page(&mut self) {
        self.keeps_language = true;
    }

    /// Switches to the account's own language, if it has one. Only after the first factor was proved: without the password the
    /// conversation must not reveal which accounts exist.
    pub(crate) fn speak_to(&mut self, account: &Account) {
        self.person.is_of(&account.id);
        if let Some(language) = preferred(account).filter(|_| !self.keeps_language) {
            self.language = language;
        }
    }

    pub(crate) fn language(&self) -> Language {
        self.language
    }

    pub(crate) async fn ask(&mut self, echo: Echo, question: &Phrase<'_>) -> Result<Answer, Gone> {
        self.put(echo, question, &[]).await
    }

    /// Asks which one of `choices` is meant.
    pub(crate) async fn choose(&mut self, question: &Phrase<'_>, choices: &[Choice]) -> Result<Answer, Gone> {
        self.put(Echo::On, question, choices).await
    }

    async fn put(&mut self, echo: Echo, question: &Phrase<'_>, choices: &[Choice]) -> Result<Answer, Gone> {
        self.is_there()?;
        self.has_waited = true;
        for line in std::mem::take(&mut self.unread) {
            self.show(line.tone, &line.prompt()).await?;
        }
        let prompt = Prompt::new(question, self.language).with_choices(choices);
        let answer = self.person.ask(echo, &prompt).await?;
        if echo == Echo::Off {
            self.knows(Known::Password, answer.expose());
        }
        Ok(answer)
    }

    /// Asks a question that only a user can answer. If the answer is the name, or a password that was given before, a program gives
    /// every question the same answer: there is no user, and nothing is counted.
    pub(crate) async fn ask_for_code(&mut self, question: &Phrase<'_>) -> Result<Answer, Gone> {
        self.ask_for_code_or_choice(question, &[]).await
    }

    /// The same, where one of `choices` is an answer as well.
    pub(crate) async fn ask_for_code_or_choice(
        &mut self,
        question: &Phrase<'_>,
        choices: &[Choice],
    ) -> Result<Answer, Gone> {
        self.ask_unless_known(question, choices, &[Known::Password, Known::Name]).await
    }

    /// The same for an address, which may be the name.
    pub(crate) async fn ask_for_address(&mut self, question: &Phrase<'_>) -> Result<Answer, Gone> {
        self.ask_unless_known(question, &[], &[Known::Password]).await
    }

    async fn ask_unless_known(
        &mut self,
        question: &Phrase<'_>,
        choices: &[Choice],
        refused: &[Known],
    ) -> Result<Answer, Gone> {
        loop {
            let answer = self.choose(question, choices).await?;
            let Some(known) = self.known_as(answer.expose()).filter(|known| refused.contains(known)) else {
                return Ok(answer);
            };
            let Some(left) = self.slips_left.checked_sub(1) else {
                self.is_echoed = true;
                return Err(Gone::Cancelled);
            };
            self.slips_left = left;
            self.complain(&known.phrase()).await?;
        }
    }

    /// A text that is the name as well as the password is a password: it is the one that must not be counted.
    fn known_as(&self, given: &str) -> Option<Known> {
        let is_it = |known: &&(Known, Zeroizing<String>)| {
            known.1.as_str() == given || known.1.as_str() == given.trim()
        };
        self.known.iter().filter(is_it).map(|known| known.0).max()
    }

    /// Whether it ended because every question was answered alike.
    pub(crate) fn is_echoed(&self) -> bool {
        self.is_echoed
    }

    /// Whether anything was asked since this was last called. An answer may have taken its time, and what was read before
    /// it may no longer hold.
    pub(crate) fn has_waited(&mut self) -> bool {
        std::mem::take(&mut self.has_waited)
    }

    /// Something was changed: from now on it is the end of the flow that counts, and not who hears of it.
    pub(crate) fn changed(&mut self) {
        self.is_changed = true;
    }

    /// Whether something was changed.
    pub(crate) fn is_changed(&self) -> bool {
        self.is_changed
    }

    /// Whether everything that was said until now was heard.
    pub(crate) fn is_there(&self) -> Result<(), Gone> {
        self.gone.map_or(Ok(()), Err)
    }

    pub(crate) async fn tell(&mut self, phrase: &Phrase<'_>) -> Result<(), Gone> {
        self.say(Tone::Info, phrase).await
    }

    pub(crate) async fn complain(&mut self, phrase: &Phrase<'_>) -> Result<(), Gone> {
        self.say(Tone::Error, phrase).await
    }

    async fn say(&mut self, tone: Tone, phrase: &Phrase<'_>) -> Result<(), Gone> {
        match self.delivery {
            LineDelivery::AtOnce => {
                let prompt = self.line(phrase);
                self.show(tone, &prompt).await
            }
            LineDelivery::WithNextQuestion => {
                self.unread.push(UnreadLine::new(tone, phrase, self.language));
                Ok(())
            }
        }
    }

    /// A line as it is shown at once: on a screen of unknown width the terminal breaks it by itself.
    fn line<'p>(&self, phrase: &'p Phrase<'_>) -> Prompt<'p> {
        let prompt = Prompt::new(phrase, self.language);
        if self.screen.is_measured { in_rows(prompt, self.screen.columns, "") } else { prompt }
    }

    /// The front door says when its host shows lines that ask for nothing.
    pub(crate) fn delivers(&mut self, delivery: LineDelivery) {
        self.delivery = delivery;
    }

    /// Lets the person read what was said since the last question, before they are let in.
    pub(crate) async fn let_read(&mut self) -> Result<(), Gone> {
        if !self.unread.is_empty() {
            drop(self.put(Echo::On, &Phrase::GoOn {}, &[]).await?);
        }
        Ok(())
    }

    /// Says what no question carries any more, in the form of [`UnreadLine::last_words`]. What follows has that form, too.
    pub(crate) async fn say_last_words(&mut self) {
        for line in std::mem::take(&mut self.unread) {
            if self.show(line.tone, &line.last_words()).await.is_err() {
                return;
            }
        }
        if self.delivery == LineDelivery::WithNextQuestion {
            self.language = Language::English;
        }
    }

    /// Tells one item of a list, in rows as wide as the screen.
    pub(crate) async fn list(&mut self, item: &Phrase<'_>) -> Result<(), Gone> {
        if self.delivery == LineDelivery::WithNextQuestion {
            return self.say(Tone::Info, item).await;
        }
        let prompt = in_rows(Prompt::new(item, self.language), self.screen.columns, LIST_INDENT);
        self.show(Tone::Info, &prompt).await
    }

    /// The front door says what the person sees on.
    pub(crate) fn sees_on(&mut self, screen: Screen) {
        self.screen = screen;
    }

    /// Shows a QR code with the lines around it, up to the question, which is still to be asked. A terminal shows it only if it
    /// has room for all of them.
    pub(crate) async fn show_qr(&mut self, code: &QrCode<'_>) -> Result<(), Gone> {
        let mut lines = Vec::new();
        for phrase in code.above.iter().chain(code.below) {
            lines.extend(self.line(phrase).text().split('\n').map(ToOwned::to_owned));
        }
        lines.push(self.language.say(code.question));
        let texts: Vec<&str> = std::iter::once(code.content).chain(code.shorter).collect();
        let drawn = self.screen.qr(&texts, &lines);
        // A key may be among them.
        lines.zeroize();
        for phrase in code.above {
            self.tell(phrase).await?;
        }
        let text = drawn.unwrap_or_else(|| Zeroizing::new(self.language.say(code.instead)));
        match self.delivery {
            LineDelivery::AtOnce => self.show(Tone::Info, &Prompt::qr(code.content, text)).await?,
            LineDelivery::WithNextQuestion => self.unread.push(UnreadLine::qr(text)),
        }
        for phrase in code.below {
            self.tell(phrase).await?;
        }
        Ok(())
    }

    /// The next word may take this long.
    pub(crate) async fn pause(&mut self, longest: Duration) -> Result<(), Gone> {
        self.is_there()?;
        self.has_waited = true;
        self.person.wait(longest).await
    }

    /// Returns when the peer is gone.
    pub(crate) async fn gone(&mut self) -> Gone {
        self.person.gone().await
    }

    pub(crate) async fn record(&mut self, name: &str, value: Value) -> Result<(), Gone> {
        let fields = match value {
            Value::Object(fields) => fields,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                Map::new()
            }
        };
        let said = match self.gone {
            Some(_) => Ok(()),
            None => self.person.record(name, fields).await,
        };
        self.bear(said)
    }

    async fn show(&mut self, tone: Tone, prompt: &Prompt<'_>) -> Result<(), Gone> {
        let said = match self.gone {
            Some(_) => Ok(()),
            None => self.person.tell(tone, prompt).await,
        };
        self.bear(said)
    }

    fn bear(&mut self, said: Result<(), Gone>) -> Result<(), Gone> {
        match said {
            Err(gone) if self.is_changed => self.gone = Some(gone),
            said => return said,
        }
        Ok(())
    }
}

fn in_rows<'p>(prompt: Prompt<'p>, columns: usize, indent: &str) -> Prompt<'p> {
    let mut rows = Zeroizing::new(String::with_capacity(2 * prompt.text().len()));
    for (at, line) in prompt.text().split('\n').enumerate() {
        rows.push_str(if at == 0 { "" } else { "\n" });
        rows.push_str(&Zeroizing::new(wrapped(line, columns, indent)));
    }
    prompt.with_text(rows)
}

/// What is known of a person before they are asked for a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Known {
    /// Their name.
    Name,
    /// A password that they gave.
    Password,
}

impl Known {
    fn phrase(self) -> Phrase<'static> {
        match self {
            Self::Name => Phrase::NameTyped {},
            Self::Password => Phrase::PasswordTyped {},
        }
    }
}

/// The account's own language, where it names one of the catalogue.
pub(crate) fn preferred(account: &Account) -> Option<Language> {
    account.attributes.values(PREFERRED_LANGUAGE).iter().find_map(|wanted| Language::wanted(wanted))
}

const LIST_INDENT: &str = "      ";

/// The attribute that a store has to fetch for it (RFC 2798, section 2.7).
pub const PREFERRED_LANGUAGE: &str = "preferredLanguage";
