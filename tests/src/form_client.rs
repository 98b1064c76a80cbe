//! A browser without a script, without pictures, and without a mind of its own: it keeps cookies, follows redirects and sends the
//! forms of the account's pages as it is told.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::account_host::{AccountHost, AccountPages};
use crate::guard::pause;
use crate::http::{HttpReply, escaped};
use crate::login_host::LoginUser;

/// A client of the account's pages, with its cookies and the page that it is at.
#[derive(Debug, Clone)]
pub struct FormClient<'h> {
    pages: &'h AccountPages,
    /// By name.
    pub cookies: BTreeMap<String, String>,
    /// Headers that go with every request, in the place of the usual ones.
    pub headers: Vec<(String, String)>,
    /// The path of the page.
    pub path: String,
    /// The last answer that was no redirect.
    pub page: HttpReply,
    /// All answers since the last request of a caller, redirects among them.
    pub replies: Vec<HttpReply>,
}

impl<'h> FormClient<'h> {
    /// One that has seen the login.
    #[must_use]
    pub fn new(host: &'h AccountHost) -> Self {
        Self::of(host.pages())
    }

    /// The same at these pages.
    #[must_use]
    pub fn of(pages: &'h AccountPages) -> Self {
        let page = HttpReply { status: 0, headers: Vec::new(), body: String::new() };
        let mut client = Self {
            pages,
            cookies: BTreeMap::new(),
            headers: Vec::new(),
            path: "/".to_owned(),
            page,
            replies: Vec::new(),
        };
        client.get("/log-in");
        client
    }

    /// One that is logged in with the main password alone.
    #[must_use]
    #[track_caller]
    pub fn logged_in(host: &'h AccountHost, user: &LoginUser) -> Self {
        let mut client = Self::new(host);
        client.log_in(user);
        assert_eq!(client.path, "/security", "{}", client.page.body);
        client
    }

    /// The same browser, whose next request goes to these pages.
    #[must_use]
    pub fn at<'p>(&self, pages: &'p AccountPages) -> FormClient<'p> {
        let Self { pages: _, cookies, headers, path, page, replies } = self.clone();
        FormClient { pages, cookies, headers, path, page, replies }
    }

    /// GETs a page.
    pub fn get(&mut self, path: &str) -> &HttpReply {
        self.replies.clear();
        self.send("GET", path, None)
    }

    /// Sends name and main password.
    pub fn log_in(&mut self, user: &LoginUser) -> &HttpReply {
        self.get("/log-in");
        self.log_in_here(user)
    }

    /// The same, from the login that the page is.
    pub fn log_in_here(&mut self, user: &LoginUser) -> &HttpReply {
        let action = self.action("/log-in");
        self.submit(&action, &[("user", &user.unix.name), ("password", &user.password)])
    }

    /// Where the first form of the page whose address begins so is sent.
    #[must_use]
    #[track_caller]
    pub fn action(&self, beginning: &str) -> String {
        let at = format!("action=\"{beginning}");
        let rest = self.page.body.split(&at).nth(1).expect("a form");
        format!("{beginning}{}", rest.split('"').next().unwrap_or_default())
    }

    /// Sends a form of the page, with its token and the number of its question.
    pub fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> &HttpReply {
        let mut all: Vec<(&str, String)> =
            fields.iter().map(|&(name, value)| (name, value.to_owned())).collect();
        for hidden in ["token", "turn"] {
            let is_given = fields.iter().any(|(name, _)| *name == hidden);
            let belongs = hidden == "token" || (path.starts_with("/step/") && !path.contains("/cancel"));
            if let Some(value) = self.hidden(hidden).filter(|_| belongs && !is_given) {
                all.push((hidden, value));
            }
        }
        let body: Vec<String> =
            all.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
        self.replies.clear();
        self.send("POST", path, Some(&body.join("&")))
    }

    /// Answers the question of the page.
    pub fn answer(&mut self, answer: &str) -> &HttpReply {
        let path = self.path.clone();
        assert!(path.starts_with("/step/"), "no question at {path}: {}", self.page.body);
        self.submit(&path, &[("answer", answer)])
    }

    /// The value of a hidden field.
    #[must_use]
    pub fn hidden(&self, name: &str) -> Option<String> {
        let at = format!("name=\"{name}\" value=\"");
        let rest = self.page.body.split(&at).nth(1)?;
        Some(rest.split('"').next()?.to_owned())
    }

    /// The cookie of a name that ends so.
    #[must_use]
    pub fn cookie(&self, ending: &str) -> Option<String> {
        self.cookies.iter().find(|(name, _)| name.ends_with(ending)).map(|(_, value)| value.clone())
    }

    fn send(&mut self, method: &str, path: &str, body: Option<&str>) -> &HttpReply {
        let mut request = self.pages.request(method, path);
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request = request.header("Cookie", &cookies.join("; "));
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some(body) = body {
            request = request.header("Content-Type", "application/x-www-form-urlencoded").body(body);
        }
        let reply = request.send();
        self.path = path.to_owned();
        self.keep_cookies(&reply);
        self.replies.push(reply.clone());
        match reply.header("location").map(ToOwned::to_owned) {
            // Another host is not followed to.
            Some(location) if reply.status == 303 && location.starts_with('/') => {
                self.send("GET", &location, None)
            }
            // posternd is still working.
            _ if reply.body.contains("http-equiv=\"refresh\" content=\"3\"") => {
                pause(Duration::from_secs(1));
                let path = self.path.clone();
                self.send("GET", &path, None)
            }
            _ => {
                self.page = reply;
                &self.page
            }
        }
    }

    fn keep_cookies(&mut self, reply: &HttpReply) {
        for (name, value) in &reply.headers {
            if name != "set-cookie" {
                continue;
            }
            let pair = value.split(';').next().unwrap_or_default();
            let (name, kept) = pair.split_once('=').expect("a cookie");
            if value.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), kept.to_owned());
            }
        }
    }
}
