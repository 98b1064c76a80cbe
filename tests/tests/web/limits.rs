use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use postern_tests::http::Place;
use postern_tests::{FakePosternd, Web};
use serde_json::json;

use crate::served;

const TIGHT: &str =
    "[limits]\nconnections = 8\nconversations = 2\nheader_time = \"1s\"\nrequest_time = \"2s\"\n";
const BODY: &str = r#"{"account":"a","factor":"f","time":"1","signature":"s"}"#;

fn connect(web: &Web) -> TcpStream {
    let Place::Port(port) = web.place() else { panic!("a port") };
    let stream = TcpStream::connect(("127.0.0.1", *port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

/// What comes until the server hangs up, and when it did.
fn rest(mut stream: TcpStream) -> (String, Duration) {
    let began = Instant::now();
    let mut bytes = Vec::new();
    drop(stream.read_to_end(&mut bytes));
    (String::from_utf8_lossy(&bytes).into_owned(), began.elapsed())
}

#[test]
fn a_body_that_is_too_large_is_refused_before_it_is_read() {
    let (_dir, desk, web) = served("large", "");
    let large = format!("{{\"account\":\"{}\"}}", "x".repeat(9_000));
    let json = || web.api("pending").header("Content-Type", "application/json");
    let reply = json().body(large).send();
    assert_eq!((reply.status, reply.json()["reason"].clone()), (413, json!("too_large")));
    // Announced and never sent: nobody waits for it.
    let began = Instant::now();
    assert_eq!(json().header("Content-Length", "1000000000000").send().status, 413);
    assert!(began.elapsed() < Duration::from_secs(1));
    let chunks: String = (0..20).map(|_| format!("400\r\n{}\r\n", "x".repeat(1024))).collect();
    let (cookie, token) = web.token();
    let mut stream = connect(&web);
    let head = format!(
        "POST /api/pending HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\nX-Postern-Token: {token}\r\n\
         Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    drop(stream.write_all(format!("{head}{chunks}").as_bytes()));
    assert!(rest(stream).0.starts_with("HTTP/1.1 413 "));
    assert!(desk.conversations().is_empty());
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
fn who_sends_slowly_loses_the_place_and_keeps_nobody_out_for_long() {
    let (_dir, _desk, web) = served("slow", TIGHT);
    let began = Instant::now();
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
    assert!(began.elapsed() < Duration::from_secs(12), "{:?}", began.elapsed());
    let ends: Vec<String> = slow.into_iter().map(|stream| rest(stream).0).collect();
    assert!(ends.iter().any(|end| end.starts_with("HTTP/1.1 408 ")), "{ends:?}");
    assert!(ends.iter().all(|end| !end.starts_with("HTTP/1.1 200")), "{ends:?}");
}

#[test]
fn who_never_reads_an_answer_keeps_no_place() {
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
    let begun = Arc::new(Mutex::new(Vec::new()));
    let _fake = FakePosternd::start(&silent, {
        let begun = Arc::clone(&begun);
        move |line| {
            line.begin();
            begun.lock().unwrap().push(Instant::now());
            line.hang();
        }
    });
    std::fs::set_permissions(&silent, std::os::unix::fs::PermissionsExt::from_mode(0o666)).unwrap();
    let web = Web::with("silent", &silent, TIGHT);
    let began = Instant::now();
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
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    let begun = begun.lock().unwrap();
    // Later ones may follow, once the first have been given up.
    let together = begun.iter().filter(|at| at.duration_since(begun[0]) < Duration::from_millis(500)).count();
    assert!((1..=2).contains(&together), "two places for conversations, and {together} at one time");
}
