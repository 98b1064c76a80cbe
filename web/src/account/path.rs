use hyper::Method;

use super::purpose::Change;
use super::section::{APPLICATION_PATH, Goal, Section};

/// What a path of the account's pages leads to. Every other path is 404.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountPath {
    /// Goes to the first page or to the login.
    Home,
    /// The form for name and main password.
    LogIn,
    /// Ends the session.
    LogOut,
    /// Chooses the language.
    Language,
    /// Second factors and recovery codes.
    Security,
    /// App passwords.
    AppPasswords,
    /// Trusted devices and sessions.
    Devices,
    /// Lets an application in that sent its browser here.
    Application,
    /// Begins a change.
    Change(Change),
    /// Makes the profile of an app password that the page has just shown.
    Profile,
    /// The question of a conversation.
    Step(StepId),
    /// Gives a conversation up.
    Cancel(StepId),
    /// Whether a phone has answered.
    Approval(StepId),
    /// A file of the pages.
    File(PageFile),
}

/// A file of the account's pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageFile {
    /// The style sheet.
    Style,
    /// The site's colours.
    Branding,
    /// The script.
    Script,
    /// The site's logo.
    Logo,
    /// The icon of the tab.
    Icon,
}

/// The id of a conversation of this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepId([u8; LENGTH]);

impl StepId {
    fn parse(text: &str) -> Option<Self> {
        let is_ours = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        text.as_bytes().try_into().ok().filter(|_| is_ours).map(Self)
    }

    /// As it stands in the path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl AccountPath {
    /// What the path leads to.
    #[must_use]
    pub fn of(path: &str) -> Option<Self> {
        Some(match path {
            "/" => Self::Home,
            "/log-in" => Self::LogIn,
            "/log-out" => Self::LogOut,
            "/language" => Self::Language,
            "/security" => Self::Security,
            "/app-passwords" => Self::AppPasswords,
            "/devices" => Self::Devices,
            APPLICATION_PATH => Self::Application,
            PROFILE_PATH => Self::Profile,
            "/account.css" => Self::File(PageFile::Style),
            "/branding.css" => Self::File(PageFile::Branding),
            "/account.js" => Self::File(PageFile::Script),
            "/logo" => Self::File(PageFile::Logo),
            "/icon.svg" => Self::File(PageFile::Icon),
            _ => return Self::of_step(path).or_else(|| Self::of_change(path)),
        })
    }

    fn of_change(path: &str) -> Option<Self> {
        Change::ALL.into_iter().find(|change| change.path() == path).map(Self::Change)
    }

    fn of_step(path: &str) -> Option<Self> {
        let rest = path.strip_prefix("/step/")?;
        match rest.split_once('/') {
            None => StepId::parse(rest).map(Self::Step),
            Some((id, "cancel")) => StepId::parse(id).map(Self::Cancel),
            Some((id, "approval")) => StepId::parse(id).map(Self::Approval),
            Some(_) => None,
        }
    }

    /// Its name in the log: the path, without the id of a conversation.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Home => "/",
            Self::LogIn => "/log-in",
            Self::LogOut => "/log-out",
            Self::Language => "/language",
            Self::Security => "/security",
            Self::AppPasswords => "/app-passwords",
            Self::Devices => "/devices",
            Self::Application => APPLICATION_PATH,
            Self::Change(change) => change.path(),
            Self::Profile => PROFILE_PATH,
            Self::Step(_) => "/step",
            Self::Cancel(_) => "/step/cancel",
            Self::Approval(_) => "/step/approval",
            Self::File(PageFile::Style) => "/account.css",
            Self::File(PageFile::Branding) => "/branding.css",
            Self::File(PageFile::Script) => "/account.js",
            Self::File(PageFile::Logo) => "/logo",
            Self::File(PageFile::Icon) => "/icon.svg",
        }
    }

    /// What a login on the way leads back to. `None`: its query says so.
    pub(super) fn goal(self) -> Option<Goal> {
        match self {
            Self::Security => Some(Goal::Section(Section::Security)),
            Self::AppPasswords | Self::Profile => Some(Goal::Section(Section::AppPasswords)),
            Self::Devices => Some(Goal::Section(Section::Devices)),
            Self::Change(change) => Some(Goal::Section(change.section())),
            Self::Application => Some(Goal::Application),
            Self::Home
            | Self::LogIn
            | Self::LogOut
            | Self::Language
            | Self::Step(_)
            | Self::Cancel(_)
            | Self::Approval(_)
            | Self::File(_) => None,
        }
    }

    /// The methods that it serves, for the header `Allow` (RFC 9110, section 10.2.1). GET changes nothing.
    #[must_use]
    pub fn allow(self) -> &'static str {
        match self {
            Self::LogIn => "GET, HEAD, POST",
            // A code for the application, which HEAD does not carry on.
            Self::Application => "GET",
            // Its end is shown once, and HEAD shows nothing.
            Self::Step(_) => "GET, POST",
            Self::LogOut | Self::Language | Self::Change(_) | Self::Profile | Self::Cancel(_) => "POST",
            Self::Home
            | Self::Security
            | Self::AppPasswords
            | Self::Devices
            | Self::Approval(_)
            | Self::File(_) => "GET, HEAD",
        }
    }

    /// Whether it serves a method.
    #[must_use]
    pub fn allows(self, method: &Method) -> bool {
        self.allow().split(", ").any(|allowed| allowed == method.as_str())
    }
}

/// Where a page with a new app password sends its form.
pub(super) const PROFILE_PATH: &str = "/app-passwords/profile";
const LENGTH: usize = super::parked::ID_LENGTH;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_leads_to_itself() {
        for path in [
            "/",
            "/log-in",
            "/log-out",
            "/language",
            "/security",
            "/app-passwords",
            "/devices",
            "/application",
            "/account.css",
            "/logo",
        ] {
            assert_eq!(AccountPath::of(path).unwrap().name(), path);
        }
        for change in Change::ALL {
            assert_eq!(AccountPath::of(change.path()), Some(AccountPath::Change(change)));
        }
    }

    #[test]
    fn a_path_of_a_step_has_an_id_of_ours() {
        let id = "AbcdEfgh1234-_56";
        assert!(
            matches!(AccountPath::of(&format!("/step/{id}")), Some(AccountPath::Step(found)) if found.as_str() == id)
        );
        assert!(matches!(AccountPath::of(&format!("/step/{id}/cancel")), Some(AccountPath::Cancel(_))));
        for path in [
            "/step/",
            "/step/short",
            "/step/AbcdEfgh1234-_5%",
            "/step/AbcdEfgh1234-_56/",
            "/step/AbcdEfgh1234-_56/x",
            "/step/AbcdEfgh1234-_56/cancel/",
            "/security/",
            "//security",
            "/Security",
            "/security/../devices",
            "",
        ] {
            assert_eq!(AccountPath::of(path), None, "{path}");
        }
    }

    #[test]
    fn get_begins_no_change() {
        for change in Change::ALL {
            let path = AccountPath::Change(change);
            assert!(path.allows(&Method::POST) && !path.allows(&Method::GET) && !path.allows(&Method::HEAD));
        }
        assert!(!AccountPath::LogOut.allows(&Method::GET) && !AccountPath::Language.allows(&Method::GET));
    }
}
