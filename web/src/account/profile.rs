//! The configuration profile of an app password. The page that shows the password sends it back, so that nothing keeps it; a GET
//! has none.

use std::collections::BTreeMap;

use hyper::StatusCode;
use hyper::header::{CONTENT_DISPOSITION, HeaderValue};
use postern_ipc::{Flow, Secret};
use tracing::error;

use crate::client_setup::{MOBILECONFIG_TYPE, MailServers, NewMailAccount, Uuid, mobileconfig};
use crate::reply::Reply;

use super::headers;
use super::step::{End, Next};
use super::view::Notice;
use super::visit::Visit;

impl Visit<'_> {
    pub(super) async fn profile(mut self, body: &[u8]) -> Reply {
        let Some(form) = self.form(body, &["address", "label", "password", "services"]) else {
            return self.notice(Notice::Forged);
        };
        if let Err(reply) = self.check_session().await {
            return *reply;
        }
        let mut begin = self.begin(Flow::MailSettings, BTreeMap::new());
        (begin.web_session, begin.interactive) = (None, false);
        let step = self.site.ask(self.network(), begin).await;
        let services: Vec<&str> = form.field("services").split(',').collect();
        let opened = step.records("mail_setting").filter(|setting| {
            services.contains(&"all")
                || services.contains(&setting.text("protocol").to_ascii_lowercase().as_str())
        });
        let servers = MailServers::of_records(opened.map(super::step::Record::fields));
        let (Next::End(End::Accepted), Ok(servers)) = (&step.next, servers) else {
            return self.notice(Notice::Down);
        };
        let user = self.user.as_deref().unwrap_or_default();
        let password = Secret::new(form.field("password").to_owned());
        let (address, label) = (form.field("address"), form.field("label"));
        let account = NewMailAccount::without_name(user, address, label, &password, &servers);
        let uuids = match (Uuid::random(), Uuid::random()) {
            (Ok(one), Ok(other)) => [one, other],
            (Err(error), _) | (_, Err(error)) => {
                error!("no random bytes: {error}");
                return self.notice(Notice::Down);
            }
        };
        let Some(profile) = mobileconfig(&account, &self.site.branding.name, uuids) else {
            return self.notice(Notice::NotFound);
        };
        let mut reply = headers::with(StatusCode::OK, MOBILECONFIG_TYPE, profile.expose().to_owned());
        let name = HeaderValue::from_static("attachment; filename=\"mail.mobileconfig\"");
        reply.headers_mut().insert(CONTENT_DISPOSITION, name);
        reply
    }
}
