//! Applications, such as web mails, that send their browser here: with a session, it carries a code back to them.

use std::collections::BTreeMap;

use hyper::{HeaderMap, StatusCode};
use postern_ipc::Flow;

use crate::api::is_session_over;
use crate::reply::Reply;

use super::cookies::Cookie;
use super::headers;
use super::step::{End, Next};
use super::view::{Notice, on_to_application, refused_application};
use super::visit::{Remark, Visit};

/// What an application wants: its name, and what it drew at random for this browser. Neither holds a dot.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wanted {
    name: String,
    state: String,
}

impl Wanted {
    /// Reads a query with both and nothing else. posternd decides whether there is such an application.
    fn of_query(query: &str) -> Option<Self> {
        let (first, second) = query.split_once('&')?;
        let (name, state) = (first.strip_prefix("name=")?, second.strip_prefix("state=")?);
        Self::of(name, state)
    }

    fn of_cookie(headers: &HeaderMap) -> Option<Self> {
        let kept = Cookie::Application.of(headers)?;
        let (name, state) = kept.split_once('.')?;
        Self::of(name, state)
    }

    fn of(name: &str, state: &str) -> Option<Self> {
        let is_word = |text: &str, longest| {
            (1..=longest).contains(&text.len())
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        };
        let is_it = is_word(name, 32) && is_word(state, 128);
        is_it.then(|| Self { name: name.to_owned(), state: state.to_owned() })
    }
}

impl Visit<'_> {
    /// Sends the browser back to its application with a code, after a login where there is no session. The application says what it wants in
    /// the query; after the login a cookie does.
    pub(super) async fn application(mut self, query: Option<&str>) -> Reply {
        let asked = query.and_then(Wanted::of_query);
        let is_direct = asked.is_some();
        let Some(wanted) = asked.or_else(|| Wanted::of_cookie(&self.headers)) else {
            // A bookmark of the login, or another tab has gone on already.
            return match query {
                None => self.home(),
                Some(_) => self.notice(Notice::NotFound),
            };
        };
        if self.session.is_none() {
            return keeps(self.see(&self.goal.follows("/log-in")), &wanted);
        }
        let arguments = [("application", &wanted.name), ("state", &wanted.state)];
        let arguments: BTreeMap<String, String> =
            arguments.into_iter().map(|(name, value)| (name.to_owned(), value.clone())).collect();
        let step = self.site.ask(self.network(), self.begin(Flow::ApplicationGrant, arguments)).await;
        let mut reply = match &step.next {
            Next::End(End::Accepted) => match step.records("application_code").last() {
                Some(code) => {
                    let (url, code, state) = (code.text("url"), code.text("code"), code.text("state"));
                    let address = format!("{url}?postern_code={code}&postern_state={state}");
                    // Browsers follow no form to another host (CSP 3, section 6.4.2), and a login was one.
                    if is_direct { headers::see(&address) } else { self.goes_on_to(&address) }
                }
                None => self.notice(Notice::Down),
            },
            Next::End(End::Rejected(reason)) if is_session_over(*reason) => {
                return keeps(self.see_log_in(Remark::Over), &wanted);
            }
            Next::End(End::Rejected(_)) => {
                self.user = None;
                let told: Vec<&str> = step.lines.iter().map(|line| line.prompt.text()).collect();
                self.page(StatusCode::NOT_FOUND, refused_application(self.look(), &told))
            }
            Next::End(End::Busy | End::Unavailable) | Next::Question(_) => {
                return keeps(self.notice(Notice::Down), &wanted);
            }
        };
        headers::add_cookie(&mut reply, Cookie::Application.clear());
        reply
    }

    fn goes_on_to(&self, address: &str) -> Reply {
        self.page(StatusCode::OK, on_to_application(self.look(), address))
    }
}

fn keeps(mut reply: Reply, wanted: &Wanted) -> Reply {
    if let Ok(cookie) = Cookie::Application.set(&format!("{}.{}", wanted.name, wanted.state)) {
        headers::add_cookie(&mut reply, cookie);
    }
    reply
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_names_an_application_and_its_state_and_nothing_else() {
        let state = "A".repeat(43);
        let wanted = Wanted::of_query(&format!("name=roundcube&state={state}")).unwrap();
        assert_eq!((wanted.name.as_str(), wanted.state.as_str()), ("roundcube", state.as_str()));
        for query in [
            "",
            "name=roundcube",
            "state=A&name=roundcube",
            "name=&state=A",
            "name=a&state=",
            "name=a.b&state=A",
            "name=a&state=A.",
            "name=a&state=A&to=https://evil.example",
            "name=a%2e&state=A",
            "name=a&state=A/../",
        ] {
            assert_eq!(Wanted::of_query(query), None, "{query}");
        }
    }
}
