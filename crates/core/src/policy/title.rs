use crate::words::Language;

/// What people call a login at a service, as the configuration has it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Title {
    /// In every language that has none of its own.
    pub(crate) common: Option<String>,
    /// In one language each.
    pub(crate) own: Vec<(Language, String)>,
}

impl Title {
    /// The title in this language, if the configuration has one.
    #[must_use]
    pub fn in_language(&self, language: Language) -> Option<&str> {
        let own = self.own.iter().find(|(of, _)| *of == language).map(|(_, title)| title);
        own.or(self.common.as_ref()).map(String::as_str)
    }
}
