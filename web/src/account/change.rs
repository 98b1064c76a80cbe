//! Changes of an account that a form asks for.

use crate::reply::Reply;

use super::form::Form;
use super::parked::{Tokens, View};
use super::purpose::{Change, Purpose};
use super::step::{End, Next, Step};
use super::view::Notice;
use super::visit::{Remark, Visit};

impl Visit<'_> {
    /// Begins a change. posternd asks for a proof first, unless there is a fresh one.
    pub(super) async fn change(mut self, change: Change, body: &[u8]) -> Reply {
        let Some(form) = self.form(body, change.fields()) else { return self.notice(Notice::Forged) };
        if self.session.is_none() {
            return self.see_log_in(Remark::Over);
        }
        if let Err(reply) = self.check_session().await {
            return *reply;
        }
        let begin = self.begin(change.flow(), change.arguments(&form));
        let Some(parked) = self.park(Purpose::Change(change), begin) else {
            return self.notice(Notice::Busy);
        };
        match parked.view(self.site.longest_view()).await {
            View::Step(shown) if shown.step.question_id().is_none() => {
                self.site.parking.forget(&parked.id);
                self.end_of_change(change, &form, &shown.step).await
            }
            View::Step(_) | View::Working => self.see_step(&parked),
        }
    }

    async fn end_of_change(self, change: Change, form: &Form, step: &Step) -> Reply {
        let problem = step.lines.iter().find(|line| line.is_error).map(|line| &line.prompt);
        match (change, &step.next, problem) {
            (Change::CreateAppPassword, Next::End(End::Rejected(_)), Some(problem)) => {
                self.app_password_form(form, problem).await
            }
            _ => self.finish(Purpose::Change(change), step, &Tokens::of(step)).await,
        }
    }
}
