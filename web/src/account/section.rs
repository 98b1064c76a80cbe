use super::words::Words;

/// A page of the menu.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Section {
    #[default]
    Security,
    AppPasswords,
    Devices,
}

impl Section {
    pub(super) const ALL: [Self; 3] = [Self::Security, Self::AppPasswords, Self::Devices];

    /// Its address.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Security => "/security",
            Self::AppPasswords => "/app-passwords",
            Self::Devices => "/devices",
        }
    }

    pub(super) fn name(self, words: &Words) -> &'static str {
        match self {
            Self::Security => words.security,
            Self::AppPasswords => words.app_passwords,
            Self::Devices => words.devices,
        }
    }

    fn word(self) -> &'static str {
        self.path().trim_start_matches('/')
    }
}

/// Where a person is, or wants to go after the login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goal {
    /// A page of ours.
    Section(Section),
    /// The application that sent the browser here; a cookie says which.
    Application,
}

impl Default for Goal {
    fn default() -> Self {
        Self::Section(Section::default())
    }
}

impl Goal {
    /// Its address.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Section(section) => section.path(),
            Self::Application => APPLICATION_PATH,
        }
    }

    /// The page of the menu that it is.
    pub(super) fn section(self) -> Option<Section> {
        match self {
            Self::Section(section) => Some(section),
            Self::Application => None,
        }
    }

    /// What is at this address.
    pub(super) fn at(path: &str) -> Option<Self> {
        let sections = Section::ALL.into_iter().map(Self::Section);
        sections.chain([Self::Application]).find(|goal| goal.path() == path)
    }

    /// What a query names as following a login. No query leads anywhere else.
    pub(super) fn of_query(query: &str) -> Option<Self> {
        let name = query.split('&').find_map(|pair| pair.strip_prefix(KEY)?.strip_prefix('='))?;
        let sections = Section::ALL.into_iter().map(Self::Section);
        sections.chain([Self::Application]).find(|goal| goal.word() == name)
    }

    /// An address of the login or of a conversation that says where the person wants to go afterwards.
    pub(super) fn follows(self, address: &str) -> String {
        if self == Self::default() {
            return address.to_owned();
        }
        let divider = if address.contains('?') { '&' } else { '?' };
        format!("{address}{divider}{KEY}={}", self.word())
    }

    /// The address of a conversation's page.
    pub(super) fn follows_step(self, id: &str) -> String {
        self.follows(&format!("/step/{id}"))
    }

    fn word(self) -> &'static str {
        match self {
            Self::Section(section) => section.word(),
            Self::Application => APPLICATION_PATH.trim_start_matches('/'),
        }
    }
}

/// Where applications send their browsers.
pub(super) const APPLICATION_PATH: &str = "/application";
const KEY: &str = "to";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_names_a_goal_and_nothing_else() {
        for goal in Section::ALL.map(Goal::Section).into_iter().chain([Goal::Application]) {
            let address = goal.follows("/log-in?why=over");
            let query = address.split_once('?').unwrap().1;
            assert_eq!(Goal::of_query(query).unwrap_or_default(), goal);
            assert_eq!(Goal::at(goal.path()), Some(goal));
        }
        assert_eq!(Goal::Section(Section::Devices).follows_step("abc"), "/step/abc?to=devices");
        for query in [
            "",
            "to",
            "to=",
            "to=/devices",
            "to=//evil.example",
            "to=https://evil.example",
            "to=Devices",
            "to=application/",
            "to=devices/",
            "to=%64evices",
            "return=devices",
            "xto=devices",
            "to=x&to=devices",
        ] {
            assert_eq!(Goal::of_query(query), None, "{query}");
        }
    }
}
