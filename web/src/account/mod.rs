//! The account's pages: people log in, bind and remove second factors, and create app passwords. Each is one conversation with
//! posternd after the other; nothing is decided here, and nothing is kept but conversations that wait for a person.

mod application;
mod branding;
mod browser_name;
mod change;
mod cookies;
mod finish;
mod form;
mod headers;
mod log_in;
mod origin;
mod pages;
mod parked;
mod path;
mod profile;
mod purpose;
mod section;
mod site;
mod step;
mod steps;
mod talk;
mod view;
mod visit;
mod words;

use hyper::body::Bytes;
use hyper::header::{ALLOW, RETRY_AFTER};
use hyper::{Method, Request, StatusCode};
use tracing::error;

use crate::assets;
use crate::reply::Reply;

use section::Goal;
use view::Notice;
use visit::{Remark, Visit};

pub use form::Form;
pub use path::{AccountPath, PageFile, StepId};
pub use purpose::Change;

pub(crate) use branding::{Branding, RawBranding};
pub(crate) use headers::protect;
pub(crate) use site::AccountSite;

impl AccountSite {
    /// Answers a request for `path`, which allows its method. `client` is the client's address.
    pub(crate) async fn answer(
        &self,
        path: AccountPath,
        client: Option<String>,
        request: Request<Bytes>,
    ) -> Reply {
        if let AccountPath::File(file) = path {
            return self.file(file);
        }
        let (parts, body) = request.into_parts();
        let mut visit = match Visit::of(self, parts.headers, client) {
            Ok(visit) => visit,
            Err(error) => {
                error!("no random bytes: {error}");
                return headers::with(StatusCode::SERVICE_UNAVAILABLE, "text/plain; charset=utf-8", "");
            }
        };
        let query = parts.uri.query();
        visit.goal = path.goal().or_else(|| Goal::of_query(query?)).unwrap_or_default();
        let remark = Remark::of(query);
        let is_post = parts.method == Method::POST;
        match path {
            AccountPath::Home => visit.home(),
            AccountPath::LogIn if is_post => visit.log_in(&body).await,
            AccountPath::LogIn => visit.log_in_form(remark),
            AccountPath::LogOut => visit.log_out(&body).await,
            AccountPath::Language => visit.choose_language(&body),
            AccountPath::Security => visit.security(remark).await,
            AccountPath::AppPasswords => visit.app_passwords().await,
            AccountPath::Devices => visit.devices().await,
            AccountPath::Application => visit.application(query).await,
            AccountPath::Change(change) => visit.change(change, &body).await,
            AccountPath::Profile => visit.profile(&body).await,
            AccountPath::Step(id) if is_post => visit.answer_step(id, &body).await,
            AccountPath::Step(id) => visit.show_step(id).await,
            AccountPath::Cancel(id) => visit.cancel_step(id, &body).await,
            AccountPath::Approval(id) => visit.follow_approval(id).await,
            AccountPath::File(file) => self.file(file),
        }
    }

    /// The page for a path that leads nowhere.
    pub(crate) fn not_found(&self, request_headers: hyper::HeaderMap) -> Reply {
        match Visit::of(self, request_headers, None) {
            Ok(visit) => visit.notice(Notice::NotFound),
            Err(_) => headers::with(StatusCode::NOT_FOUND, "text/plain; charset=utf-8", ""),
        }
    }

    /// The page in the place of what this server answers by itself at this host; people read it. `path` is the one that was asked for.
    pub(crate) fn in_words(
        &self,
        request_headers: hyper::HeaderMap,
        path: Option<AccountPath>,
        reply: Reply,
    ) -> Reply {
        let (Some(notice), Ok(mut visit)) =
            (Notice::of_status(reply.status()), Visit::of(self, request_headers, None))
        else {
            return reply;
        };
        visit.goal = path.and_then(AccountPath::goal).unwrap_or_default();
        let mut page = visit.notice(notice);
        for name in [ALLOW, RETRY_AFTER] {
            if let Some(value) = reply.headers().get(&name) {
                page.headers_mut().insert(name, value.clone());
            }
        }
        page
    }

    fn file(&self, file: PageFile) -> Reply {
        let (content_type, bytes) = match file {
            PageFile::Style => ("text/css; charset=utf-8", Bytes::from_static(assets::ACCOUNT_STYLE)),
            PageFile::Branding => {
                ("text/css; charset=utf-8", Bytes::copy_from_slice(self.branding.style.as_bytes()))
            }
            PageFile::Script => {
                ("text/javascript; charset=utf-8", Bytes::from_static(assets::ACCOUNT_SCRIPT))
            }
            PageFile::Logo => {
                ("image/svg+xml", self.branding.logo.clone().unwrap_or(Bytes::from_static(assets::ICON)))
            }
            PageFile::Icon => ("image/svg+xml", Bytes::from_static(assets::ICON)),
        };
        headers::with(StatusCode::OK, content_type, bytes)
    }
}
