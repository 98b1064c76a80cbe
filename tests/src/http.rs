//! HTTP/1.1 byte by byte: a client without comfort, so that tests send exactly what they mean to.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

/// Where a server listens.
#[derive(Debug, Clone)]
pub enum Place {
    /// A port of 127.0.0.1.
    Port(u16),
    /// A Unix socket.
    Unix(PathBuf),
}

/// A request that is put together.
#[derive(Debug, Clone)]
pub struct Request {
    place: Place,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct HttpReply {
    /// The status.
    pub status: u16,
    /// The headers in their order; names in small letters.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

/// Both kinds of a stream.
pub trait Stream: Read + Write + Send {}
impl<T: Read + Write + Send> Stream for T {}

/// A value of a query or a form.
#[must_use]
pub fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

impl Place {
    /// A new request.
    #[must_use]
    pub fn request(&self, method: &str, path: &str) -> Request {
        Request {
            place: self.clone(),
            method: method.to_owned(),
            path: path.to_owned(),
            headers: vec![("Host".to_owned(), self.host())],
            body: Vec::new(),
        }
    }

    /// What a browser would send as `Host`.
    #[must_use]
    pub fn host(&self) -> String {
        match self {
            Self::Port(port) => format!("127.0.0.1:{port}"),
            Self::Unix(_) => "localhost".to_owned(),
        }
    }

    /// A connection with a deadline for each read and write.
    ///
    /// # Errors
    /// Why there is none.
    pub fn connect(&self) -> std::io::Result<Box<dyn Stream>> {
        Ok(match self {
            Self::Port(port) => {
                let stream = TcpStream::connect(("127.0.0.1", *port))?;
                stream.set_read_timeout(Some(LIMIT))?;
                stream.set_write_timeout(Some(LIMIT))?;
                Box::new(stream)
            }
            Self::Unix(path) => {
                let stream = UnixStream::connect(path)?;
                stream.set_read_timeout(Some(LIMIT))?;
                stream.set_write_timeout(Some(LIMIT))?;
                Box::new(stream)
            }
        })
    }
}

impl Request {
    /// A header more. One of the name `Host` takes the place of the usual one.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if name.eq_ignore_ascii_case("host") {
            self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        }
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A body, with its length.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        let length = self.body.len().to_string();
        self.header("Content-Length", &length)
    }

    /// A body of JSON.
    #[must_use]
    pub fn json(self, value: &Value) -> Self {
        self.header("Content-Type", "application/json").body(value.to_string())
    }

    /// Sends it on a connection of its own.
    #[must_use]
    #[track_caller]
    pub fn send(&self) -> HttpReply {
        self.try_send().unwrap_or_else(|error| panic!("{} {}: {error}", self.method, self.path))
    }

    /// The same where the server may not answer.
    ///
    /// # Errors
    /// Why there is no whole answer.
    pub fn try_send(&self) -> std::io::Result<HttpReply> {
        let mut stream = self.place.connect()?;
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.path);
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        head += "Connection: close\r\n\r\n";
        stream.write_all(head.as_bytes())?;
        // A server that refuses early need not read all of it.
        drop(stream.write_all(&self.body));
        read_reply(&mut *stream, self.method == "HEAD")
    }
}

impl HttpReply {
    /// A header, where it is there once.
    #[must_use]
    #[track_caller]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found =
            self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let first = found.next();
        assert_eq!(found.next(), None, "{name} twice");
        first
    }

    /// The body as JSON.
    #[must_use]
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Reads one reply.
///
/// # Errors
/// Where the connection ends or stays silent before it is whole.
pub fn read_reply(stream: &mut dyn Stream, is_head: bool) -> std::io::Result<HttpReply> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at;
        }
        more(stream, &mut bytes)?;
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).unwrap_or_default();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length =
        headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, value)| value.parse().ok());
    let mut body = bytes.split_off(end + 4);
    let length: usize = if is_head { 0 } else { length.unwrap_or(usize::MAX) };
    while body.len() < length {
        match more(stream, &mut body) {
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof && length == usize::MAX => break,
            other => other?,
        }
    }
    Ok(HttpReply { status, headers, body: String::from_utf8_lossy(&body).into_owned() })
}

fn more(stream: &mut dyn Stream, bytes: &mut Vec<u8>) -> std::io::Result<()> {
    let mut chunk = [0; 64 * 1024];
    match stream.read(&mut chunk)? {
        0 => Err(std::io::ErrorKind::UnexpectedEof.into()),
        read => {
            bytes.extend_from_slice(&chunk[..read]);
            Ok(())
        }
    }
}

const LIMIT: Duration = Duration::from_secs(60);
