use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use postern_tests::http::Place;
use postern_tests::{Elapsed, FakePosternd, Stopwatch, Web};
use serde_json::json;

use crate::served;

const TIGHT: &str =
    "[limits]\nconnections = 8\nconversations = 2\nheader_time = \"1s\"\nrequest_time = \"2s\"\n";
const BODY: &str = r#"{"account":"a","factor":"f","time":"1","signature":"s"}"#;

fn connect(web: &Web) -> TcpStream {
    let Place::Port(port) = web.place() else { panic!("a port") };
    let stream = TcpStream::connect(("127.0.0.1", *port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

/// What comes until the server hangs up, and when it did.
fn rest(mut stream: TcpStream) -> (String, Elapsed) {
    let began = Stopwatch::start();
    let mut bytes = Vec::new();
    drop(stream.read_to_end(&mut bytes));
    (String::from_utf8_lossy(&bytes).into_owned(), began.elapsed())
}

#[test]
fn a_body_that_is_too_large_is_refused_before_it_is_read() {
    let (_dir, phone_posternd, web) = served("large", "");
    let large = format!("{{\"account\":\"{}\"}}", "x".repeat(9_000));
    let json = || web.api("pending").header("Content-Type", "application/json");
    let reply = json().body(large).send();
    assert_eq!((reply.status, reply.json()["reason"].clone()), (413, json!("too_large")));
    // Announced and never sent: it is not waited for, as a body is for 5 s.
    let began = Stopwatch::start();
    assert_eq!(json().header("Content-Length", "1000000000000").send().status, 413);
    began.assert_within(Duration::from_secs(3));
    let chunks: String = (0..20).map(|_| format!("400\r\n{}\r\n", "x".repeat(1024))).collect();
    let (cookie, token) = web.token();
    let mut stream = connect(&web);
    let head = format!(
        "POST /api/pending HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\nX-Postern-Token: {token}\r\n\
         Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    drop(stream.write_all(format!("{head}{chunks}").as_bytes()));
    assert!(rest(stream).0.starts_with("HTTP/1.1 413 "));
    assert!(phone_posternd.conversations().is_empty());
    let long = BODY.replace("\"s\"", &format!("\"{}\"", "s".repeat(8_100)));
    assert_eq!(json().body(long).send().status, 403, "the largest that is allowed is passed on");
}

#[test]
fn headers_have_their_limit_too() {
    let (_dir, _desk, web) = served("headers_limit", "");
    let reply = web.place().request("GET", "/").header("X-Long", &"x".repeat(20_000)).try_send();
    assert!(reply.is_err() || reply.is_ok_and(|reply| reply.status == 431));
    let many = (0..200)
        .fold(web.place().request("GET", "/"), |request, number| request.header(&format!("X-{number}"), "x"));
    let reply = many.try_send();
    assert!(reply.is_err() || reply.is_ok_and(|reply| reply.status == 431));
    assert_eq!(web.get("/health").status, 200);
}

#[test]
fn a_slow_client_loses_its_place_and_blocks_no_others_for_long() {
    let (_dir, _desk, web) = served("slow", TIGHT);
    let began = Stopwatch::start();
    let (cookie, token) = web.token();
    let mut slow: Vec<TcpStream> = (0..20).map(|_| connect(&web)).collect();
    for (number, stream) in slow.iter_mut().enumerate() {
        let part = match number % 3 {
            0 => String::new(),
            1 => "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ".to_owned(),
            _ => format!(
                "POST /api/pending HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\nX-Postern-Token: {token}\r\n\
                 Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{{"
            ),
        };
        stream.write_all(part.as_bytes()).unwrap();
    }
    assert_eq!(web.get("/health").status, 200, "20 slow ones for 8 places");
    began.assert_within(Duration::from_secs(20));
    let ends: Vec<String> = slow.into_iter().map(|stream| rest(stream).0).collect();
    assert!(ends.iter().any(|end| end.starts_with("HTTP/1.1 408 ")), "{ends:?}");
    assert!(ends.iter().all(|end| !end.starts_with("HTTP/1.1 200")), "{ends:?}");
}

/// A POST whose body does not end, from the address that a proxy would name.
fn unfinished(web: &Web, cookie: &str, token: &str, client: Option<&str>) -> TcpStream {
    let mut stream = connect(web);
    let from = client.map_or(String::new(), |client| format!("X-Forwarded-For: {client}\r\n"));
    let head = format!(
        "POST /api/pending HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\nX-Postern-Token: {token}\r\n{from}\
         Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{{"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

#[test]
fn three_hundred_slow_bodies_block_no_others() {
    let (_dir, _desk, web) = served("slow_bodies", "");
    let (cookie, token) = web.token();
    let of_one: Box<dyn Fn(usize) -> Option<String>> = Box::new(|_| Some("203.0.113.7".to_owned()));
    let of_one_64: Box<dyn Fn(usize) -> Option<String>> =
        Box::new(|number| Some(format!("2001:db8::{number:x}")));
    let of_many: Box<dyn Fn(usize) -> Option<String>> =
        Box::new(|number| Some(format!("198.51.{}.{}", number / 200, number % 200)));
    let without_client: Box<dyn Fn(usize) -> Option<String>> = Box::new(|_| None);
    for (what, client) in
        [("one", of_one), ("one /64", of_one_64), ("many", of_many), ("no client named", without_client)]
    {
        let slow: Vec<TcpStream> =
            (0..300).map(|number| unfinished(&web, &cookie, &token, client(number).as_deref())).collect();
        let began = Stopwatch::start();
        for _ in 0..5 {
            assert_eq!(web.place().request("GET", "/health").send().status, 200, "{what}");
            let reply = web.api("pending").header("X-Forwarded-For", "192.0.2.99");
            assert_eq!(
                reply.header("Content-Type", "application/json").body(BODY).send().status,
                403,
                "{what}"
            );
        }
        println!("beside bodies of {what}: {}", began.elapsed());
        // Less than the 5 s that a body may take.
        began.assert_within(Duration::from_secs(4));
        drop(slow);
    }
    // Nor do connections on which nothing is said.
    let silent: Vec<TcpStream> = (0..300).map(|_| connect(&web)).collect();
    let began = Stopwatch::start();
    assert_eq!(web.get("/health").status, 200);
    began.assert_within(Duration::from_secs(4));
    drop(silent);
}

#[test]
fn a_client_has_so_many_requests_at_one_time_and_a_body_has_its_own_time() {
    let (_dir, _desk, web) = served("per_client", "[limits]\nper_client = 4\nbody_time = \"2s\"\n");
    let (cookie, token) = web.token();
    let slow: Vec<TcpStream> = (0..10)
        .map(|number| unfinished(&web, &cookie, &token, Some(&format!("2001:db8::{number}"))))
        .collect();
    let ends: Vec<(String, Elapsed)> = slow.into_iter().map(rest).collect();
    let with =
        |status: &str| ends.iter().filter(|(end, _)| end.starts_with(&format!("HTTP/1.1 {status} "))).count();
    assert_eq!((with("408"), with("429")), (4, 6), "{ends:?}");
    assert!(ends.iter().all(|(_, took)| took.within(Duration::from_secs(8))), "{ends:?}");
}

#[test]
fn a_page_whose_log_has_no_reader_goes_on() {
    let (_dir, phone_posternd, _web) = served("web_log", "");
    let place = {
        let port = postern_tests::guard::free_port();
        let config = tempfile::NamedTempFile::new_in(postern_tests::host::test_dir()).unwrap();
        let text =
            format!("socket = \"{}\"\nlisten = \"127.0.0.1:{port}\"\n", phone_posternd.socket().display());
        std::fs::write(config.path(), text).unwrap();
        let mut command = std::process::Command::new(postern_tests::host::program("postern-web"));
        command.arg("--config").arg(config.path()).stderr(std::process::Stdio::piped());
        (Place::Port(port), Ended(command.spawn().unwrap()), config)
    };
    let request = place.0.request("GET", "/health");
    postern_tests::guard::wait_for("postern-web", Duration::from_secs(10), || request.try_send().ok());
    // 64 KiB is what a pipe holds.
    for number in 0..1500 {
        assert_eq!(request.send().status, 200, "{number}");
    }
    assert!(phone_posternd.conversations().is_empty());
}

struct Ended(std::process::Child);

impl Drop for Ended {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[test]
fn a_client_that_never_reads_an_answer_keeps_no_slot() {
    let (_dir, _desk, web) = served("deaf", TIGHT);
    let mut deaf: Vec<TcpStream> = (0..8).map(|_| connect(&web)).collect();
    for stream in &mut deaf {
        stream.set_write_timeout(Some(Duration::from_secs(1))).unwrap();
        let many = "GET /words.js HTTP/1.1\r\nHost: x\r\n\r\n".repeat(2_000);
        drop(stream.write_all(many.as_bytes()));
    }
    // All places are taken by answers that nobody reads. When these are given up, the next one is served.
    assert_eq!(web.get("/health").status, 200);
    drop(deaf);
}

#[test]
fn a_posternd_that_says_nothing_is_waited_for_so_long_and_by_so_many() {
    let (dir, _desk, _web) = served("silent_dir", "");
    let silent = dir.path().join("silent.sock");
    let (begun, start) = (Arc::new(Mutex::new(Vec::new())), Stopwatch::start());
    let _fake = FakePosternd::start(&silent, {
        let begun = Arc::clone(&begun);
        move |line| {
            line.begin();
            begun.lock().unwrap().push(start.elapsed().wall());
            line.hang();
        }
    });
    std::fs::set_permissions(&silent, std::os::unix::fs::PermissionsExt::from_mode(0o666)).unwrap();
    let web = Web::with("silent", &silent, TIGHT);
    let began = Stopwatch::start();
    let replies: Vec<(u16, String)> = std::thread::scope(|scope| {
        let asked: Vec<_> = (0..6)
            .map(|_| {
                scope.spawn(|| {
                    let reply =
                        web.api("pending").header("Content-Type", "application/json").body(BODY).send();
                    (reply.status, reply.json()["verdict"].as_str().unwrap().to_owned())
                })
            })
            .collect();
        // The page itself does not wait for posternd.
        assert_eq!(web.get("/").status, 200);
        asked.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert!(replies.iter().all(|reply| *reply == (503, "defer".to_owned())), "{replies:?}");
    began.assert_within(Duration::from_secs(8));
    let begun = begun.lock().unwrap();
    // Later ones may follow, once the first have been given up.
    let together = begun.iter().filter(|at| **at - begun[0] <= Duration::from_millis(500)).count();
    assert!((1..=2).contains(&together), "two places for conversations, and {together} at one time");
}
