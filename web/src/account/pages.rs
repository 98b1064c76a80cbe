//! The pages that list what an account has.

use std::collections::BTreeMap;

use hyper::StatusCode;
use postern_ipc::Flow;

use crate::api::is_session_over;
use crate::reply::Reply;

use super::form::Form;
use super::step::{End, Next, Prompt, Step};
use super::view::{self, AppPasswordForm, Notice};
use super::visit::{Remark, Visit};

impl Visit<'_> {
    pub(super) async fn security(mut self, remark: Option<Remark>) -> Reply {
        self.security_page(remark).await.unwrap_or_else(|reply| *reply)
    }

    async fn security_page(&mut self, remark: Option<Remark>) -> Result<Reply, Box<Reply>> {
        let factors = self.listed(Flow::Factors).await?;
        // The advice about mail programs is for who has no app password yet.
        let has_factor = factors.records("factor").next().is_some();
        let lacks_app_password =
            has_factor && self.list(Flow::AppPasswordList).await?.records("app_password").next().is_none();
        let remark = remark.filter(|remark| *remark == Remark::Again).map(|_| self.words.change_begin_again);
        let page = view::security(self.look(), &factors, lacks_app_password, remark);
        Ok(self.page(StatusCode::OK, page))
    }

    pub(super) async fn app_passwords(mut self) -> Reply {
        match self.listed(Flow::AppPasswordList).await {
            Ok(step) => {
                let form = AppPasswordForm { sent: None, problem: None };
                self.page(StatusCode::OK, view::app_passwords(self.look(), &step, form))
            }
            Err(reply) => *reply,
        }
    }

    /// The form for a new app password again, with what was wrong.
    pub(super) async fn app_password_form(mut self, form: &Form, problem: &Prompt) -> Reply {
        match self.listed(Flow::AppPasswordList).await {
            Ok(step) => {
                let form = AppPasswordForm { sent: Some(form), problem: Some((&problem.id, problem.text())) };
                self.page(StatusCode::BAD_REQUEST, view::app_passwords(self.look(), &step, form))
            }
            Err(reply) => *reply,
        }
    }

    pub(super) async fn devices(mut self) -> Reply {
        self.devices_page().await.unwrap_or_else(|reply| *reply)
    }

    async fn devices_page(&mut self) -> Result<Reply, Box<Reply>> {
        let lists = view::DeviceLists {
            sessions: self.listed(Flow::SessionList).await?,
            trusted: self.list(Flow::DeviceList).await?,
            factors: self.list(Flow::Factors).await?,
            history: self.list(Flow::History).await?,
        };
        Ok(self.page(StatusCode::OK, view::devices(self.look(), &lists)))
    }

    /// Finds out who is logged in. `Err` is the reply if nobody is.
    pub(super) async fn check_session(&mut self) -> Result<(), Box<Reply>> {
        if self.session.is_none() {
            return Err(Box::new(self.see(&self.goal.follows("/log-in"))));
        }
        let step = self.list(Flow::SessionCheck).await?;
        if let Some(session) = step.records("session").last() {
            self.user = Some(session.text("user").to_owned());
            let language = session.text("language").to_owned();
            self.speaks(&language);
        }
        Ok(())
    }

    /// The same, and what a flow lists.
    async fn listed(&mut self, flow: Flow) -> Result<Step, Box<Reply>> {
        self.check_session().await?;
        self.list(flow).await
    }

    async fn list(&self, flow: Flow) -> Result<Step, Box<Reply>> {
        let step = self.site.ask(self.network(), self.begin(flow, BTreeMap::new())).await;
        match &step.next {
            Next::End(End::Accepted) => Ok(step),
            Next::End(End::Rejected(reason)) if is_session_over(*reason) => {
                Err(Box::new(self.see_log_in(Remark::Over)))
            }
            Next::End(End::Rejected(_) | End::Busy | End::Unavailable) | Next::Question(_) => {
                Err(Box::new(self.notice(Notice::Down)))
            }
        }
    }
}
