use hyper::Method;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use postern_core::config::{HttpUrl, NtfyCourier};
use postern_core::courier::{CourierError, Message};
use postern_core::words::Language;
use serde_json::json;

use crate::http::Http;
use crate::secrets::Secret;
use crate::{OpenError, wording};

/// Publishes to topics of an ntfy server (docs.ntfy.sh/publish, "Publish as JSON").
#[derive(Debug)]
pub(crate) struct Ntfy {
    http: Http,
    url: HttpUrl,
    token: Option<Secret>,
}

impl Ntfy {
    pub(crate) fn open(config: &NtfyCourier) -> Result<Self, OpenError> {
        Ok(Self {
            http: Http::open(SECTION, &config.ca_file)?,
            url: config.url.clone(),
            token: config.token_file.as_deref().map(|path| Secret::read(SECTION, path)).transpose()?,
        })
    }

    /// The URL to which a phone subscribes.
    pub(crate) fn address(&self, topic: &str) -> String {
        format!("{}{topic}", self.url)
    }

    pub(crate) async fn send(
        &self,
        topic: &str,
        page: Option<&str>,
        language: Language,
        message: &Message<'_>,
    ) -> Result<(), CourierError> {
        let Message::Push { fragment, .. } = message else { return Err(wording::unsupported(message)) };
        let said = wording::push(language, message).ok_or_else(|| wording::unsupported(message))?;
        let mut body = json!({
            "topic": topic,
            "title": said.subject,
            "message": said.text,
            "priority": HIGH,
            "tags": ["key"],
        });
        if let (Some(page), Some(fields)) = (page, body.as_object_mut()) {
            fields.insert("click".to_owned(), format!("{page}{fragment}").into());
        }
        let mut headers = vec![(CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        if let Some(token) = &self.token {
            let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose()))
                .map_err(|_| CourierError::Down("the token cannot be put into a request".to_owned()))?;
            value.set_sensitive(true);
            headers.push((AUTHORIZATION, value));
        }
        let body = body.to_string().into_bytes();
        let answer = self.http.send(&self.url, &self.url.target, Method::POST, headers, body).await?;
        answer.verdict(&self.url)
    }

    /// Connects without publishing.
    pub(crate) async fn reach(&self) -> Result<(), CourierError> {
        self.http.reach(&self.url).await
    }
}

const SECTION: &str = "courier.ntfy";
/// Priority 4 of 5: the phone vibrates and shows a pop-up, because a user waits at a prompt.
const HIGH: u8 = 4;
