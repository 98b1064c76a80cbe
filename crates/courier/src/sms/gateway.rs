use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::Method;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use postern_core::config::{Encoding, HttpMethod, SmsGateway, percent_encoded};
use postern_core::courier::CourierError;
use postern_core::factor::PhoneNumber;

use crate::OpenError;
use crate::http::Http;
use crate::secrets::Secret;

use super::placeholders::number;

/// Sends text messages by an HTTP request that the site describes.
#[derive(Debug)]
pub(crate) struct Gateway {
    http: Http,
    config: SmsGateway,
    secret: Option<Secret>,
}

impl Gateway {
    pub(crate) fn open(section: &'static str, config: &SmsGateway) -> Result<Self, OpenError> {
        Ok(Self {
            http: Http::open(section, &config.ca_file)?,
            secret: config.secret_file.as_deref().map(|path| Secret::read(section, path)).transpose()?,
            config: config.clone(),
        })
    }

    pub(crate) async fn send(&self, to: &PhoneNumber, text: &str) -> Result<(), CourierError> {
        let config = &self.config;
        let value = |place: &str| match place {
            "text" => text,
            "secret" => self.secret(),
            place => number(to, place).unwrap_or_default(),
        };
        let target = config.target.fill(|place| percent_encoded(value(place)));
        let body = config.body.as_ref().map(|body| body.fill(|place| config.encoding.escaped(value(place))));
        let answer = self
            .http
            .send(
                &config.url,
                &target,
                method(config.method),
                self.headers(to, body.is_some())?,
                body.unwrap_or_default().into_bytes(),
            )
            .await?;
        answer.verdict(&config.url)?;
        let is_yes = |expected: &String| {
            answer.body.windows(expected.len().max(1)).any(|part| part == expected.as_bytes())
        };
        if config.expect.as_ref().is_none_or(is_yes) {
            return Ok(());
        }
        let what =
            format!("{} answered {}, without what is expected", config.url.origin(), answer.status.as_u16());
        Err(CourierError::Refused(what))
    }

    /// Connects without sending a request.
    pub(crate) async fn reach(&self) -> Result<(), CourierError> {
        self.http.reach(&self.config.url).await
    }

    fn headers(
        &self,
        to: &PhoneNumber,
        has_body: bool,
    ) -> Result<Vec<(HeaderName, HeaderValue)>, CourierError> {
        let mut headers = Vec::new();
        for (name, template) in &self.config.headers {
            let value = template.fill(|place| match place {
                "secret" => self.secret().to_owned(),
                // RFC 7617, section 2.
                "secret_as_basic" => STANDARD.encode(self.secret()),
                place => number(to, place).unwrap_or_default().to_owned(),
            });
            let (name, value) =
                name.parse().ok().zip(HeaderValue::from_str(&value).ok()).ok_or_else(|| {
                    CourierError::Down(format!("the header {name} cannot be put into a request"))
                })?;
            headers.push((name, value));
        }
        if has_body && !headers.iter().any(|(name, _)| name == CONTENT_TYPE) {
            headers.push((CONTENT_TYPE, HeaderValue::from_static(content_type(self.config.encoding))));
        }
        Ok(headers)
    }

    fn secret(&self) -> &str {
        self.secret.as_ref().map(Secret::expose).unwrap_or_default()
    }
}

fn method(method: HttpMethod) -> Method {
    match method {
        HttpMethod::Get => Method::GET,
        HttpMethod::Post => Method::POST,
        HttpMethod::Put => Method::PUT,
    }
}

fn content_type(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Json => "application/json",
        Encoding::Form => "application/x-www-form-urlencoded",
        Encoding::Plain => "text/plain; charset=utf-8",
    }
}
