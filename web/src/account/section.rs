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

    /// The section at this address.
    pub(super) fn at(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|section| section.path() == path)
    }

    pub(super) fn name(self, words: &Words) -> &'static str {
        match self {
            Self::Security => words.security,
            Self::AppPasswords => words.app_passwords,
            Self::Devices => words.devices,
        }
    }

    /// The section that a query names as what follows a login. No query leads anywhere else.
    pub(super) fn of_query(query: &str) -> Option<Self> {
        let name = query.split('&').find_map(|pair| pair.strip_prefix(KEY)?.strip_prefix('='))?;
        Self::ALL.into_iter().find(|section| section.word() == name)
    }

    /// An address of the login or of a conversation that says where the person wants to go afterwards.
    pub(super) fn follows(self, address: &str) -> String {
        match self {
            Self::Security => address.to_owned(),
            Self::AppPasswords | Self::Devices => {
                let divider = if address.contains('?') { '&' } else { '?' };
                format!("{address}{divider}{KEY}={}", self.word())
            }
        }
    }

    /// The address of a conversation's page.
    pub(super) fn follows_step(self, id: &str) -> String {
        self.follows(&format!("/step/{id}"))
    }

    fn word(self) -> &'static str {
        self.path().trim_start_matches('/')
    }
}

const KEY: &str = "to";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_names_a_section_and_nothing_else() {
        for section in Section::ALL {
            let address = section.follows("/log-in?why=over");
            let query = address.split_once('?').unwrap().1;
            assert_eq!(Section::of_query(query).unwrap_or_default(), section);
            assert_eq!(Section::at(section.path()), Some(section));
        }
        assert_eq!(Section::Devices.follows_step("abc"), "/step/abc?to=devices");
        for query in [
            "",
            "to",
            "to=",
            "to=/devices",
            "to=//evil.example",
            "to=https://evil.example",
            "to=Devices",
            "to=devices/",
            "to=%64evices",
            "return=devices",
            "xto=devices",
            "to=x&to=devices",
        ] {
            assert_eq!(Section::of_query(query), None, "{query}");
        }
    }
}
