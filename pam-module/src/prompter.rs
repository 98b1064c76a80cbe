//! The person's end of a conversation, reached through the host's PAM conversation.

use std::time::Instant;

use pamsm::PamError;
use postern_ipc::{Prompter, Secret, Style, Tone};
use postern_pam_text::lines;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::journal::Journal;
use crate::libpam::{Handle, Item, Manner};

/// The prompter of `authenticate`.
pub(crate) struct PamPrompter<'a> {
    pam: &'a Handle,
    journal: &'a Journal,
    user: &'a str,
    is_silent: bool,
    held_back: Vec<(Tone, Zeroizing<String>)>,
    deadline: Instant,
    secret: Option<Secret>,
    /// Whether posternd has that secret, too.
    is_secret_sent: bool,
    /// How often a person may type the password or the name in place of a code. posternd tells them so.
    slips_left: u32,
    was_asked: bool,
    had_visible_answer: bool,
    is_last_empty: bool,
    stopped: Option<Stopped>,
}

/// Why this end gave up. The login is refused then, even if posternd accepts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stopped {
    /// The host had no answer.
    NoAnswer,
    /// The host made the answer up.
    NoPerson,
    /// The answer cannot be a secret.
    Unusable,
    /// The answer came after the deadline. posternd still hears a code, so that it can say what became of it.
    TooLate,
}

impl Stopped {
    /// The PAM code for the host.
    pub(crate) fn code(self) -> PamError {
        match self {
            Self::NoAnswer | Self::NoPerson => PamError::CONV_ERR,
            Self::Unusable => PamError::AUTH_ERR,
            Self::TooLate => PamError::AUTHINFO_UNAVAIL,
        }
    }

    /// The text for the log.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::NoAnswer => "cancelled: the host has no answer to a question",
            Self::NoPerson => {
                "cancelled: the host answered for the person, with the password or the name where a code was asked for"
            }
            Self::Unusable => "refused: an answer is not UTF-8, or longer than 512 bytes",
            Self::TooLate => "given up: the person's answer came after interactive_deadline",
        }
    }
}

impl<'a> PamPrompter<'a> {
    /// `secret` is the password that an earlier module asked for, whether or not it goes to posternd.
    pub(crate) fn new(
        pam: &'a Handle,
        journal: &'a Journal,
        user: &'a str,
        secret: Option<Secret>,
        deadline: Instant,
    ) -> Self {
        Self {
            pam,
            journal,
            user,
            is_silent: false,
            held_back: Vec::new(),
            deadline,
            secret,
            is_secret_sent: false,
            slips_left: 0,
            was_asked: false,
            had_visible_answer: false,
            is_last_empty: false,
            stopped: None,
        }
    }

    /// Shows only questions, if the host asks for that (`PAM_SILENT`, as sudo does). The lines since the last question
    /// belong to the next one: a list to choose from, a QR code, why the last answer was refused.
    pub(crate) fn silent(mut self, is_silent: bool) -> Self {
        self.is_silent = is_silent;
        self
    }

    /// A person is at a terminal, and no program that answers for them. `is_secret_sent` says whether posternd has the secret of
    /// [`PamPrompter::new`].
    pub(crate) fn at_terminal(mut self, is_terminal: bool, is_secret_sent: bool) -> Self {
        self.slips_left = u32::from(is_terminal);
        self.is_secret_sent = is_secret_sent;
        self
    }

    /// Why this end gave up. `None` if it did not.
    pub(crate) fn stopped(&self) -> Option<Stopped> {
        self.stopped
    }

    /// Whether posternd put a question. It puts none about a user whom the directory does not have, if such users are
    /// ignored.
    pub(crate) fn was_asked(&self) -> bool {
        self.was_asked
    }

    /// Whether a person answered a question that hosts never answer by themselves.
    pub(crate) fn had_a_person(&self) -> bool {
        self.had_visible_answer && self.stopped.is_none()
    }

    /// Whether the last answer was empty: Enter, or a host without a person.
    pub(crate) fn ended_with_nothing(&self) -> bool {
        self.is_last_empty
    }

    fn answer(&mut self, style: Style, text: &str) -> Result<Secret, Stopped> {
        for (tone, line) in self.held_back.drain(..) {
            show(self.pam, tone, &line);
        }
        let mut shown_before = lines(text);
        let prompt = shown_before.pop().unwrap_or_default();
        for line in &shown_before {
            self.pam.show(Manner::Info, line);
        }
        if style == Style::Visible && self.pam.item(Item::UserPrompt).is_none() {
            // saslauthd compares every visible question with this item, and crashes if it is not set.
            self.pam.set_item(Item::UserPrompt, "login: ");
        }
        let reply = self.pam.ask(manner(style), &prompt).ok_or(Stopped::NoAnswer)?;
        let is_late = Instant::now() >= self.deadline;
        if is_late && style == Style::Hidden {
            return Err(Stopped::TooLate);
        }
        let answer = usable(reply.bytes()).ok_or(Stopped::Unusable)?;
        self.is_last_empty = answer.expose().is_empty();
        match style {
            Style::Hidden => {
                self.secret = usable(reply.bytes());
                self.is_secret_sent = true;
            }
            Style::Visible if self.is_made_up(&answer) => self.take_slip(&answer)?,
            Style::Visible => self.had_visible_answer = true,
        }
        if is_late {
            self.stopped = Some(Stopped::TooLate);
        }
        Ok(answer)
    }

    /// posternd knows the answer, counts nothing, and asks again. A secret that it does not know stays here.
    fn take_slip(&mut self, answer: &Secret) -> Result<(), Stopped> {
        self.slips_left = self.slips_left.checked_sub(1).ok_or(Stopped::NoPerson)?;
        if self.repeats_secret(answer) && !self.is_secret_sent { Err(Stopped::NoPerson) } else { Ok(()) }
    }

    fn repeats_secret(&self, answer: &Secret) -> bool {
        self.secret.as_ref().is_some_and(|secret| is_same(answer, secret.expose()))
    }

    /// Hosts without a person repeat the password, or give the user name to every visible question. After the first
    /// visible question a person is there, and may well type a name.
    fn is_made_up(&self, answer: &Secret) -> bool {
        self.repeats_secret(answer) || (!self.had_visible_answer && is_same(answer, self.user))
    }
}

impl Prompter for PamPrompter<'_> {
    fn ask(&mut self, style: Style, text: &str) -> Option<Secret> {
        self.was_asked = true;
        if self.stopped.is_some() {
            return None;
        }
        self.journal.debug(match style {
            Style::Hidden => "asks, echo off",
            Style::Visible => "asks, echo on",
        });
        self.answer(style, text).map_err(|stopped| self.stopped = Some(stopped)).ok()
    }

    fn tell(&mut self, tone: Tone, text: &str) {
        // A person who was too slow is there all the same, and has no other way to learn why.
        let is_late = self.stopped == Some(Stopped::TooLate);
        if self.stopped.is_some() && !is_late {
            return;
        }
        if !self.is_silent || is_late {
            show(self.pam, tone, text);
        } else if self.held_back.len() < MOST_HELD_BACK {
            self.held_back.push((tone, Zeroizing::new(text.to_owned())));
        }
    }
}

/// The prompter of `acct_mgmt`, which asks no questions.
pub(crate) struct PamMessages<'a> {
    pub(crate) pam: &'a Handle,
    pub(crate) is_silent: bool,
}

impl Prompter for PamMessages<'_> {
    fn ask(&mut self, _: Style, _: &str) -> Option<Secret> {
        None
    }

    fn tell(&mut self, tone: Tone, text: &str) {
        if !self.is_silent {
            show(self.pam, tone, text);
        }
    }
}

/// Shows a text line by line.
pub(crate) fn show(pam: &Handle, tone: Tone, text: &str) {
    let manner = match tone {
        Tone::Info => Manner::Info,
        Tone::Error => Manner::Error,
    };
    for line in lines(text) {
        pam.show(manner, &line);
    }
}

fn is_same(answer: &Secret, other: &str) -> bool {
    answer.expose().as_bytes().ct_eq(other.as_bytes()).into()
}

/// Takes bytes that can be a secret or a code: UTF-8 of at most 512 bytes.
pub(crate) fn usable(bytes: &[u8]) -> Option<Secret> {
    let text = std::str::from_utf8(bytes).ok()?;
    (text.len() <= MAX_ANSWER).then(|| Secret::new(text.to_owned()))
}

fn manner(style: Style) -> Manner {
    match style {
        Style::Hidden => Manner::Hidden,
        Style::Visible => Manner::Visible,
    }
}

const MAX_ANSWER: usize = 512;
/// Several times the lines of the longest question, that with a QR code.
const MOST_HELD_BACK: usize = 256;
