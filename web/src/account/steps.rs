//! The questions of a conversation, one page each.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hyper::StatusCode;
use postern_ipc::{Begin, Flow, Secret};
use tokio::time::{Instant, sleep};

use crate::reply::Reply;

use super::headers;
use super::parked::{Answer, Parked, View};
use super::path::StepId;
use super::purpose::Purpose;
use super::step::{End, Next};
use super::view::{Notice, question, waiting};
use super::visit::{Remark, Visit};

impl Visit<'_> {
    /// Begins a conversation in a task of its own, which a request that breaks off does not end. `None` if too many wait.
    pub(super) fn park(&self, purpose: Purpose, begin: Begin) -> Option<Arc<Parked>> {
        let owner = self.owner();
        let begun = self.site.begin(owner.client, begin);
        self.site.parking.park(owner, purpose, begun)
    }

    /// Sends the browser to the page of a conversation.
    pub(super) fn see_step(&self, parked: &Parked) -> Reply {
        let mut reply = self.see(&self.goal.follows_step(&parked.id));
        self.keep(&mut reply, &parked.tokens(), matches!(parked.purpose, Purpose::Change(_)));
        reply
    }

    /// The page of a conversation.
    pub(super) async fn show_step(self, id: StepId) -> Reply {
        match self.parked(id) {
            Some(parked) => self.show(&parked, Seen::Link).await,
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
        let answer = Answer::Text(Secret::new(form.field("answer").to_owned()), form.is_ticked("trust"));
        let is_current = parked.answer(turn, answer);
        self.show(&parked, if is_current { Seen::Answer } else { Seen::StaleForm }).await
    }

    /// The person gives up.
    pub(super) async fn cancel_step(self, id: StepId, body: &[u8]) -> Reply {
        if self.form(body, &[]).is_none() {
            return self.notice(Notice::Forged);
        }
        let Some(parked) = self.parked(id) else { return self.is_gone() };
        // An answer that is under way may still give the session a new token.
        drop(parked.view(self.site.longest_view()).await);
        parked.cancel();
        let mut reply = match parked.purpose {
            Purpose::LogIn => self.see(&self.goal.follows("/log-in")),
            Purpose::Change(change) => self.see(change.section().path()),
        };
        self.keep(&mut reply, &parked.tokens(), matches!(parked.purpose, Purpose::Change(_)));
        self.site.parking.forget(&parked.id);
        reply
    }

    /// Says whether a phone has answered, as soon as it has, or after a while. One request of a conversation does so at a time.
    pub(super) async fn follow_approval(self, id: StepId) -> Reply {
        let Some(parked) = self.parked(id) else { return is_waiting(false) };
        let Some((challenge, account)) = parked.approval() else { return is_waiting(false) };
        let (poll, end) = (parked.new_poll(), Instant::now() + self.site.longest_view());
        loop {
            let arguments = [("id", &challenge), ("account", &account)];
            let arguments: BTreeMap<String, String> =
                arguments.into_iter().map(|(name, value)| (name.to_owned(), value.clone())).collect();
            let mut begin = self.begin(Flow::ApprovalCheck, arguments);
            begin.web_session = None;
            begin.interactive = false;
            let step = self.site.ask(self.network(), begin).await;
            if !matches!(step.next, Next::End(End::Accepted)) {
                return headers::with(StatusCode::SERVICE_UNAVAILABLE, "application/json", "{}");
            }
            if !step.records("approval").last().is_some_and(|record| record.is("is_waiting")) {
                return is_waiting(false);
            }
            if Instant::now() >= end || !parked.is_newest_poll(poll) {
                return is_waiting(true);
            }
            sleep(POLL).await;
        }
    }

    async fn show(mut self, parked: &Arc<Parked>, seen: Seen) -> Reply {
        self.user.clone_from(&parked.user);
        self.words = parked.words;
        let shown = match parked.view(self.site.longest_view()).await {
            View::Working => return self.page(StatusCode::OK, waiting(self.look(), &parked.id)),
            View::Step(shown) => shown,
        };
        let tokens = parked.tokens();
        match &shown.step.next {
            Next::Question(asked) => {
                let page = question(self.look(), parked, &shown, asked, seen == Seen::StaleForm);
                let mut reply = self.page(StatusCode::OK, page);
                self.keep(&mut reply, &tokens, matches!(parked.purpose, Purpose::Change(_)));
                reply
            }
            // Secrets are shown once; a form that was sent twice is one look.
            Next::End(_) if parked.end_is_shown() && seen == Seen::Link => self.is_gone(),
            Next::End(_) => self.finish(parked.purpose, &shown.step, &tokens).await,
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

/// How a page of a conversation was asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    /// By GET.
    Link,
    /// By an answer to its question.
    Answer,
    /// By a form of an earlier question.
    StaleForm,
}

fn is_waiting(is_waiting: bool) -> Reply {
    let text = format!("{{\"is_waiting\":{is_waiting}}}");
    headers::with(StatusCode::OK, "application/json", text)
}

const POLL: Duration = Duration::from_millis(1500);
