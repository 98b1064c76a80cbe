//! A port between posternd and a server that can fail in several ways.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use postern_tests::guard::pause;

/// A port of 127.0.0.1 that forwards to another one, or fails. It lasts as long as the test program.
pub(crate) struct FaultyPort {
    pub(crate) port: u16,
    fault: Arc<Mutex<Fault>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// None: it forwards.
    None,
    /// It accepts the connection and stays silent.
    Silent,
    /// It sends one letter after the other.
    Slow,
    /// It answers that there is no service (RFC 5321, section 3.1).
    Refuses,
    /// It closes the connection at once.
    Drops,
    /// It does not speak SMTP.
    Garbage,
}

impl FaultyPort {
    pub(crate) fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let fault = Arc::new(Mutex::new(Fault::None));
        let faulty = Self { port: listener.local_addr().unwrap().port(), fault: Arc::clone(&fault) };
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let fault = *fault.lock().unwrap_or_else(PoisonError::into_inner);
                thread::spawn(move || serve(stream, fault, port));
            }
        });
        faulty
    }

    pub(crate) fn set(&self, fault: Fault) {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = fault;
    }
}

fn serve(mut stream: TcpStream, fault: Fault, port: u16) {
    match fault {
        Fault::None => {
            let mut there = TcpStream::connect(("127.0.0.1", port)).unwrap();
            let (mut back, mut to) = (there.try_clone().unwrap(), stream.try_clone().unwrap());
            thread::spawn(move || drop(std::io::copy(&mut back, &mut to)));
            drop(std::io::copy(&mut stream, &mut there));
            drop(there.shutdown(std::net::Shutdown::Write));
        }
        Fault::Silent => drop(stream.read_to_end(&mut Vec::new())),
        Fault::Slow => {
            let mut greeting = b"220 mail.example.org is coming".iter().chain([b'.'].iter().cycle());
            while greeting.next().is_some_and(|byte| stream.write_all(&[*byte]).is_ok()) {
                pause(Duration::from_millis(200));
            }
        }
        Fault::Refuses => drop(stream.write_all(b"554 5.3.2 mail.example.org has no service\r\n")),
        Fault::Drops => {}
        Fault::Garbage => drop(stream.write_all(b"\x00\xff\r\n250 {}\r\nHTTP/1.1 200 OK\r\n\r\n")),
    }
}
