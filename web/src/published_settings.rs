//! The settings of mail programs, for anybody who asks: posternd tells them once a minute, however many ask.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper::StatusCode;
use hyper::body::Bytes;
use hyper::header::{HeaderValue, RETRY_AFTER};
use postern_ipc::Flow;
use serde_json::{Map, Value};
use tokio::sync::Mutex;
use tracing::error;

use crate::api::Api;
use crate::client_setup::{AUTOCONFIG_TYPE, MailServers, MailSite, NotARecord, autoconfig};
use crate::reply::{self, Reply};

/// What is served at the paths of autoconfig.
#[derive(Debug)]
pub(crate) struct PublishedSettings {
    known: Arc<Mutex<Option<Known>>>,
    /// Where people create app passwords, if it is a page of ours.
    page: Option<String>,
}

#[derive(Debug, Clone)]
struct Known {
    answer: Answer,
    until: Instant,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Answer {
    Document(Bytes),
    NotConfigured,
    Unavailable,
}

impl PublishedSettings {
    /// `page` is where people create app passwords; without it posternd's `app_password_help` is told.
    pub(crate) fn new(page: Option<String>) -> Self {
        Self { known: Arc::default(), page }
    }

    /// The document, or why there is none. The request has no part in it.
    pub(crate) async fn reply(&self, api: &Api) -> Reply {
        let (known, page, api) = (Arc::clone(&self.known), self.page.clone(), api.clone());
        // In a task of its own: a client that hangs up does not end what the others wait for, and one conversation serves all.
        let answered = tokio::spawn(async move {
            let mut known = known.lock().await;
            match &*known {
                Some(known) if Instant::now() < known.until => known.answer.clone(),
                Some(_) | None => {
                    let answer = ask(&api, page.as_deref()).await;
                    *known =
                        Some(Known { answer: answer.clone(), until: Instant::now() + answer.lifetime() });
                    answer
                }
            }
        });
        match answered.await {
            Ok(Answer::Document(document)) => reply::with(StatusCode::OK, AUTOCONFIG_TYPE, document),
            Ok(Answer::NotConfigured) => {
                reply::text(StatusCode::NOT_FOUND, "There are no settings for mail programs here.")
            }
            Ok(Answer::Unavailable) | Err(_) => unavailable(),
        }
    }
}

impl Answer {
    /// Of what records say.
    fn of(records: &[Value], page: Option<&str>) -> Result<Self, NotARecord> {
        let of_name = |name: &'static str| {
            let is_it = move |record: &&Value| record.get("name").and_then(Value::as_str) == Some(name);
            records.iter().filter(is_it).filter_map(|record| record.get("value").and_then(Value::as_object))
        };
        let site: &Map<String, Value> = of_name("mail_site").next().ok_or(NotARecord)?;
        let (servers, site) = (MailServers::of_records(of_name("mail_setting"))?, MailSite::of_record(site)?);
        let document = autoconfig(&servers, &site, page.or_else(|| site.app_password_page()));
        Ok(document.map_or(Self::NotConfigured, |document| Self::Document(document.into())))
    }

    /// How long it holds: an outage only as long as one that ended must not last.
    fn lifetime(&self) -> Duration {
        match self {
            Self::Document(_) | Self::NotConfigured => LIFETIME,
            Self::Unavailable => LIFETIME_OF_AN_OUTAGE,
        }
    }
}

async fn ask(api: &Api, page: Option<&str>) -> Answer {
    let Some(records) = api.records(Flow::MailSettings).await else { return Answer::Unavailable };
    Answer::of(&records, page).unwrap_or_else(|NotARecord| {
        error!("posternd told mail settings that cannot be read; is it of another release?");
        Answer::Unavailable
    })
}

fn unavailable() -> Reply {
    let text = "The settings cannot be told right now. Try again in a moment.";
    let mut reply = reply::text(StatusCode::SERVICE_UNAVAILABLE, text);
    reply.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("10"));
    reply
}

const LIFETIME: Duration = Duration::from_secs(60);
const LIFETIME_OF_AN_OUTAGE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn records_become_a_document_or_nothing() {
        let site = json!({
            "name": "mail_site",
            "value": { "user_name": "address", "domains": ["example.org"], "app_password_help": "postern my" },
        });
        let imap = json!({
            "name": "mail_setting",
            "value": { "protocol": "IMAP", "host": "imap.example.org", "port": 993, "tls": "implicit" },
        });
        assert!(matches!(Answer::of(&[imap.clone(), site.clone()], None), Ok(Answer::Document(_))));
        assert_eq!(Answer::of(&[site], None), Ok(Answer::NotConfigured));
        assert_eq!(Answer::of(&[imap], None), Err(NotARecord));
    }
}
