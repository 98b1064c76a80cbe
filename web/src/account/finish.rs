//! What follows the end of a conversation.

use std::collections::BTreeMap;

use hyper::StatusCode;
use postern_ipc::Flow;

use crate::api::is_session_over;
use crate::reply::Reply;

use super::cookies::Cookie;
use super::headers;
use super::parked::Tokens;
use super::purpose::{Change, Purpose};
use super::step::{End, Next, Step};
use super::view::{Notice, is_worth_showing, result};
use super::visit::{Remark, Visit};

impl Visit<'_> {
    /// The reply at the end of a conversation; the browser keeps `tokens`.
    pub(super) async fn finish(mut self, purpose: Purpose, step: &Step, tokens: &Tokens) -> Reply {
        let end = match &step.next {
            Next::End(end) => end,
            // Only an end is finished.
            Next::Question(_) => &End::Unavailable,
        };
        if self.user.is_none() {
            self.user = step.records("session").last().map(|record| record.text("user").to_owned());
        }
        let is_logged_in = purpose == Purpose::LogIn && matches!(end, End::Accepted);
        if is_logged_in {
            self.renew_visitor();
            self.end_earlier_session().await;
        }
        let mut reply = match end {
            End::Accepted if is_worth_showing(purpose, step) => {
                self.page(StatusCode::OK, result(self.look(), purpose, step, end))
            }
            End::Accepted => match purpose {
                Purpose::Change(Change::EndSessions) => self.see_log_in(Remark::Out),
                Purpose::LogIn | Purpose::Change(_) => self.see(purpose.goal(self.goal).path()),
            },
            End::Rejected(reason) => match purpose {
                Purpose::Change(_) if is_session_over(*reason) => self.see_log_in(Remark::Over),
                Purpose::LogIn | Purpose::Change(_) => {
                    self.page(StatusCode::FORBIDDEN, result(self.look(), purpose, step, end))
                }
            },
            // What was told is not lost, whatever came after it.
            End::Unavailable if has_secrets(step) => {
                self.page(StatusCode::SERVICE_UNAVAILABLE, result(self.look(), purpose, step, end))
            }
            End::Busy => self.notice(Notice::Busy),
            End::Unavailable => self.notice(Notice::Down),
        };
        self.keep(&mut reply, tokens, is_logged_in || purpose != Purpose::LogIn);
        if purpose == Purpose::Change(Change::EndSessions) && matches!(end, End::Accepted) {
            headers::add_cookie(&mut reply, Cookie::Session.clear());
        }
        reply
    }

    /// The session that this browser had, if any: its cookie is replaced now, and nobody could log it out by it any more.
    async fn end_earlier_session(&mut self) {
        if self.session.is_some() {
            drop(self.site.ask(self.network(), self.begin(Flow::SessionEnd, BTreeMap::new())).await);
        }
    }
}

fn has_secrets(step: &Step) -> bool {
    ["app_password", "recovery_code"].iter().any(|name| step.records(name).next().is_some())
}
