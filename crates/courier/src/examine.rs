use std::future::Future;
use std::path::Path;

use hyper::{Method, StatusCode};
use postern_core::config::{Config, HttpUrl};
use postern_core::courier::CourierError;

use crate::email::Email;
use crate::http::Http;
use crate::ntfy::Ntfy;
use crate::sms::Sms;
use crate::web_push::WebPush;
use crate::{OpenError, within_deadline};

/// The result of testing one courier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Its section, `courier.email`.
    pub section: &'static str,
    /// A confirmation, or the problem.
    pub outcome: Result<String, String>,
}

/// Tests each courier of a configuration without sending a message: its files, the connection to its server, TLS, and for mail the
/// login, too. Empty if none is configured.
pub async fn examine(config: &Config) -> Vec<Finding> {
    let couriers = &config.couriers;
    let mut findings = Vec::new();
    if let Some(email) = couriers.email.as_ref().map(Email::open) {
        let reached = tried(&email, Email::reach).await;
        findings.push(finding("courier.email", reached, "the mail server accepts mail from posternd"));
    }
    if let Some(sms) = couriers.sms.as_ref().map(Sms::open) {
        let reached = tried(&sms, Sms::reach).await;
        findings.push(finding(
            "courier.sms",
            reached,
            "the gateway or the command for text messages is there",
        ));
    }
    if let Some(push) = couriers.web_push.as_ref().map(WebPush::open) {
        let reached = tried(&push, WebPush::reach).await;
        findings.push(finding("courier.web_push", reached, "the push services answer"));
    }
    if let Some(ntfy) = couriers.ntfy.as_ref().map(Ntfy::open) {
        let reached = tried(&ntfy, Ntfy::reach).await;
        findings.push(finding("courier.ntfy", reached, "the ntfy server answers"));
    }
    findings
}

/// Why the page cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoPage {
    /// The page cannot be reached from here, or does not answer.
    Unreachable(String),
    /// The answer is not the page.
    Wrong(String),
}

/// Requests a page as a browser would, and verifies its server against the certificates of `ca_file`. Returns the beginning of its
/// content.
///
/// # Errors
/// [`NoPage`] says what failed.
pub async fn open_page(url: &HttpUrl, ca_file: &Path) -> Result<String, NoPage> {
    let http = Http::open("web", ca_file).map_err(|error| NoPage::Wrong(error.to_string()))?;
    let asked = async {
        let answer = http.send(url, &url.target, Method::GET, Vec::new(), Vec::new()).await?;
        Ok((answer.status, String::from_utf8_lossy(&answer.body).into_owned()))
    };
    match within_deadline(asked).await {
        Ok((StatusCode::OK, body)) => Ok(body),
        Ok((status, _)) => Err(NoPage::Wrong(format!("{url} answers with status {}", status.as_u16()))),
        Err(error) if error.to_string().contains("certificate") => Err(NoPage::Wrong(error.to_string())),
        Err(error) => Err(NoPage::Unreachable(error.to_string())),
    }
}

async fn tried<'a, T, F: Future<Output = Result<(), CourierError>>>(
    opened: &'a Result<T, OpenError>,
    reach: impl FnOnce(&'a T) -> F,
) -> Result<(), String> {
    let courier = opened.as_ref().map_err(|error| error.what.clone())?;
    within_deadline(reach(courier)).await.map_err(|error| error.to_string())
}

fn finding(section: &'static str, reached: Result<(), String>, fine: &str) -> Finding {
    Finding { section, outcome: reached.map(|()| fine.to_owned()) }
}
