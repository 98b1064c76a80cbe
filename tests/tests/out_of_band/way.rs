//! What lies between posternd and a server, and may go wrong.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use postern_tests::guard::pause;

/// A port of 127.0.0.1 that leads to another one, or not. It lasts as long as the test program.
pub(crate) struct Way {
    pub(crate) port: u16,
    mood: Arc<Mutex<Mood>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// It leads there.
    Open,
    /// The server accepts the connection and sends nothing.
    Silent,
    /// The server sends one byte after the other.
    Slow,
    /// The server says that there is no service (RFC 5321, section 3.1).
    Refuses,
    /// The connection ends at once.
    Drops,
    /// The server speaks another protocol.
    Garbage,
}

impl Way {
    pub(crate) fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let way =
            Self { port: listener.local_addr().unwrap().port(), mood: Arc::new(Mutex::new(Mood::Open)) };
        let mood = Arc::clone(&way.mood);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let mood = *mood.lock().unwrap_or_else(PoisonError::into_inner);
                thread::spawn(move || treat(stream, mood, port));
            }
        });
        way
    }

    pub(crate) fn set(&self, mood: Mood) {
        *self.mood.lock().unwrap_or_else(PoisonError::into_inner) = mood;
    }
}

fn treat(mut stream: TcpStream, mood: Mood, port: u16) {
    match mood {
        Mood::Open => {
            let mut there = TcpStream::connect(("127.0.0.1", port)).unwrap();
            let (mut back, mut to) = (there.try_clone().unwrap(), stream.try_clone().unwrap());
            thread::spawn(move || drop(std::io::copy(&mut back, &mut to)));
            drop(std::io::copy(&mut stream, &mut there));
            drop(there.shutdown(std::net::Shutdown::Write));
        }
        Mood::Silent => drop(stream.read_to_end(&mut Vec::new())),
        Mood::Slow => {
            let mut greeting = b"220 mail.example.org is coming".iter().chain([b'.'].iter().cycle());
            while greeting.next().is_some_and(|byte| stream.write_all(&[*byte]).is_ok()) {
                pause(Duration::from_millis(200));
            }
        }
        Mood::Refuses => drop(stream.write_all(b"554 5.3.2 mail.example.org has no service\r\n")),
        Mood::Drops => {}
        Mood::Garbage => drop(stream.write_all(b"\x00\xff\r\n250 {}\r\nHTTP/1.1 200 OK\r\n\r\n")),
    }
}
