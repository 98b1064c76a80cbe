//! An HTTP server that keeps what it was sent, answers as it is told to, and misbehaves on request.

use std::collections::BTreeSet;
use std::fmt;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::certs::Certs;
use crate::guard::{pause, wait_for};

/// A server on 127.0.0.1. It ends with this.
#[derive(Debug)]
pub struct HttpDouble {
    port: u16,
    is_tls: bool,
    shared: Arc<Shared>,
    server: Option<JoinHandle<()>>,
}

/// How it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mood {
    /// With this status, these fields of the header, each ended by CRLF, and this body.
    Answers(u16, String, String),
    /// Not at all; it takes the request and keeps the connection.
    Silent,
    /// A few bytes a second, for ever.
    Slow,
    /// By ending the connection in the place of an answer.
    Drops,
    /// By something that is not HTTP.
    Garbage,
    /// By a body without end.
    Endless,
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// `POST`
    pub method: String,
    /// The path and the query.
    pub target: String,
    /// The fields of its header: names in lower case.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Vec<u8>,
}

impl HttpDouble {
    /// Speaks HTTP.
    #[must_use]
    pub fn plain() -> Self {
        Self::start(0, None)
    }

    /// Speaks HTTPS.
    #[must_use]
    pub fn tls(certs: &Certs) -> Self {
        Self::tls_at(0, certs)
    }

    /// The same at a port of the test host.
    #[must_use]
    pub fn tls_at(port: u16, certs: &Certs) -> Self {
        Self::start(port, Some(certs.server_config()))
    }

    /// Its port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its root, without a slash.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://127.0.0.1:{}", if self.is_tls { "https" } else { "http" }, self.port)
    }

    /// From now on it answers so.
    pub fn set(&self, mood: Mood) {
        *lock(&self.shared.mood) = mood;
    }

    /// All requests so far.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        lock(&self.shared.seen).clone()
    }

    /// Waits for the next request that was not taken yet.
    #[must_use]
    pub fn next(&self) -> Seen {
        self.next_with("")
    }

    /// The same for the next one whose body holds `text`, for tests that share the server.
    #[must_use]
    pub fn next_with(&self, text: &str) -> Seen {
        wait_for("a request of HTTP", LIMIT, || {
            let mut taken = lock(&self.shared.taken);
            let seen = lock(&self.shared.seen);
            let mut open = seen.iter().enumerate().filter(|(number, _)| !taken.contains(number));
            let (number, next) = open.find(|(_, seen)| seen.holds(text))?;
            taken.insert(number);
            Some(next.clone())
        })
    }

    /// How many requests had a body that holds `text`.
    #[must_use]
    pub fn count_with(&self, text: &str) -> usize {
        lock(&self.shared.seen).iter().filter(|seen| seen.holds(text)).count()
    }

    fn start(port: u16, tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).expect("a port");
        let port = listener.local_addr().expect("its address").port();
        let shared = Arc::new(Shared {
            mood: Mutex::new(Mood::Answers(200, String::new(), String::new())),
            seen: Mutex::default(),
            taken: Mutex::default(),
            is_over: AtomicBool::new(false),
        });
        let is_tls = tls.is_some();
        let for_server = Arc::clone(&shared);
        let server = thread::spawn(move || {
            for stream in listener.incoming() {
                if for_server.is_over.load(Ordering::Relaxed) {
                    return;
                }
                let (shared, tls) = (Arc::clone(&for_server), tls.clone());
                let Ok(stream) = stream else { continue };
                stream.set_read_timeout(Some(LIMIT)).ok();
                thread::spawn(move || match tls {
                    None => serve(stream, &shared),
                    Some(tls) => {
                        let connection = ServerConnection::new(tls).expect("a connection");
                        serve(StreamOwned::new(connection, stream), &shared);
                    }
                });
            }
        });
        Self { port, is_tls, shared, server: Some(server) }
    }
}

impl Drop for HttpDouble {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Relaxed);
        if let Ok(knock) = TcpStream::connect(("127.0.0.1", self.port)) {
            knock.shutdown(Shutdown::Both).ok();
        }
        if let Some(server) = self.server.take() {
            server.join().ok();
        }
    }
}

impl Seen {
    /// The one field of this name, in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(known, _)| known == name);
        let value = found.next().map(|(_, value)| value.as_str());
        assert!(found.next().is_none(), "{name} is there twice: {self:?}");
        value
    }

    fn holds(&self, text: &str) -> bool {
        String::from_utf8_lossy(&self.body).contains(text)
    }

    /// Its body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("text")
    }

    /// Its body as JSON.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("not JSON ({error}): {}", self.text()))
    }
}

struct Shared {
    mood: Mutex<Mood>,
    seen: Mutex<Vec<Seen>>,
    taken: Mutex<BTreeSet<usize>>,
    is_over: AtomicBool,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shared")
    }
}

fn serve(mut stream: impl Read + Write, shared: &Shared) {
    let Some(seen) = request(&mut stream) else { return };
    lock(&shared.seen).push(seen);
    let mood = lock(&shared.mood).clone();
    let is_over = || shared.is_over.load(Ordering::Relaxed);
    match mood {
        Mood::Answers(status, headers, body) => {
            let answer = format!(
                "HTTP/1.1 {status} Test\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(answer.as_bytes()).ok();
            stream.flush().ok();
        }
        Mood::Silent => {
            while !is_over() {
                pause(Duration::from_millis(50));
            }
        }
        Mood::Slow => {
            for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n".iter().chain([b'x'].iter().cycle())
            {
                let is_gone = stream.write_all(&[*byte]).and_then(|()| stream.flush()).is_err();
                if is_gone || is_over() {
                    return;
                }
                pause(Duration::from_millis(200));
            }
        }
        Mood::Drops => {}
        Mood::Garbage => {
            stream.write_all(b"\x00\xff220 I am no web server\r\n\r\n{}\r\n").ok();
            stream.flush().ok();
        }
        Mood::Endless => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").ok();
            while stream.write_all(&[b'x'; 4096]).is_ok() && !is_over() {}
        }
    }
}

fn request(stream: &mut impl Read) -> Option<Seen> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        head.extend(byte);
    }
    let head = String::from_utf8(head).expect("a header of ASCII");
    let mut lines = head.trim_end().split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    assert!(matches!(first.collect::<Vec<_>>()[..], ["HTTP/1.1" | "HTTP/1.0"]));
    let headers: Vec<(String, String)> = lines
        .map(|line| line.split_once(": ").unwrap_or_else(|| panic!("no field: {line:?}")))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length").map_or("0", |(_, length)| length);
    let mut body = vec![0; length.parse().expect("a length")];
    stream.read_exact(&mut body).ok()?;
    Some(Seen { method, target, headers, body })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

const LIMIT: Duration = Duration::from_secs(60);
