use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use crate::Stopwatch;

use super::writes::{Protocol, When};
use super::{Fault, FaultProxy};

/// A server that says what it hears, in capitals.
fn server() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || {
                let mut buffer = [0; 1024];
                while let Ok(count @ 1..) = stream.read(&mut buffer) {
                    buffer[..count].make_ascii_uppercase();
                    stream.write_all(&buffer[..count]).unwrap();
                }
            });
        }
    });
    port
}

fn client(proxy: &FaultProxy) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", proxy.port())).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(700))).unwrap();
    stream
}

/// What comes back within 700 ms.
fn hears(stream: &mut TcpStream) -> Result<String, ErrorKind> {
    let mut buffer = [0; 1024];
    let count = stream.read(&mut buffer).map_err(|error| error.kind())?;
    Ok(String::from_utf8_lossy(&buffer[..count]).into_owned())
}

fn says(stream: &mut TcpStream, text: &str) -> Result<String, ErrorKind> {
    stream.write_all(text.as_bytes()).unwrap();
    hears(stream)
}

/// A proxy, and a client that has been answered.
fn before_the_fault() -> (FaultProxy, TcpStream) {
    let proxy = FaultProxy::tcp(server());
    let mut open = client(&proxy);
    assert_eq!(says(&mut open, "hello"), Ok("HELLO".to_owned()));
    (proxy, open)
}

fn works_again(proxy: &FaultProxy) {
    proxy.mend();
    assert_eq!(says(&mut client(proxy), "again"), Ok("AGAIN".to_owned()));
}

#[test]
fn what_refuses_closes_open_connections_and_takes_no_others() {
    let (proxy, mut open) = before_the_fault();
    proxy.set(Fault::Refuse);
    assert_eq!(hears(&mut open), Ok(String::new()));
    let error = TcpStream::connect(("127.0.0.1", proxy.port())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    works_again(&proxy);
}

#[test]
fn a_black_hole_answers_no_connection_and_holds_what_is_said_on_an_open_one() {
    let (proxy, mut open) = before_the_fault();
    proxy.set(Fault::BlackHole);
    let address = ("127.0.0.1".parse::<std::net::IpAddr>().unwrap(), proxy.port()).into();
    let error = TcpStream::connect_timeout(&address, Duration::from_millis(500)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert_eq!(says(&mut open, "lost?"), Err(ErrorKind::WouldBlock));
    works_again(&proxy);
    assert_eq!(hears(&mut open), Ok("LOST?".to_owned()));
}

#[test]
fn a_silent_one_takes_connections() {
    let (proxy, mut open) = before_the_fault();
    proxy.set(Fault::Silent);
    let mut other = client(&proxy);
    assert_eq!(says(&mut other, "x"), Err(ErrorKind::WouldBlock));
    assert_eq!(says(&mut open, "y"), Err(ErrorKind::WouldBlock));
    works_again(&proxy);
    assert_eq!((hears(&mut other), hears(&mut open)), (Ok("X".to_owned()), Ok("Y".to_owned())));
}

#[test]
fn a_slow_one_answers_two_seconds_late_and_one_byte_a_second_is_just_that() {
    let (proxy, mut open) = before_the_fault();
    open.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    proxy.set(Fault::Slow);
    let started = Stopwatch::start();
    assert_eq!(says(&mut open, "late"), Ok("LATE".to_owned()));
    started.elapsed().assert_at_least(Duration::from_millis(1900));
    proxy.set(Fault::OneByteASecond);
    let started = Stopwatch::start();
    assert_eq!(says(&mut open, "abc"), Ok("A".to_owned()));
    assert_eq!((hears(&mut open), hears(&mut open)), (Ok("B".to_owned()), Ok("C".to_owned())));
    started.elapsed().assert_at_least(Duration::from_millis(1900));
    works_again(&proxy);
    assert_eq!(says(&mut open, "d"), Ok("D".to_owned()), "nothing was lost");
}

#[test]
fn half_closed_and_garbage_are_for_good() {
    for fault in [Fault::HalfClose, Fault::Garbage] {
        let (proxy, mut open) = before_the_fault();
        proxy.set(fault);
        let mut other = client(&proxy);
        for stream in [&mut open, &mut other] {
            let heard = hears(stream).unwrap();
            assert_eq!(heard.is_empty(), fault == Fault::HalfClose, "{heard}");
            stream.write_all(b"still taken").unwrap();
        }
        works_again(&proxy);
        while hears(&mut open) != Ok(String::new()) {}
    }
}

#[test]
fn a_text_is_said_and_nothing_else() {
    let (proxy, mut open) = before_the_fault();
    proxy.set(Fault::Says("554 no\r\n"));
    assert_eq!(hears(&mut open), Ok(String::new()));
    let mut other = client(&proxy);
    assert_eq!((hears(&mut other), hears(&mut other)), (Ok("554 no\r\n".to_owned()), Ok(String::new())));
    works_again(&proxy);
}

#[test]
fn it_stops_before_and_after_the_nth_write() {
    const PING: &str = "*1\r\n$4\r\nping\r\n";
    const WRITE: &str = "*2\r\n$4\r\neval\r\n$3\r\nx\r\n\r\n";
    for when in [When::Before, When::After] {
        let (proxy, mut open) = before_the_fault();
        let stopped = proxy.stop_at_write(Protocol::Redis, 2, when);
        // In two parts, as TCP may have it.
        open.write_all(&WRITE.as_bytes()[..7]).unwrap();
        assert_eq!(says(&mut open, &WRITE[7..]), Ok(WRITE.to_ascii_uppercase()));
        assert_eq!(says(&mut open, PING), Ok(PING.to_ascii_uppercase()), "not a write");
        assert!(!stopped.is_reached_within(Duration::ZERO));
        assert_eq!(says(&mut open, WRITE), Err(ErrorKind::WouldBlock));
        assert!(stopped.is_reached_within(Duration::from_secs(5)));
        assert_eq!(says(&mut client(&proxy), PING), Err(ErrorKind::WouldBlock), "nothing else goes on");
        drop(stopped);
        assert_eq!(hears(&mut open), Ok(String::new()), "it was in the middle of something");
        works_again(&proxy);
    }
}

#[test]
fn writes_of_ldap_are_told_from_reads() {
    // An unbind (RFC 4511, section 4.3), and a delete with a long form of the length.
    let (unbind, delete): (&[u8], &[u8]) =
        (b"\x30\x05\x02\x01\x03\x42\x00", b"\x30\x81\x06\x02\x01\x04\x4a\x01x");
    let proxy = FaultProxy::tcp(server());
    let mut open = client(&proxy);
    let stopped = proxy.stop_at_write(Protocol::Ldap, 1, When::Before);
    // Once it stops, answers stop as well.
    open.write_all(&[unbind, unbind].concat()).unwrap();
    let mut heard = 0;
    while heard < 2 * unbind.len() {
        heard += hears(&mut open).expect("reads come through").len();
    }
    open.write_all(delete).unwrap();
    assert!(stopped.is_reached_within(Duration::from_secs(5)));
    assert_eq!(hears(&mut open), Err(ErrorKind::WouldBlock), "nobody answers the write");
}
