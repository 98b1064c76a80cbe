//! The texts of messages: from core's catalogue, or the site's own.

use std::collections::BTreeMap;
use std::path::Path;

use postern_core::clock::Timestamp;
use postern_core::config::{Template, read_trusted};
use postern_core::courier::{CourierError, Message};
use postern_core::deed::{Advice, DeedText};
use postern_core::words::{Language, Phrase};

use crate::OpenError;

/// The texts of one courier.
#[derive(Debug, Default)]
pub(crate) struct Wording {
    signature: Option<String>,
    own: BTreeMap<(&'static str, &'static str), Own>,
}

/// One of the site's own texts.
#[derive(Debug)]
struct Own {
    subject: Option<Template>,
    text: Template,
}

/// A kind of message of one courier: the name of its file, whether it has a subject, and the placeholders of its template.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind {
    name: &'static str,
    has_subject: bool,
    places: &'static [&'static str],
}

/// The text of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) subject: String,
    pub(crate) text: String,
}

impl Wording {
    /// Reads the files of a folder, such as `code.en.txt`. Each has to be one of `kinds` in a known language.
    pub(crate) fn read(
        section: &'static str,
        folder: Option<&Path>,
        kinds: &[Kind],
    ) -> Result<Self, OpenError> {
        let Some(folder) = folder else { return Ok(Self::default()) };
        let wrong = |path: &Path, what: &dyn std::fmt::Display| OpenError::of_file(section, path, what);
        let known: BTreeMap<String, (Kind, Language)> = kinds
            .iter()
            .flat_map(|kind| {
                Language::ALL.map(|language| (format!("{}.{language}.txt", kind.name), (*kind, language)))
            })
            .collect();
        let mut own = BTreeMap::new();
        for entry in std::fs::read_dir(folder).map_err(|error| wrong(folder, &error))? {
            let path = entry.map_err(|error| wrong(folder, &error))?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let Some((kind, language)) = known.get(name) else {
                let names: Vec<&str> = known.keys().map(String::as_str).collect();
                return Err(wrong(
                    &path,
                    &format!("is no text that is known here; known are: {}", names.join(", ")),
                ));
            };
            let text = read_trusted(&path).map_err(|error| wrong(&path, &error))?;
            let read = Own::read(&text, *kind).map_err(|what| wrong(&path, &what))?;
            own.insert((kind.name, language.as_str()), read);
        }
        Ok(Self { signature: None, own })
    }

    /// Text messages begin with this name.
    pub(crate) fn signed(self, signature: Option<String>) -> Self {
        Self { signature, ..self }
    }

    /// The text of a mail; `None` if the message is not for mail.
    pub(crate) fn mail(&self, language: Language, message: &Message<'_>) -> Option<Said> {
        let values = Values::of(language, message);
        let kind = match message {
            Message::Code { .. } => MAIL_CODE,
            Message::Changed { .. } => MAIL_CHANGED,
            Message::Disowned { .. } => MAIL_DISOWNED,
            Message::SmsBudget { .. } => MAIL_SMS_BUDGET,
            Message::Push { .. } => return None,
        };
        let said = match self.own.get(&(kind.name, language.as_str())) {
            Some(own) => own.say(&values),
            None => values.mail(language, kind),
        };
        // The inserted values must not break the subject line.
        Some(Said { subject: plain(&said.subject), text: said.text })
    }

    /// A text message with a code; `None` if the message is of another kind.
    pub(crate) fn sms(&self, language: Language, message: &Message<'_>) -> Option<String> {
        let Message::Code { code, minutes, deed, .. } = *message else { return None };
        if let Some(own) = self.own.get(&(SMS.name, language.as_str())) {
            return Some(own.say(&Values::of(language, message)).text);
        }
        // The message has to fit one segment. Only the names of services and hosts could make it longer.
        let mut what: String = match language {
            Language::English => deed.what.chars().map(|c| if is_gsm(c) { c } else { '?' }).collect(),
            Language::SimplifiedChinese => plain(&deed.what),
        };
        loop {
            let text = self.sign(
                language,
                &match deed.advice {
                    Advice::ChangePassword => Phrase::SmsCode { code, minutes, what: &what },
                    Advice::Ignore => Phrase::SmsCodeToBind { code, minutes, what: &what },
                    Advice::AskAdministrator => Phrase::SmsCodeByAdministrator { code, minutes, what: &what },
                },
            );
            if is_one_segment(&text) || what.pop().is_none() {
                return Some(text);
            }
        }
    }
}

impl Wording {
    /// Puts the sender's name before the phrase. A name that the GSM alphabet does not have would make an English message too long.
    fn sign(&self, language: Language, phrase: &Phrase<'_>) -> String {
        let text = language.say(phrase);
        let is_usable = |signature: &&String| language != Language::English || signature.chars().all(is_gsm);
        match self.signature.as_ref().filter(is_usable) {
            Some(signature) => language.say(&Phrase::SmsSigned { signature, text: &text }),
            None => text,
        }
    }
}

impl Own {
    fn read(text: &str, kind: Kind) -> Result<Self, String> {
        let parse = |text: &str| Template::parse(text, kind.places).map_err(|error| error.to_string());
        let text = text.replace("\r\n", "\n");
        if !kind.has_subject {
            return Ok(Self { subject: None, text: parse(not_empty(&text)?)? });
        }
        let (subject, text) = text
            .split_once("\n\n")
            .ok_or("has no blank line between its first line, the subject, and its text")?;
        if subject.contains('\n') {
            return Err(
                "has more than one line before the blank one; the first line is the subject".to_owned()
            );
        }
        Ok(Self { subject: Some(parse(not_empty(subject)?)?), text: parse(not_empty(text)?)? })
    }

    fn say(&self, values: &Values) -> Said {
        let fill = |template: &Template| template.fill(|name| values.value(name).to_owned());
        Said { subject: self.subject.as_ref().map(fill).unwrap_or_default(), text: fill(&self.text) }
    }
}

fn not_empty(text: &str) -> Result<&str, String> {
    let text = text.trim();
    if text.is_empty() { Err("says nothing".to_owned()) } else { Ok(text) }
}

/// The inserted values, each as plain text.
struct Values {
    list: Vec<(&'static str, String)>,
    minutes: u64,
    is_by_another: bool,
}

impl Values {
    fn of(language: Language, message: &Message<'_>) -> Self {
        let of_deed = |deed: &DeedText| [("service", deed.what.clone()), ("rhost", deed.place.clone())];
        let (mut minutes_left, mut is_by_another) = (0, false);
        let list = match *message {
            Message::Code { code, minutes, account, deed } => {
                minutes_left = minutes;
                let mut list = vec![
                    ("code", code.to_owned()),
                    ("minutes", minutes.to_string()),
                    ("account", account.to_owned()),
                    ("origin", origin(language, deed)),
                    ("caution", language.say(&caution(deed.advice))),
                    ("advice", language.say(&advice(deed.advice))),
                ];
                list.extend(of_deed(deed));
                list
            }
            Message::Changed { account, what, next, at, by } => {
                is_by_another = by.is_some();
                let by = by.map_or_else(|| language.say(&Phrase::ByYourself {}), ToOwned::to_owned);
                vec![
                    ("account", account.to_owned()),
                    ("what", what.to_owned()),
                    ("next", next.unwrap_or_default().to_owned()),
                    ("at", moment(at)),
                    ("by", by),
                ]
            }
            Message::Disowned { account, deed, at } => {
                let mut list = vec![("account", account.to_owned()), ("at", moment(at))];
                list.extend(of_deed(deed));
                list
            }
            Message::SmsBudget { what, at } => vec![("what", what.to_owned()), ("at", moment(at))],
            Message::Push { account, deed, .. } => {
                let mut list = vec![("account", account.to_owned())];
                list.extend(of_deed(deed));
                list
            }
        };
        let list = list.into_iter().map(|(name, value)| (name, plain(&value))).collect();
        Self { list, minutes: minutes_left, is_by_another }
    }

    fn value(&self, name: &str) -> &str {
        self.list.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
    }

    fn mail(&self, language: Language, kind: Kind) -> Said {
        let (account, deed, place) = (self.value("account"), self.value("service"), self.value("rhost"));
        let (at, by) = (self.value("at"), self.value("by"));
        let what = match (self.value("what"), self.value("next")) {
            (what, "") => what.to_owned(),
            (what, next) => format!("{what}\n{next}"),
        };
        let what = what.as_str();
        let (subject, text) = if kind.name == MAIL_CODE.name {
            let (code, minutes) = (self.value("code"), self.minutes);
            let [origin, caution, advice] = ["origin", "caution", "advice"].map(|name| self.value(name));
            let text = Phrase::MailCode { code, minutes, account, what: deed, origin, caution, advice };
            (Phrase::MailCodeSubject { what: deed }, text)
        } else if kind.name == MAIL_DISOWNED.name {
            (Phrase::MailDisownedSubject { account }, Phrase::MailDisowned { account, what: deed, place, at })
        } else if kind.name == MAIL_SMS_BUDGET.name {
            (Phrase::MailSmsBudgetSubject {}, Phrase::MailSmsBudget { what, at })
        } else if self.is_by_another {
            (Phrase::MailChangedSubject { account }, Phrase::MailChangedBy { account, what, at, by })
        } else {
            (Phrase::MailChangedSubject { account }, Phrase::MailChanged { account, what, at })
        };
        Said { subject: language.say(&subject), text: language.say(&text) }
    }
}

/// The text of a push notification; `None` if the message is of another kind.
pub(crate) fn push(language: Language, message: &Message<'_>) -> Option<Said> {
    if !matches!(message, Message::Push { .. }) {
        return None;
    }
    let values = Values::of(language, message);
    let (account, what, place) = (values.value("account"), values.value("service"), values.value("rhost"));
    let subject = language.say(&Phrase::PushTitle { what });
    Some(Said { subject, text: language.say(&Phrase::PushBody { account, place }) })
}

/// By whom and from where the code was asked for.
fn origin(language: Language, deed: &DeedText) -> String {
    let place = &deed.place;
    language.say(&match deed.advice {
        Advice::ChangePassword | Advice::Ignore => Phrase::MailOrigin { place },
        Advice::AskAdministrator => Phrase::MailOriginAdministrator { place },
    })
}

fn caution(advice: Advice) -> Phrase<'static> {
    match advice {
        Advice::ChangePassword | Advice::Ignore => Phrase::MailCaution {},
        Advice::AskAdministrator => Phrase::MailCautionAdministrator {},
    }
}

fn advice(advice: Advice) -> Phrase<'static> {
    match advice {
        Advice::ChangePassword => Phrase::MailAdvicePassword {},
        Advice::Ignore => Phrase::MailAdviceIgnore {},
        Advice::AskAdministrator => Phrase::MailAdviceAdministrator {},
    }
}

/// One line of plain text: without line ends and changes of text direction, and short enough for any message.
fn plain(value: &str) -> String {
    let turns =
        |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    value
        .chars()
        .take(LONGEST_VALUE)
        .map(|c| if c.is_control() || turns(c) { '\u{fffd}' } else { c })
        .collect()
}

/// `2027-01-31 12:00:00 UTC`
fn moment(at: Timestamp) -> String {
    at.to_string().replace('T', " ").replace('Z', " UTC")
}

/// Whether a text message fits one segment (3GPP TS 23.038): 160 characters of the GSM alphabet, or 70 UTF-16 code units.
fn is_one_segment(text: &str) -> bool {
    if text.chars().all(is_gsm) { text.chars().count() <= 160 } else { text.encode_utf16().count() <= 70 }
}

/// Whether a character takes one of the 160 places. Only the ASCII part of the GSM alphabet is known here.
fn is_gsm(c: char) -> bool {
    matches!(c, ' '..='_' | 'a'..='z') && !matches!(c, '[' | '\\' | ']' | '^')
}

/// The error for a message of a kind that this courier does not send.
pub(crate) fn unsupported(message: &Message<'_>) -> CourierError {
    CourierError::Refused(format!("a message of the kind {message:?} does not go this way"))
}

pub(crate) const MAIL: [Kind; 4] = [MAIL_CODE, MAIL_CHANGED, MAIL_DISOWNED, MAIL_SMS_BUDGET];
pub(crate) const SMS: Kind =
    Kind { name: "sms", has_subject: false, places: &["code", "minutes", "account", "service", "rhost"] };
const MAIL_CODE: Kind = Kind {
    name: "code",
    has_subject: true,
    places: &["code", "minutes", "account", "service", "rhost", "origin", "caution", "advice"],
};
const MAIL_CHANGED: Kind =
    Kind { name: "changed", has_subject: true, places: &["account", "what", "next", "at", "by"] };
const MAIL_DISOWNED: Kind =
    Kind { name: "disowned", has_subject: true, places: &["account", "service", "rhost", "at"] };
const MAIL_SMS_BUDGET: Kind = Kind { name: "sms_budget", has_subject: true, places: &["what", "at"] };
const LONGEST_VALUE: usize = 255;

#[cfg(test)]
mod tests;
