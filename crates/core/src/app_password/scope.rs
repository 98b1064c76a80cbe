use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The services that an app password opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Every service of the mail class.
    All,
    /// Only these services, at least one.
    Only(BTreeSet<ScopeWord>),
}

impl Scope {
    /// Whether it opens a service of scope `word`. Only [`Scope::All`] opens a service without one.
    #[must_use]
    pub fn opens(&self, word: Option<ScopeWord>) -> bool {
        match self {
            Self::All => true,
            Self::Only(words) => word.is_some_and(|word| words.contains(&word)),
        }
    }

    fn from_words<'a>(words: impl Iterator<Item = &'a str>) -> Result<Self, BadScope> {
        let words: Vec<&str> = words.map(str::trim).collect();
        match words.as_slice() {
            ["all"] => Ok(Self::All),
            [] => Err(BadScope::Empty),
            words if words.contains(&"all") => Err(BadScope::AllAndMore),
            words => Ok(Self::Only(words.iter().map(|word| word.parse()).collect::<Result<_, _>>()?)),
        }
    }

    /// Its words, as stored and configured.
    #[must_use]
    pub fn words(&self) -> Vec<&'static str> {
        match self {
            Self::All => vec!["all"],
            Self::Only(words) => words.iter().map(|word| word.as_str()).collect(),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words().join(","))
    }
}

impl FromStr for Scope {
    type Err = BadScope;

    fn from_str(text: &str) -> Result<Self, BadScope> {
        Self::from_words(text.split(','))
    }
}

impl Serialize for Scope {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.words().serialize(to)
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let words = Vec::<String>::deserialize(from)?;
        Self::from_words(words.iter().map(String::as_str)).map_err(serde::de::Error::custom)
    }
}

/// One kind of mail service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ScopeWord {
    /// Reading by IMAP.
    Imap,
    /// Fetching by POP3.
    Pop3,
    /// Sending by SMTP submission.
    Smtp,
    /// Filters by ManageSieve.
    Sieve,
    /// Calendars and contacts by DAV.
    Dav,
}

impl ScopeWord {
    /// Every word, in the order of the variants.
    pub const ALL: [Self; 5] = [Self::Imap, Self::Pop3, Self::Smtp, Self::Sieve, Self::Dav];

    /// The word, as stored and configured.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Imap => "imap",
            Self::Pop3 => "pop3",
            Self::Smtp => "smtp",
            Self::Sieve => "sieve",
            Self::Dav => "dav",
        }
    }
}

impl FromStr for ScopeWord {
    type Err = BadScope;

    fn from_str(text: &str) -> Result<Self, BadScope> {
        Self::ALL
            .into_iter()
            .find(|word| word.as_str() == text)
            .ok_or_else(|| BadScope::Unknown(text.to_owned()))
    }
}

/// Why a text is not a scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadScope {
    /// Without any word.
    #[error("names no service; give any of imap, pop3, smtp, sieve, dav, or all")]
    Empty,
    /// `all` beside other words.
    #[error("\"all\" stands alone")]
    AllAndMore,
    /// An unknown word.
    #[error("\"{0}\" is none of imap, pop3, smtp, sieve, dav, all")]
    Unknown(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_opens_what_it_names_and_nothing_else() {
        let scope: Scope = "imap, smtp".parse().unwrap();
        assert!(scope.opens(Some(ScopeWord::Imap)) && scope.opens(Some(ScopeWord::Smtp)));
        assert!(!scope.opens(Some(ScopeWord::Pop3)) && !scope.opens(None));
        assert_eq!(scope.to_string(), "imap,smtp");
        let all: Scope = "all".parse().unwrap();
        assert!(all.opens(Some(ScopeWord::Dav)) && all.opens(None));
    }

    #[test]
    fn an_invalid_scope_is_refused() {
        for text in ["", "imap,", "IMAP", "all,imap", "ssh"] {
            assert!(text.parse::<Scope>().is_err(), "{text}");
        }
        assert!(serde_json::from_str::<Scope>("[]").is_err());
        assert_eq!(serde_json::from_str::<Scope>(r#"["all"]"#).unwrap(), Scope::All);
    }
}
