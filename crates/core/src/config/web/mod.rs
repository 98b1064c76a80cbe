//! `[web]`.

mod applications;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use crate::limits::{Limits, SessionLimits};
use crate::session::Application;

use super::http_url::HttpUrl;
use super::reader::Section;

/// `[web]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Web {
    /// The URL of the phone page, ending in a slash.
    pub url: HttpUrl,
    /// The URL of the account's pages, ending in a slash: passkeys are made for it.
    pub account_url: Option<HttpUrl>,
    /// The applications, such as web mails, that people log in to by the account's pages; by name.
    pub applications: BTreeMap<String, Application>,
    /// The local user that serves the page, and may use its flows.
    pub user: String,
}

/// How long browsers stay signed in is set here, and is one of the `limits`.
pub(super) fn read(mut section: Section<'_, '_>, limits: &mut Limits) -> Option<Web> {
    if !section.is_present() {
        return None;
    }
    let url: Option<HttpUrl> = section.needed("url", "\"https://2fa.example.org/\"");
    let account_url: Option<HttpUrl> = section.parsed("account_url");
    for (key, url) in [("url", &url), ("account_url", &account_url)] {
        if url.as_ref().is_some_and(|url| url.target != "/") {
            section.complain(key, "has a path or a query; the page needs a host name of its own");
        }
    }
    if let (Some(url), Some(account)) = (&url, &account_url)
        && url.server.host == account.server.host
    {
        let what = "has the host of url; it needs one of its own, because every page there can use the keys of phones";
        section.complain("account_url", what);
    }
    let user = section.string("user").unwrap_or_else(|| WEB_USER.to_owned());
    if user.is_empty() || user == "root" {
        section.complain(
            "user",
            format!("\"{user}\" may not be the user of a web server; create one, {WEB_USER}"),
        );
    }
    limits.sessions = sessions(&mut section);
    let taken = [&url, &account_url].into_iter().flatten().map(|url| &*url.server.host);
    let applications = applications::read(&mut section, &taken.collect::<Vec<_>>());
    if !applications.is_empty() && account_url.is_none() {
        section.complain("applications", "need account_url, where people log in to them");
    }
    section.done();
    Some(Web { url: url?, account_url, applications, user })
}

fn sessions(section: &mut Section<'_, '_>) -> SessionLimits {
    let default = SessionLimits::default();
    let lifetime = section.duration("session_lifetime", SESSION_LIMITS).unwrap_or(default.lifetime);
    let idle = section.duration("session_idle", SESSION_LIMITS);
    if idle.is_some_and(|idle| idle > lifetime) {
        section.complain("session_idle", "is longer than session_lifetime");
    }
    SessionLimits { idle: idle.unwrap_or(default.idle.min(lifetime)), lifetime }
}

const WEB_USER: &str = "postern-web";
const SESSION_LIMITS: RangeInclusive<Duration> = Duration::from_secs(60)..=Duration::from_secs(31 * 86_400);
