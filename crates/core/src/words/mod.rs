//! What is said to people, in their language. Every word of it is in the catalogue: `en.ftl`, `zh-CN.ftl`.

mod argument;
#[cfg(test)]
mod glossary;
mod phrase;
mod phrase_macro;
mod span;

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;
use zeroize::Zeroize;

pub use argument::Argument;
pub use phrase::Phrase;

/// A language of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// `en`
    #[default]
    English,
    /// `zh-CN`
    SimplifiedChinese,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::English, Self::SimplifiedChinese];

    /// As BCP 47 writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::SimplifiedChinese => "zh-CN",
        }
    }

    /// The first language of the catalogue in `wanted`: a tag of BCP 47, a list of them as `preferredLanguage` and
    /// Accept-Language hold it (RFC 2798, section 2.7; weights are left aside, the order is taken), or the name of a
    /// locale such as `zh_CN.UTF-8`.
    #[must_use]
    pub fn wanted(wanted: &str) -> Option<Self> {
        wanted.split(',').find_map(|one| {
            let tag = one.split([';', '.', '@']).next().unwrap_or_default().trim().replace('_', "-");
            let tag = tag.to_ascii_lowercase();
            let (language, rest) = tag.split_once('-').unwrap_or((&tag, ""));
            let is_traditional = rest.split('-').any(|part| matches!(part, "hant" | "tw" | "hk" | "mo"));
            match language {
                "en" => Some(Self::English),
                "zh" if !is_traditional => Some(Self::SimplifiedChinese),
                _ => None,
            }
        })
    }

    /// The phrase in this language. It is as secret as its arguments.
    #[must_use]
    pub fn say(self, phrase: &Phrase<'_>) -> String {
        let catalogue = match self {
            Self::English => &*ENGLISH,
            Self::SimplifiedChinese => &*SIMPLIFIED_CHINESE,
        };
        catalogue.say(phrase).or_else(|| ENGLISH.say(phrase)).unwrap_or_else(|| phrase.id().to_owned())
    }
}

impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(text: &str) -> Result<Self, UnknownLanguage> {
        Self::ALL.into_iter().find(|language| language.as_str() == text).ok_or(UnknownLanguage)
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Not a language of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is none of: en, zh-CN")]
pub struct UnknownLanguage;

struct Catalogue(FluentBundle<FluentResource>);

impl Catalogue {
    fn of(language: Language, text: &str) -> Self {
        // Decides over plural forms; both tags are well formed.
        let tag: LanguageIdentifier = language.as_str().parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![tag]);
        // Terminals show the marks that keep directions apart as boxes.
        bundle.set_use_isolating(false);
        // What cannot be read is left out; the tests read all of it.
        let resource = FluentResource::try_new(text.to_owned()).unwrap_or_else(|(readable, _)| readable);
        bundle.add_resource_overriding(resource);
        Self(bundle)
    }

    fn say(&self, phrase: &Phrase<'_>) -> Option<String> {
        let pattern = self.0.get_message(phrase.id())?.value()?;
        let mut arguments = FluentArgs::new();
        let mut filled_in = 0;
        for (name, value) in phrase.arguments() {
            match value {
                Argument::Text(text) => {
                    filled_in += text.len();
                    arguments.set(name, text);
                }
                Argument::Number(number) => arguments.set(name, FluentValue::from(number)),
            }
        }
        let mut said = Rendering(String::with_capacity(LONGEST_PHRASE + filled_in));
        let mut errors = Vec::new();
        let written = self.0.write_pattern(&mut said, pattern, Some(&arguments), &mut errors);
        if written.is_err() || !errors.is_empty() {
            said.0.zeroize();
            return None;
        }
        Some(said.0)
    }
}

/// Puts the spaces back that Fluent drops at both ends of a line.
struct Rendering(String);

impl fmt::Write for Rendering {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend(text.chars().map(|c| if c == SPACE { ' ' } else { c }));
        Ok(())
    }
}

/// Stands for a space at either end of a line in the catalogue.
const SPACE: char = '\u{2423}';
/// More bytes than any phrase has without its arguments: a string that grew would leave pieces of a secret behind.
const LONGEST_PHRASE: usize = 1024;

static ENGLISH: LazyLock<Catalogue> =
    LazyLock::new(|| Catalogue::of(Language::English, include_str!("en.ftl")));
static SIMPLIFIED_CHINESE: LazyLock<Catalogue> =
    LazyLock::new(|| Catalogue::of(Language::SimplifiedChinese, include_str!("zh-CN.ftl")));

#[cfg(test)]
mod tests {
    use super::*;

    /// The argument that is a question to a browser, and no text for people.
    const FOR_BROWSERS: &str = "options";

    #[test]
    fn every_phrase_is_in_every_language_with_its_arguments() {
        for phrase in Phrase::examples() {
            for (language, catalogue) in Language::ALL.into_iter().zip([&*ENGLISH, &*SIMPLIFIED_CHINESE]) {
                let said = catalogue.say(&phrase);
                let said = said.unwrap_or_else(|| panic!("{language} lacks {}", phrase.id()));
                for (name, value) in phrase.arguments() {
                    if let Argument::Text(value) = value
                        && name != FOR_BROWSERS
                    {
                        assert!(
                            said.contains(value),
                            "{language} {}: {name} is not in \"{said}\"",
                            phrase.id()
                        );
                    }
                }
                assert!(said.lines().all(|line| line.len() <= 400), "{language} {}", phrase.id());
                assert!(said.len() <= LONGEST_PHRASE, "{language} {}", phrase.id());
            }
        }
    }

    #[test]
    fn every_phrase_of_the_catalogues_is_used() {
        let said: Vec<&str> = Phrase::examples().iter().map(Phrase::id).collect();
        for text in [include_str!("en.ftl"), include_str!("zh-CN.ftl")] {
            for line in text.lines() {
                let id = line.split(" =").next().unwrap_or_default();
                let is_entry = line.contains(" =") && line.starts_with(|c: char| c.is_ascii_lowercase());
                assert!(!is_entry || said.contains(&id), "{id} is not used");
            }
            assert!(FluentResource::try_new(text.to_owned()).is_ok());
        }
    }

    #[test]
    fn the_documentation_of_the_protocol_has_every_prompt_with_its_arguments_and_text() {
        let row = |phrase: &Phrase<'_>| {
            let names: Vec<String> = phrase.arguments().iter().map(|(name, _)| format!("`{name}`")).collect();
            let text = Language::English.say(phrase);
            format!("| `{}` | {} | {} |\n", phrase.id(), names.join(", "), text.trim())
        };
        let (other, prompts): (Vec<_>, Vec<_>) =
            Phrase::examples().into_iter().partition(|phrase| is_never_a_prompt(phrase.id()));
        let rows: String = prompts.iter().map(row).collect();
        let other: Vec<String> = other.iter().map(|phrase| format!("`{}`", phrase.id())).collect();
        let document = include_str!("../../../../docs/protocol.md");
        assert!(document.contains(&rows), "docs/protocol.md has to have these rows:\n{rows}");
        let line = format!("Not prompts: {}.", other.join(", "));
        assert!(document.contains(&line), "docs/protocol.md has to have this line:\n{line}");
    }

    fn is_never_a_prompt(id: &str) -> bool {
        let families = [
            "mail-c",
            "mail-disowned",
            "mail-sms",
            "mail-origin",
            "mail-advice",
            "changed-",
            "sms-",
            "ring-",
            "by-",
            "span-",
            "qr-too-large",
            "deed-",
            "title-",
            "login-event-result",
            "login-event-credential",
        ];
        let single = [
            "login-failed",
            "not-changed",
            "second-factor-not-asked",
            "phone-refused",
            "kind-totp",
            "kind-name",
            "kind-purpose",
            "scope-word",
            "list-divider",
            "kind-phone",
            "kind-email",
            "kind-sms",
            "never-used",
            "unknown-place",
            "place-host",
        ];
        single.contains(&id) || families.iter().any(|family| id.starts_with(family))
    }

    #[test]
    fn a_language_is_found_in_what_clients_and_directories_write() {
        let wanted = Language::wanted;
        for text in ["zh-CN", "zh", "zh-Hans-SG", "zh_CN.UTF-8", "fr, zh-CN;q=0.8, en;q=0.5", "ZH-cn"] {
            assert_eq!(wanted(text), Some(Language::SimplifiedChinese), "{text}");
        }
        for text in ["en", "en-GB, zh", "en_US.UTF-8", "zh-TW, en"] {
            assert_eq!(wanted(text), Some(Language::English), "{text}");
        }
        for text in ["", "C", "POSIX", "fr", "zh-Hant", "zh-TW", "*"] {
            assert_eq!(wanted(text), None, "{text}");
        }
    }
}
