use hyper::Method;
use postern_ipc::PhoneFlow;

use crate::account::AccountPath;
use crate::applications::ApplicationPath;
use crate::{api, assets};

/// What a path leads to. Every other path is 404.
#[derive(Debug, Clone, Copy)]
pub enum Route {
    /// The page.
    Page,
    /// A file of the page.
    Asset(&'static assets::Asset),
    /// The health check.
    Health,
    /// The settings of mail programs.
    Autoconfig,
    /// A request of the page to posternd.
    Api(PhoneFlow),
    /// A page of an account.
    Account(AccountPath),
    /// A question of an application.
    Application(ApplicationPath),
}

impl Route {
    /// The route of a path at the site of the phones' page.
    #[must_use]
    pub fn of(path: &str) -> Option<Self> {
        match path {
            "/" | "/index.html" => Some(Self::Page),
            HEALTH => Some(Self::Health),
            _ => match path.strip_prefix("/api/") {
                Some(name) => api::flow(name).map(Self::Api),
                None => assets::at(path).map(Self::Asset).or_else(|| Self::for_mail_programs(path)),
            },
        }
    }

    /// The route of a path for mail programs: a host that is theirs serves nothing else.
    pub(crate) fn for_mail_programs(path: &str) -> Option<Self> {
        // The first at the mail domain's own host, the other one at `autoconfig.DOMAIN`.
        let paths = ["/.well-known/autoconfig/mail/config-v1.1.xml", "/mail/config-v1.1.xml"];
        paths.contains(&path).then_some(Self::Autoconfig)
    }

    /// Whether it serves a method.
    #[must_use]
    pub fn allows(self, method: &Method) -> bool {
        match self {
            Self::Page | Self::Asset(_) | Self::Health | Self::Autoconfig => {
                matches!(*method, Method::GET | Method::HEAD)
            }
            Self::Api(_) => *method == Method::POST,
            Self::Account(path) => path.allows(method),
            Self::Application(path) => path.allows(method),
        }
    }

    /// The methods that it serves, for the header `Allow` (RFC 9110, section 10.2.1).
    #[must_use]
    pub fn allow(self) -> &'static str {
        match self {
            Self::Page | Self::Asset(_) | Self::Health | Self::Autoconfig => "GET, HEAD",
            Self::Api(_) => "POST",
            Self::Account(path) => path.allow(),
            Self::Application(path) => path.allow(),
        }
    }
}

/// The health check, at every host.
pub(crate) const HEALTH: &str = "/health";
