//! Logging in and out, and the language.

use hyper::StatusCode;
use postern_ipc::{Begin, Flow, Secret};

use crate::reply::Reply;

use super::browser_name::browser_name;
use super::cookies::Cookie;
use super::form::Form;
use super::headers;
use super::parked::{Tokens, View};
use super::purpose::Purpose;
use super::section::{Goal, Section};
use super::step::{End, Next, Step};
use super::view::{Notice, log_in};
use super::visit::{Remark, Visit};
use super::words::Words;

impl Visit<'_> {
    /// Where a person begins.
    pub(super) fn home(&self) -> Reply {
        self.see(if self.session.is_some() { Section::Security.path() } else { "/log-in" })
    }

    /// The form for name and main password.
    pub(super) fn log_in_form(&self, remark: Option<Remark>) -> Reply {
        let remark = remark.map(|remark| match remark {
            Remark::Over => self.words.session_over,
            Remark::Out => self.words.logged_out,
            Remark::Again => self.words.begin_again,
        });
        self.page(StatusCode::OK, log_in(self.look(), "", None, remark))
    }

    /// Name and main password.
    pub(super) async fn log_in(self, body: &[u8]) -> Reply {
        let Some(form) = self.form(body, &["user", "password"]) else { return self.notice(Notice::Forged) };
        let (name, password) = (form.field("user").trim(), form.field("password"));
        if name.is_empty() || password.is_empty() {
            let page = log_in(self.look(), name, Some(self.words.not_complete), None);
            return self.page(StatusCode::BAD_REQUEST, page);
        }
        let trusted = Cookie::TrustedBrowser.of(&self.headers);
        let begin = Begin {
            service: SERVICE.to_owned(),
            user: name.to_owned(),
            secret: Some(Secret::new(password.to_owned())),
            web_session: None,
            trusted_browser: trusted.map(|token| Secret::new(token.to_string())),
            browser: browser_name(&self.headers),
            ..self.begin(Flow::Login, std::collections::BTreeMap::new())
        };
        let Some(parked) = self.park(Purpose::LogIn, begin) else {
            let page = log_in(self.look(), name, Some(self.words.busy), None);
            return self.page(StatusCode::SERVICE_UNAVAILABLE, page);
        };
        match parked.view(self.site.longest_view()).await {
            View::Step(shown) if shown.step.question_id().is_none() => {
                self.site.parking.forget(&parked.id);
                self.first_end(name, &shown.step).await
            }
            View::Step(_) | View::Working => self.see_step(&parked),
        }
    }

    /// A login that ended before a question was asked.
    async fn first_end(self, name: &str, step: &Step) -> Reply {
        let words = self.words;
        let (status, page) = match &step.next {
            Next::End(End::Rejected(_)) => {
                let told: Vec<&str> = step.lines.iter().map(|line| line.prompt.text()).collect();
                let told = told.join(" ");
                let problem = if told.is_empty() { words.log_in_failed } else { &told };
                (StatusCode::FORBIDDEN, log_in(self.look(), name, Some(problem), None))
            }
            Next::End(End::Busy) => {
                (StatusCode::SERVICE_UNAVAILABLE, log_in(self.look(), name, Some(words.busy), None))
            }
            Next::End(End::Unavailable) => {
                (StatusCode::SERVICE_UNAVAILABLE, log_in(self.look(), name, Some(words.down_text), None))
            }
            Next::End(End::Accepted) | Next::Question(_) => {
                return self.finish(Purpose::LogIn, step, &Tokens::of(step)).await;
            }
        };
        let mut reply = self.page(status, page);
        self.keep(&mut reply, &Tokens::of(step), false);
        reply
    }

    /// Ends the session, here and in the ledger.
    pub(super) async fn log_out(self, body: &[u8]) -> Reply {
        if self.form(body, &[]).is_none() {
            return self.notice(Notice::Forged);
        }
        if self.session.is_some() {
            let begin = self.begin(Flow::SessionEnd, std::collections::BTreeMap::new());
            if let Next::End(End::Unavailable | End::Busy) = self.site.ask(self.network(), begin).await.next {
                // It is still open: the person has to know.
                return self.notice(Notice::Down);
            }
        }
        let mut reply = self.see_log_in(Remark::Out);
        headers::add_cookie(&mut reply, Cookie::Session.clear());
        headers::clear_site_data(reply.headers_mut());
        headers::add_cookie(&mut reply, Cookie::Visitor.clear());
        reply
    }

    /// The switch at the foot of each page.
    pub(super) fn choose_language(&self, body: &[u8]) -> Reply {
        let Some(form) = self.form(body, &["to", "back"]) else { return self.notice(Notice::Forged) };
        let back = Goal::at(form.field("back"));
        let mut reply = self.see(back.map_or("/", Goal::path));
        if let Some(cookie) =
            Words::of_tag(form.field("to")).and_then(|words| Cookie::Language.set(words.tag).ok())
        {
            headers::add_cookie(&mut reply, cookie);
        }
        reply
    }

    /// A form of one of our pages, with `fields` beside the token.
    pub(super) fn form(&self, body: &[u8], fields: &[&str]) -> Option<Form> {
        if !super::form::is_form(&self.headers) {
            return None;
        }
        let known: Vec<&str> = fields.iter().copied().chain([TOKEN]).collect();
        let form = Form::parse(body, &known)?;
        super::origin::is_from_page(&self.site.url, &self.headers, self.visitor(), form.field(TOKEN))
            .then_some(form)
    }
}

const TOKEN: &str = "token";
/// The service of logins with a browser.
const SERVICE: &str = "web";
