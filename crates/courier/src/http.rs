//! HTTP requests, one for each connection: without redirects, cookies and retries, and with a limit on the answer.

use std::error::Error;
use std::io;
use std::path::Path;
use std::sync::Arc;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use hyper::{Method, Request, StatusCode, Uri};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use postern_core::config::HttpUrl;
use postern_core::courier::CourierError;
use tower_service::Service;

use crate::OpenError;
use crate::tls::Tls;

/// Sends requests to servers that it verifies against the certificates of a file.
pub(crate) struct Http {
    tls: Tls,
    connector: HttpsConnector<HttpConnector>,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

/// An answer, with the beginning of its body. The body must not be logged.
pub(crate) struct Incoming {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Http {
    pub(crate) fn open(section: &'static str, ca_file: &Path) -> Result<Self, OpenError> {
        let tls = Tls::open(section, ca_file)?;
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        let connector = HttpsConnector::from((tcp, Arc::clone(tls.connector.config())));
        let client = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(0)
            .retry_canceled_requests(false)
            .http1_max_buf_size(MAX_HEAD)
            .build(connector.clone());
        Ok(Self { tls, connector, client })
    }

    /// Sends a request to a server. The caller has to set a deadline.
    pub(crate) async fn send(
        &self,
        url: &HttpUrl,
        target: &str,
        method: Method,
        headers: Vec<(HeaderName, HeaderValue)>,
        body: Vec<u8>,
    ) -> Result<Incoming, CourierError> {
        let mut request = Request::builder().method(method).uri(uri(url, target)?);
        if let Some(fields) = request.headers_mut() {
            fields.insert(USER_AGENT, HeaderValue::from_static("postern"));
            fields.extend(headers.into_iter().map(|(name, value)| (Some(name), value)));
        }
        let request = request.body(Full::new(Bytes::from(body))).map_err(|_| malformed())?;
        // Once connected, the server may have processed the request, whether or not it answers.
        let unsure = |what: &str| CourierError::Unsure(format!("{}: {what}", url.origin()));
        let answer = self.client.request(request).await.map_err(|error| {
            let is_parse =
                |cause: &(dyn Error + 'static)| cause.downcast_ref().is_some_and(hyper::Error::is_parse);
            if error.is_connect() {
                self.down(url, &error)
            } else if error.source().is_some_and(is_parse) {
                unsure("did not answer in HTTP")
            } else {
                unsure("ended the connection before it answered")
            }
        })?;
        let (head, body) = answer.into_parts();
        let body =
            Limited::new(body, MAX_BODY).collect().await.map_err(|_| unsure("gave no whole answer"))?;
        Ok(Incoming { status: head.status, headers: head.headers, body: body.to_bytes() })
    }

    /// Connects as for a request, without sending one.
    pub(crate) async fn reach(&self, url: &HttpUrl) -> Result<(), CourierError> {
        let connected = self.connector.clone().call(uri(url, &url.target)?).await;
        connected.map(drop).map_err(|error| self.down(url, &*error))
    }

    fn down(&self, url: &HttpUrl, error: &(dyn Error + 'static)) -> CourierError {
        let what = io_cause(error).map_or_else(|| error.to_string(), |cause| self.tls.explain(cause));
        CourierError::Down(format!("{}: {what}", url.origin()))
    }
}

impl Incoming {
    /// The meaning of a status (RFC 9110, section 15): accepted, refused, or unknown. Never an outage: the request was sent, and a
    /// server that redirects (303) or is overloaded (503) may have processed it.
    pub(crate) fn verdict(&self, url: &HttpUrl) -> Result<(), CourierError> {
        let what = format!("{} answered {}", url.origin(), self.status.as_u16());
        if self.status.is_success() {
            Ok(())
        } else if self.status.is_client_error() {
            Err(CourierError::Refused(what))
        } else {
            Err(CourierError::Unsure(what))
        }
    }
}

impl std::fmt::Debug for Http {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Http")
    }
}

fn uri(url: &HttpUrl, target: &str) -> Result<Uri, CourierError> {
    format!("{}{target}", url.origin()).parse().map_err(|_| malformed())
}

/// The I/O error at the bottom of a failed connection. A failed handshake is an I/O error in another one.
fn io_cause<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e io::Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(cause) = error.downcast_ref::<io::Error>() {
            let inner = cause.get_ref().and_then(|inner| inner.downcast_ref::<io::Error>());
            return Some(inner.unwrap_or(cause));
        }
        next = error.source();
    }
    None
}

fn malformed() -> CourierError {
    CourierError::Refused("it cannot be put into a request".to_owned())
}

const MAX_HEAD: usize = 16 * 1024;
const MAX_BODY: usize = 64 * 1024;
