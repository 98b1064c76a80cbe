//! A mail server that misbehaves as it is told to.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use postern_tests::guard::pause;

/// How it behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Takes everything.
    Kind,
    /// Says nothing.
    Silent,
    /// Greets a letter a second.
    Slow,
    /// Ends the connection at once.
    DropsAtOnce,
    /// Ends the connection in the place of an answer to DATA.
    DropsLate,
    /// Does not speak SMTP.
    Garbage,
    /// Greets, and then says nothing to DATA.
    SilentLate,
    /// Answers this to RCPT, the address in it.
    Answers(u16),
    /// Answers this to AUTH.
    RefusesLogin,
    /// Takes everything, and then says nothing to QUIT.
    SilentAtQuit,
    /// A greeting without end.
    Endless,
}

/// What it was told, line by line.
#[derive(Debug, Clone)]
pub(crate) struct MailServer {
    pub(crate) port: u16,
    lines: Arc<Mutex<Vec<String>>>,
}

impl MailServer {
    /// Starts it; it ends with the test program.
    pub(crate) fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self { port: listener.local_addr().unwrap().port(), lines: Arc::default() };
        let lines = Arc::clone(&server.lines);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let lines = Arc::clone(&lines);
                // An error that the client causes is no fault of the server.
                thread::spawn(move || serve(stream.unwrap(), manner, &lines).ok());
            }
        });
        server
    }

    pub(crate) fn section(&self) -> String {
        format!(
            "[courier.email]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\nfrom = \"login@example.org\"\n",
            self.port
        )
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }
}

fn serve(mut stream: TcpStream, manner: Manner, lines: &Mutex<Vec<String>>) -> std::io::Result<()> {
    match manner {
        Manner::Silent => hang(),
        Manner::DropsAtOnce => return Ok(()),
        Manner::Garbage => stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")?,
        Manner::Slow => {
            for byte in "220 m".bytes().chain(std::iter::repeat(b'x')) {
                stream.write_all(&[byte])?;
                pause(Duration::from_millis(500));
            }
        }
        Manner::Endless => loop {
            stream.write_all(b"220-and so on and on\r\n")?;
        },
        Manner::Kind
        | Manner::SilentAtQuit
        | Manner::DropsLate
        | Manner::SilentLate
        | Manner::Answers(_)
        | Manner::RefusesLogin => {
            stream.write_all(b"220 mail.example.org ESMTP\r\n")?;
        }
    }
    let mut is_data = false;
    for line in BufReader::new(stream.try_clone()?).lines() {
        let line = line?;
        lines.lock().unwrap().push(line.clone());
        let word = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let answer = match (word.as_str(), manner) {
            _ if is_data => {
                if line != "." {
                    continue;
                }
                is_data = false;
                "250 2.0.0 taken".to_owned()
            }
            ("EHLO", _) => "250-mail.example.org\r\n250 AUTH PLAIN LOGIN".to_owned(),
            ("AUTH", Manner::RefusesLogin) => "535 5.7.8 no".to_owned(),
            ("AUTH", _) => "235 2.7.0 yes".to_owned(),
            ("RCPT", Manner::Answers(code)) => format!("{code} {line}"),
            ("DATA", Manner::DropsLate) => return Ok(()),
            ("DATA", Manner::SilentLate) => {
                hang();
                return Ok(());
            }
            ("DATA", _) => {
                is_data = true;
                "354 go on".to_owned()
            }
            ("QUIT", Manner::SilentAtQuit) => {
                hang();
                return Ok(());
            }
            ("QUIT", _) => "221 bye".to_owned(),
            _ => "250 ok".to_owned(),
        };
        stream.write_all(format!("{answer}\r\n").as_bytes())?;
    }
    Ok(())
}

fn hang() {
    pause(Duration::from_secs(30));
}
