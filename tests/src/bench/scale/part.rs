/// A part of bench-scale, with results of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The size of the programs, and how long they take to start.
    Programs,
    /// posternd's memory and Redis' with 10,000 accounts.
    Memory,
    /// Their return after a restart.
    Cold,
    /// Accounts with many app passwords and factors.
    Credentials,
    /// Several posternd.
    Fleet,
    /// A million entries in LDAP.
    Entries,
}

impl Part {
    /// All of them, in the order in which they run.
    pub const ALL: [Self; 6] =
        [Self::Programs, Self::Memory, Self::Cold, Self::Credentials, Self::Fleet, Self::Entries];

    /// Those of these names; `None` if one is not the name of a part.
    #[must_use]
    pub fn named(names: &[String]) -> Option<Vec<Self>> {
        let part = |name: &String| Self::ALL.into_iter().find(|part| part.name() == name);
        names.iter().map(part).collect()
    }

    /// Its name as an argument, and as the last part of the name of its results.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Programs => "programs",
            Self::Memory => "memory",
            Self::Cold => "cold",
            Self::Credentials => "credentials",
            Self::Fleet => "fleet",
            Self::Entries => "entries",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_known_by_its_name() {
        for part in Part::ALL {
            assert_eq!(Part::named(&[part.name().to_owned()]), Some(vec![part]));
        }
        assert_eq!(Part::named(&[]), Some(vec![]));
    }

    #[test]
    fn a_word_that_is_no_part_is_refused_beside_one_that_is() {
        assert_eq!(Part::named(&["entires".to_owned()]), None);
        assert_eq!(Part::named(&["entries".to_owned(), "entires".to_owned()]), None);
    }
}
