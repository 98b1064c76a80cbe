//! One request of a browser: who it is, and the language and the form of its pages.

use std::collections::BTreeMap;

use hyper::StatusCode;
use hyper::header::{ACCEPT_LANGUAGE, HeaderMap};
use postern_ipc::{Begin, Flow, Secret, Version};
use tracing::error;
use zeroize::Zeroizing;

use crate::address::Network;
use crate::reply::Reply;
use crate::token::random_token;

use super::cookies::Cookie;
use super::headers;
use super::parked::{Owner, Tokens};
use super::section::Goal;
use super::site::AccountSite;
use super::view::{Look, Notice, notice};
use super::words::{ENGLISH, Words};

/// A request, and what the browser sent with it.
pub(super) struct Visit<'a> {
    pub(super) site: &'a AccountSite,
    pub(super) headers: HeaderMap,
    /// The client's address as the proxy reports it.
    pub(super) client: Option<String>,
    visitor: Zeroizing<String>,
    is_new: bool,
    chosen: Option<&'static Words>,
    pub(super) words: &'static Words,
    pub(super) session: Option<Zeroizing<String>>,
    /// Who is logged in, once posternd has said so.
    pub(super) user: Option<String>,
    /// Where the person is, or wants to go after the login.
    pub(super) goal: Goal,
}

impl std::fmt::Debug for Visit<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Visit")
    }
}

impl<'a> Visit<'a> {
    /// Reads the cookies of a request.
    ///
    /// # Errors
    /// The operating system gives no random bytes.
    pub(super) fn of(
        site: &'a AccountSite,
        headers: HeaderMap,
        client: Option<String>,
    ) -> Result<Self, getrandom::Error> {
        let known = Cookie::Visitor.of(&headers);
        let is_new = known.is_none();
        let visitor = match known {
            Some(known) => known,
            None => random_token()?,
        };
        let chosen = Cookie::Language.of(&headers).and_then(|tag| Words::of_tag(&tag));
        let accepted = || Words::accepted(headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?);
        let words = chosen.or_else(accepted).unwrap_or(&ENGLISH);
        let session = Cookie::Session.of(&headers);
        Ok(Self {
            site,
            headers,
            client,
            visitor,
            is_new,
            chosen,
            words,
            session,
            user: None,
            goal: Goal::default(),
        })
    }

    /// The cookie of the browser; one that it did not send is good for nothing yet.
    pub(super) fn visitor(&self) -> Option<&str> {
        (!self.is_new).then_some(self.visitor.as_str())
    }

    /// The browser gets another token once somebody is logged in, so that nobody who knew the earlier one can use it.
    pub(super) fn renew_visitor(&mut self) {
        match random_token() {
            Ok(token) => (self.visitor, self.is_new) = (token, true),
            Err(error) => error!("no random bytes: {error}"),
        }
    }

    /// Whose a conversation of this request is.
    pub(super) fn owner(&self) -> Owner<'_> {
        Owner {
            visitor: &self.visitor,
            client: self.network(),
            user: self.user.as_deref(),
            words: self.words,
        }
    }

    /// What limits count as one client.
    pub(super) fn network(&self) -> Option<Network> {
        self.client.as_deref().and_then(Network::of)
    }

    pub(super) fn look(&self) -> Look<'_> {
        Look {
            words: self.words,
            branding: &self.site.branding,
            token: &self.visitor,
            user: self.user.as_deref(),
            goal: self.goal,
        }
    }

    /// The account's own language, unless the person chose one on the page.
    pub(super) fn speaks(&mut self, tag: &str) {
        if self.chosen.is_none() {
            self.words = Words::of_tag(tag).unwrap_or(self.words);
        }
    }

    /// A conversation of this browser.
    pub(super) fn begin(&self, flow: Flow, arguments: BTreeMap<String, String>) -> Begin {
        Begin {
            version: Version::Two,
            rhost: self.client.clone(),
            language: Some(self.words.tag.to_owned()),
            interactive: true,
            web_session: self.session.as_ref().map(|token| Secret::new(token.to_string())),
            arguments,
            ..Begin::new(flow, "", "")
        }
    }

    /// A page of this browser.
    pub(super) fn page(&self, status: StatusCode, markup: maud::Markup) -> Reply {
        self.greeted(headers::page(status, markup))
    }

    /// A page that says what is the matter.
    pub(super) fn notice(&self, what: Notice) -> Reply {
        let status = match what {
            Notice::Down | Notice::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Notice::NotFound => StatusCode::NOT_FOUND,
            Notice::Forged => StatusCode::FORBIDDEN,
            Notice::Late => StatusCode::REQUEST_TIMEOUT,
            Notice::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Notice::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Notice::OfForm => StatusCode::METHOD_NOT_ALLOWED,
        };
        self.page(status, notice(self.look(), what))
    }

    /// Sends the browser to a page of ours.
    pub(super) fn see(&self, path: &str) -> Reply {
        self.greeted(headers::see(path))
    }

    /// Sends the browser to the login. A cookie that is good no more stays: another tab may have set a new one just now.
    pub(super) fn see_log_in(&self, why: Remark) -> Reply {
        self.see(&self.goal.follows(&format!("/log-in?why={}", why.name())))
    }

    fn greeted(&self, mut reply: Reply) -> Reply {
        if self.is_new
            && let Ok(cookie) = Cookie::Visitor.set(&self.visitor)
        {
            headers::add_cookie(&mut reply, cookie);
        }
        reply
    }

    /// Has the browser keep what posternd told. A session counts only where its login was accepted.
    pub(super) fn keep(&self, reply: &mut Reply, tokens: &Tokens, has_session: bool) {
        let session = tokens.session.as_ref().filter(|_| has_session);
        for (cookie, token) in
            [(Cookie::Session, session), (Cookie::TrustedBrowser, tokens.trusted_browser.as_ref())]
        {
            if let Some(value) = token.and_then(|token| cookie.set(token).ok()) {
                headers::add_cookie(reply, value);
            }
        }
    }
}

/// What happened before, on the page that follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Remark {
    /// The session is over.
    Over,
    /// The person logged out.
    Out,
    /// A conversation is not there any more.
    Again,
}

impl Remark {
    fn name(self) -> &'static str {
        match self {
            Self::Over => "over",
            Self::Out => "out",
            Self::Again => "again",
        }
    }

    /// What a query says.
    pub(super) fn of(query: Option<&str>) -> Option<Self> {
        let name = query?.split('&').find_map(|pair| pair.strip_prefix("why="))?;
        [Self::Over, Self::Out, Self::Again].into_iter().find(|remark| remark.name() == name)
    }
}
