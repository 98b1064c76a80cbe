mod encrypt;
mod vapid;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hyper::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{Method, StatusCode};
use postern_core::clock::{Clock, SystemClock};
use postern_core::config::{HostPattern, HttpUrl, WebPushCourier};
use postern_core::courier::{CourierError, Message};
use postern_core::factor::Subscription;
use postern_core::words::Language;
use serde_json::json;

use crate::http::Http;
use crate::{OpenError, wording};
use encrypt::{Fresh, Receiver};
use vapid::Vapid;

pub use vapid::new_vapid_key;

/// Sends messages by the push services of browsers (RFC 8030).
#[derive(Debug)]
pub(crate) struct WebPush {
    http: Http,
    vapid: Vapid,
    hosts: Vec<HostPattern>,
}

impl WebPush {
    pub(crate) fn open(config: &WebPushCourier) -> Result<Self, OpenError> {
        Ok(Self {
            http: Http::open(SECTION, &config.ca_file)?,
            vapid: Vapid::read(SECTION, &config.key_file, &config.contact)?,
            hosts: config.hosts.clone(),
        })
    }

    /// The key that a browser needs to subscribe.
    pub(crate) fn public_key(&self) -> String {
        self.vapid.public_key()
    }

    /// Whether the subscription is valid, and with a permitted push service.
    pub(crate) fn is_permitted(&self, subscription: &Subscription) -> bool {
        self.endpoint(subscription).is_some() && receiver(subscription).is_some()
    }

    pub(crate) async fn send(
        &self,
        to: &Subscription,
        language: Language,
        message: &Message<'_>,
    ) -> Result<(), CourierError> {
        let Message::Push { fragment, seconds, .. } = *message else {
            return Err(wording::unsupported(message));
        };
        let said = wording::push(language, message).ok_or_else(|| wording::unsupported(message))?;
        let not_ours =
            || CourierError::Refused("the subscription is not with a push service of hosts".to_owned());
        let endpoint = self.endpoint(to).ok_or_else(not_ours)?;
        let receiver = receiver(to)
            .ok_or_else(|| CourierError::Refused("the subscription's keys are invalid".to_owned()))?;
        let payload = json!({ "title": said.subject, "body": said.text, "url": fragment }).to_string();
        let sealed = Fresh::new()
            .and_then(|fresh| encrypt::seal(payload.as_bytes(), &receiver, &fresh))
            .ok_or_else(|| CourierError::Refused("the message cannot be encrypted".to_owned()))?;
        let permit = self.vapid.permit(&endpoint.origin(), SystemClock.now());
        let mut permit = HeaderValue::from_str(&permit)
            .map_err(|_| CourierError::Down("the VAPID key cannot make a header".to_owned()))?;
        permit.set_sensitive(true);
        let headers = vec![
            (CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
            (CONTENT_ENCODING, HeaderValue::from_static("aes128gcm")),
            (TTL, HeaderValue::from(seconds)),
            (URGENCY, HeaderValue::from_static("high")),
            (AUTHORIZATION, permit),
        ];
        let answer = self.http.send(&endpoint, &endpoint.target, Method::POST, headers, sealed).await?;
        match answer.status {
            StatusCode::NOT_FOUND | StatusCode::GONE => Err(CourierError::Gone),
            _ => answer.verdict(&endpoint),
        }
    }

    /// Connects to the push services that are single hosts, without sending a message.
    pub(crate) async fn reach(&self) -> Result<(), CourierError> {
        for url in self.hosts.iter().filter_map(HostPattern::url) {
            self.http.reach(&url).await?;
        }
        Ok(())
    }

    fn endpoint(&self, subscription: &Subscription) -> Option<HttpUrl> {
        let url: HttpUrl = subscription.endpoint.parse().ok()?;
        let is_ours = url.is_tls && self.hosts.iter().any(|host| host.matches(&url.server));
        (is_ours && subscription.endpoint.len() <= LONGEST_ENDPOINT).then_some(url)
    }
}

fn receiver(subscription: &Subscription) -> Option<Receiver> {
    // Browsers omit the padding, but not every library does.
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok();
    Receiver::new(&decode(&subscription.p256dh)?, &decode(&subscription.auth)?)
}

const SECTION: &str = "courier.web_push";
/// RFC 8030, section 5.2.
const TTL: HeaderName = HeaderName::from_static("ttl");
/// RFC 8030, section 5.3.
const URGENCY: HeaderName = HeaderName::from_static("urgency");
const LONGEST_ENDPOINT: usize = 2048;
