//! The questions of a conversation, one page each.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hyper::StatusCode;
use postern_ipc::{Flow, Secret};
use tokio::time::{Instant, sleep};

use crate::reply::Reply;

use super::headers;
use super::parked::{Answer, Parked, View};
use super::path::StepId;
use super::purpose::Purpose;
use super::step::{End, Next, Step};
use super::talk::Talk;
use super::view::{Notice, question, waiting};
use super::visit::{Remark, Visit};

impl Visit<'_> {
    /// Keeps a conversation that asks a question, and shows it.
    pub(super) fn park(&self, purpose: Purpose, talk: Talk, step: Step) -> Reply {
        match self.site.parking.park(self.owner(), purpose, talk, step) {
            Some(parked) => {
                let mut reply = self.see(&format!("/step/{}", parked.id));
                self.keep(&mut reply, &parked.take_tokens(), matches!(purpose, Purpose::Change(_)));
                reply
            }
            None => self.notice(Notice::Busy),
        }
    }

    /// The page of a conversation.
    pub(super) async fn show_step(self, id: StepId) -> Reply {
        match self.parked(id) {
            Some(parked) => self.show(&parked, false).await,
            None => self.is_gone(),
        }
    }

    /// An answer, and the next page.
    pub(super) async fn answer_step(self, id: StepId, body: &[u8]) -> Reply {
        let Some(form) = self.form(body, &["turn", "answer", "trust"]) else {
            return self.notice(Notice::Forged);
        };
        let Some(parked) = self.parked(id) else { return self.is_gone() };
        let turn = form.field("turn").parse().unwrap_or(0);
        parked.trusts(form.is_ticked("trust"));
        let answer = Answer::Text(Secret::new(form.field("answer").to_owned()));
        let is_stale = !parked.answer(turn, answer);
        self.show(&parked, is_stale).await
    }

    /// The person gives up.
    pub(super) fn cancel_step(self, id: StepId, body: &[u8]) -> Reply {
        if self.form(body, &[]).is_none() {
            return self.notice(Notice::Forged);
        }
        let Some(parked) = self.parked(id) else { return self.is_gone() };
        parked.cancel();
        self.site.parking.forget(&parked.id);
        match parked.purpose {
            Purpose::LogIn => self.see("/log-in"),
            Purpose::Change(change) => self.see(change.back()),
        }
    }

    /// Says whether a phone has answered, as soon as it has, or after a while.
    pub(super) async fn follow_approval(self, id: StepId) -> Reply {
        let approval = self.parked(id).and_then(|parked| parked.approval());
        let Some((challenge, account)) = approval else { return is_waiting(false) };
        let end = Instant::now() + LONGEST_POLL;
        loop {
            let arguments = [("id", &challenge), ("account", &account)];
            let arguments: BTreeMap<String, String> =
                arguments.into_iter().map(|(name, value)| (name.to_owned(), value.clone())).collect();
            let mut begin = self.begin(Flow::ApprovalCheck, arguments);
            begin.web_session = None;
            begin.interactive = false;
            let step = self.site.ask(begin).await;
            let waits = step.records("approval").last().is_some_and(|record| record.is("is_waiting"));
            let is_known = matches!(step.next, Next::End(End::Accepted));
            if is_known && !waits {
                return is_waiting(false);
            }
            if !is_known || Instant::now() >= end {
                return is_waiting(true);
            }
            sleep(POLL).await;
        }
    }

    async fn show(mut self, parked: &Arc<Parked>, is_stale: bool) -> Reply {
        self.user.clone_from(&parked.user);
        let shown = match parked.view().await {
            View::Working => return self.page(StatusCode::OK, waiting(self.look(), &parked.id)),
            View::Step(shown) => shown,
        };
        let tokens = parked.take_tokens();
        match &shown.step.next {
            Next::Question(asked) => {
                let page = question(self.look(), parked, &shown, asked, is_stale);
                let mut reply = self.page(StatusCode::OK, page);
                self.keep(&mut reply, &tokens, matches!(parked.purpose, Purpose::Change(_)));
                reply
            }
            Next::End(_) => {
                self.site.parking.forget(&parked.id);
                self.finish_with(parked.purpose, &shown.step, &tokens)
            }
        }
    }

    fn parked(&self, id: StepId) -> Option<Arc<Parked>> {
        self.site.parking.of_visitor(id.as_str(), self.visitor())
    }

    /// A conversation that this process does not have: it ended, or the process was restarted.
    fn is_gone(&self) -> Reply {
        if self.session.is_some() { self.see("/security?why=again") } else { self.see_log_in(Remark::Again) }
    }
}

fn is_waiting(is_waiting: bool) -> Reply {
    let text = format!("{{\"is_waiting\":{is_waiting}}}");
    headers::with(StatusCode::OK, "application/json", text)
}

/// How long one request follows a phone. The proxy waits longer.
const LONGEST_POLL: Duration = Duration::from_secs(9);
const POLL: Duration = Duration::from_millis(1500);
