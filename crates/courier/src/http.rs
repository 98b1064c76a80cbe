//! HTTP requests, one for each connection: without redirects, cookies and retries, and with a limit on the answer.

use std::path::Path;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{HOST, HeaderName, HeaderValue, USER_AGENT};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use postern_core::config::HttpUrl;
use postern_core::courier::CourierError;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::OpenError;
use crate::tls::Tls;

/// Sends requests to servers that it verifies against the certificates of a file.
pub(crate) struct Http {
    tls: Tls,
}

/// An answer, with the beginning of its body. The body must not be logged.
pub(crate) struct Incoming {
    pub(crate) status: StatusCode,
    pub(crate) body: Bytes,
}

impl Http {
    pub(crate) fn open(section: &'static str, ca_file: &Path) -> Result<Self, OpenError> {
        Ok(Self { tls: Tls::open(section, ca_file)? })
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
        let host = HeaderValue::from_str(&url.authority()).map_err(|_| malformed())?;
        let mut request = Request::builder().method(method).uri(target).header(HOST, host);
        if let Some(fields) = request.headers_mut() {
            fields.insert(USER_AGENT, HeaderValue::from_static("postern"));
            fields.extend(headers.into_iter().map(|(name, value)| (Some(name), value)));
        }
        let request = request.body(Full::new(Bytes::from(body))).map_err(|_| malformed())?;
        let stream = self.connect(url).await?;
        // From here on the server may have processed the request, whether or not it answers.
        exchange(stream, request)
            .await
            .map_err(|what| CourierError::Unsure(format!("{}: {what}", url.origin())))
    }

    /// Connects as for a request, without sending one.
    pub(crate) async fn reach(&self, url: &HttpUrl) -> Result<(), CourierError> {
        self.connect(url).await.map(drop)
    }

    async fn connect(&self, url: &HttpUrl) -> Result<Box<dyn Stream>, CourierError> {
        let at = (url.server.host.as_str(), url.server.port);
        let stream = TcpStream::connect(at).await.map_err(|error| down(url, &error.to_string()))?;
        if !url.is_tls {
            return Ok(Box::new(stream));
        }
        let name =
            postern_tls::server_name(&url.server.host).ok_or_else(|| down(url, "has no host's name"))?;
        let connected = self.tls.connector.connect(name, stream).await;
        let stream = connected.map_err(|error| down(url, &self.tls.explain(&error)))?;
        Ok(Box::new(stream))
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

async fn exchange(stream: Box<dyn Stream>, request: Request<Full<Bytes>>) -> Result<Incoming, &'static str> {
    let handshake = http1::Builder::new().max_buf_size(MAX_HEAD).handshake(TokioIo::new(stream));
    let (mut sender, connection) = handshake.await.map_err(|_| "ended the connection")?;
    // The task ends with this call in any case.
    let mut task = JoinSet::new();
    task.spawn(connection);
    let answer = sender.send_request(request).await.map_err(|error| {
        if error.is_parse() { "did not answer in HTTP" } else { "ended the connection before it answered" }
    })?;
    let (head, body) = answer.into_parts();
    let body = Limited::new(body, MAX_BODY).collect().await.map_err(|_| "gave no whole answer")?;
    Ok(Incoming { status: head.status, body: body.to_bytes() })
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

fn down(url: &HttpUrl, what: &str) -> CourierError {
    CourierError::Down(format!("{}: {what}", url.origin()))
}

fn malformed() -> CourierError {
    CourierError::Refused("it cannot be put into a request".to_owned())
}

const MAX_HEAD: usize = 16 * 1024;
const MAX_BODY: usize = 64 * 1024;
