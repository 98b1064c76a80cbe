//! A client of Dovecot's auth protocol 1.2, as Postfix and Dovecot's own login processes speak it.
//!
//! <https://doc.dovecot.org/2.3/developer_manual/design/auth_protocol/>

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Error, ErrorKind, Result, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::checkpassword::tab_unescape;

/// A connection to a Dovecot's auth socket. Any number of attempts may be in flight.
#[derive(Debug)]
pub struct AuthClient {
    reader: BufReader<UnixStream>,
    writer: UnixStream,
    next_id: u32,
}

/// A login that is to be tried.
#[derive(Debug, Clone)]
pub struct Attempt {
    user: Vec<u8>,
    password: Vec<u8>,
    service: String,
    parameters: String,
}

/// How it ended.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The attempt's number, as [`AuthClient::send`] returned it.
    pub id: u32,
    /// Let in or not.
    pub outcome: Outcome,
    /// The fields of the answer; those without a value are empty.
    pub fields: BTreeMap<String, String>,
}

/// Let in or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// OK.
    Accepted,
    /// FAIL: a wrong answer.
    Refused,
    /// FAIL with `temp` or `code=temp_fail`: Dovecot could not tell.
    Unavailable,
}

impl Attempt {
    /// AUTH PLAIN for `service` from 127.0.0.1 over an encrypted connection.
    #[must_use]
    pub fn new(service: &str, user: &str, password: &str) -> Self {
        Self::of_bytes(service, user.as_bytes(), password.as_bytes())
    }

    /// The same with any bytes; NUL ends the user's name and is refused by SASL PLAIN itself.
    #[must_use]
    pub fn of_bytes(service: &str, user: &[u8], password: &[u8]) -> Self {
        Self {
            user: user.to_vec(),
            password: password.to_vec(),
            service: service.to_owned(),
            parameters: "rip=127.0.0.1\tlip=127.0.0.1".to_owned(),
        }
    }

    /// The same from another address.
    #[must_use]
    pub fn from(mut self, address: &str) -> Self {
        self.parameters = format!("rip={address}\tlip=127.0.0.1");
        self
    }

    /// The same with a further parameter of the protocol, such as `no-penalty`.
    #[must_use]
    pub fn with(mut self, parameter: &str) -> Self {
        self.parameters = format!("{}\t{parameter}", self.parameters);
        self
    }

    /// The same credentials as a checkpassword program reads them.
    #[must_use]
    pub fn fd3(&self) -> Vec<u8> {
        [&self.user[..], b"\0", &self.password[..], b"\0\0"].concat()
    }

    fn line(&self, id: u32) -> String {
        let sasl = [b"\0", &self.user[..], b"\0", &self.password[..]].concat();
        let (service, parameters) = (&self.service, &self.parameters);
        // nologin: no login process will fetch the userdb fields, so auth need not keep the answer for one.
        format!(
            "AUTH\t{id}\tPLAIN\tservice={service}\tsecured\tnologin\t{parameters}\tresp={}\n",
            STANDARD.encode(sasl)
        )
    }
}

impl AuthClient {
    /// Connects and shakes hands. Reads wait 30 s at most.
    ///
    /// # Errors
    /// There is no listener, or it speaks another protocol.
    pub fn try_connect(socket: &Path) -> Result<Self> {
        let writer = UnixStream::connect(socket)?;
        writer.set_read_timeout(Some(LIMIT))?;
        writer.set_write_timeout(Some(LIMIT))?;
        let mut client = Self { reader: BufReader::new(writer.try_clone()?), writer, next_id: 1 };
        // Two connections with the same number are an error to Dovecot.
        let number = std::process::id() * 1000 + NUMBER.fetch_add(1, Ordering::Relaxed);
        client.writer.write_all(format!("VERSION\t1\t2\nCPID\t{number}\n").as_bytes())?;
        loop {
            let line = client.line()?;
            match line.split('\t').next() {
                Some("VERSION") if !line.starts_with("VERSION\t1\t") => return Err(Error::other(line)),
                Some("DONE") => return Ok(client),
                Some("VERSION" | "MECH" | "SPID" | "CUID" | "COOKIE") => {}
                Some(_) | None => return Err(Error::other(format!("not a handshake: {line}"))),
            }
        }
    }

    /// Sends an attempt and returns its number; does not wait for the answer.
    pub fn send(&mut self, attempt: &Attempt) -> u32 {
        let id = self.next_id;
        self.next_id += 1;
        self.writer.write_all(attempt.line(id).as_bytes()).expect("dovecot auth takes an attempt");
        id
    }

    /// Waits for the next answer to any attempt.
    ///
    /// # Errors
    /// Dovecot closed the connection, stayed silent for 30 s, or said something else.
    pub fn receive(&mut self) -> Result<Reply> {
        let line = self.line()?;
        let mut parts = line.split('\t');
        let (verb, id) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let id = id.parse().map_err(|_| Error::other(format!("no number: {line}")))?;
        let fields: BTreeMap<String, String> = parts
            .filter(|field| !field.is_empty())
            .map(|field| field.split_once('=').unwrap_or((field, "")))
            .map(|(name, value)| (name.to_owned(), tab_unescape(value)))
            .collect();
        let temporary =
            fields.contains_key("temp") || fields.get("code").is_some_and(|code| code == "temp_fail");
        let outcome = match verb {
            "OK" => Outcome::Accepted,
            "FAIL" if temporary => Outcome::Unavailable,
            "FAIL" => Outcome::Refused,
            _ => return Err(Error::other(format!("not an answer: {verb}"))),
        };
        Ok(Reply { id, outcome, fields })
    }

    /// Sends an attempt and waits for its answer. Nothing else may be in flight.
    pub fn login(&mut self, attempt: &Attempt) -> Reply {
        let id = self.send(attempt);
        let reply = self.receive().expect("dovecot auth answers");
        assert_eq!(reply.id, id, "another attempt was in flight");
        reply
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        match self.reader.read_line(&mut line) {
            Ok(0) => Err(Error::new(ErrorKind::UnexpectedEof, "dovecot auth closed the connection")),
            Ok(_) => Ok(line.trim_end_matches('\n').to_owned()),
            Err(error) => Err(error),
        }
    }
}

static NUMBER: AtomicU32 = AtomicU32::new(1);
const LIMIT: Duration = Duration::from_secs(60);
