use std::future::Future;
use std::path::Path;

use hyper::Method;
use hyper::header::{HOST, HeaderMap, HeaderValue};
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

/// What a server answered to the request for a page.
#[derive(Debug)]
pub struct Page {
    /// The status.
    pub status: u16,
    headers: HeaderMap,
    /// The beginning of its content.
    pub body: String,
}

impl Page {
    /// All values of a field of the header that are text.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers.get_all(name).iter().filter_map(|value| value.to_str().ok())
    }

    /// A field of the header. `None` if it is missing, is no text, or comes twice.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.get_all(name).iter();
        found.next().filter(|_| found.next().is_none())?.to_str().ok()
    }
}

/// Why there is no page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoPage {
    /// The server cannot be reached from here, or does not answer.
    Unreachable(String),
    /// Browsers do not accept the server.
    Wrong(String),
}

/// Requests a page as a browser would, and verifies its server against the certificates of `ca_file`. `host` is asked for in the place
/// of the address's own.
///
/// # Errors
/// [`NoPage`] says what failed.
pub async fn open_page(url: &HttpUrl, host: Option<&str>, ca_file: &Path) -> Result<Page, NoPage> {
    let http = Http::open("web", ca_file).map_err(|error| NoPage::Wrong(error.to_string()))?;
    let host = host.and_then(|host| HeaderValue::from_str(host).ok());
    let asked = async {
        let headers = host.map(|host| (HOST, host)).into_iter().collect();
        let answer = http.send(url, &url.target, Method::GET, headers, Vec::new()).await?;
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        Ok(Page { status: answer.status.as_u16(), headers: answer.headers, body })
    };
    match within_deadline(asked).await {
        Ok(page) => Ok(page),
        Err(error) => {
            let what = match error {
                CourierError::Down(what) | CourierError::Unsure(what) | CourierError::Refused(what) => what,
                CourierError::Gone => error.to_string(),
            };
            // A deadline knows no address.
            let what = if what.contains(&url.origin()) { what } else { format!("{}: {what}", url.origin()) };
            Err(if what.contains("certificate") { NoPage::Wrong(what) } else { NoPage::Unreachable(what) })
        }
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
