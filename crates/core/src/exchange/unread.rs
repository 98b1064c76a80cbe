//! Lines that ask for nothing, at hosts that show them with the next question.

use zeroize::Zeroizing;

use crate::conversation::{Prompt, QR, Tone};
use crate::words::{Language, Phrase};

/// When the host behind a front door shows lines that ask for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineDelivery {
    /// At once, as a terminal does.
    AtOnce,
    /// As a part of the next question, as sshd does. What follows the last question arrives in other ways. If the login is
    /// refused, it is an instruction (RFC 4256, section 3.2), in which ssh before 10.3 prints each byte beyond ASCII as an
    /// octal number. If it is accepted, it is a banner, and the session shows it a second time.
    WithNextQuestion,
}

/// A line that waits for the next question.
pub(crate) struct UnreadLine {
    pub(crate) tone: Tone,
    id: &'static str,
    text: Zeroizing<String>,
    in_english: Zeroizing<String>,
}

impl UnreadLine {
    pub(crate) fn new(tone: Tone, phrase: &Phrase<'_>, language: Language) -> Self {
        let text = |language: Language| Zeroizing::new(language.say(phrase));
        Self { tone, id: phrase.id(), text: text(language), in_english: text(Language::English) }
    }

    /// A QR code, which is of no use without its question.
    pub(crate) fn qr(text: Zeroizing<String>) -> Self {
        Self { tone: Tone::Info, id: QR, text, in_english: Zeroizing::default() }
    }

    /// Before a question: in the person's language.
    pub(crate) fn prompt(self) -> Prompt<'static> {
        Prompt::rendered(self.id, self.text)
    }

    /// After the last question: in ASCII, and therefore in English.
    pub(crate) fn last_words(self) -> Prompt<'static> {
        Prompt::rendered(self.id, ascii(&self.in_english))
    }
}

fn ascii(text: &str) -> Zeroizing<String> {
    let mut plain = Zeroizing::new(String::with_capacity(text.len()));
    for c in text.chars() {
        match c {
            '…' => plain.push_str("..."),
            c => plain.push(if c.is_ascii() { c } else { '?' }),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_in_the_persons_language_before_a_question_and_in_ascii_after_the_last() {
        let phrase = Phrase::AppPasswordLabelTwice { label: "手机", id: "GdGn" };
        let line = || UnreadLine::new(Tone::Error, &phrase, Language::SimplifiedChinese);
        assert!(line().prompt().text().contains("您"));
        let plain = line().last_words();
        assert!(plain.text().is_ascii() && plain.text().contains("\"??\": GdGn..."), "{}", plain.text());
        assert!(UnreadLine::qr(Zeroizing::new("█".to_owned())).last_words().text().is_empty());
    }
}
