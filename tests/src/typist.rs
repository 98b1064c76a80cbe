//! A person at posternd's socket, as a function that answers questions.

use std::fmt;

use postern_ipc::{Prompter, Secret, Style, Tone};

/// Answers each question as a function does, which gives up with `None`. Other lines go unread, but for those of
/// [`reading`](Self::reading).
pub struct Typist<A, R = fn(Tone, &str)> {
    answer: A,
    read: R,
}

impl<A: FnMut(Style, &str) -> Option<String>> Typist<A> {
    /// Answers as `answer` does.
    #[must_use]
    pub fn new(answer: A) -> Self {
        Self { answer, read: |_, _| {} }
    }

    /// The same, and every line that is no question goes to `read`.
    #[must_use]
    pub fn reading<R: FnMut(Tone, &str)>(self, read: R) -> Typist<A, R> {
        Typist { answer: self.answer, read }
    }
}

impl<A: FnMut(Style, &str) -> Option<String>, R: FnMut(Tone, &str)> Prompter for Typist<A, R> {
    fn ask(&mut self, style: Style, text: &str) -> Option<Secret> {
        (self.answer)(style, text).map(Secret::new)
    }

    fn tell(&mut self, tone: Tone, text: &str) {
        (self.read)(tone, text);
    }
}

impl<A, R> fmt::Debug for Typist<A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Typist")
    }
}
