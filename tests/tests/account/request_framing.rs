//! Requests that are made to be read in two ways: nginx and postern-web agree on where each one ends, so that no client's bytes
//! become another client's request.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use postern_tests::account_host::AccountHost;
use postern_tests::guard::free_port;
use postern_tests::http::Place;
use postern_tests::login_host::Stores;
use postern_tests::nginx::{Nginx, Security};
use postern_tests::raw_http::{SILENCE, connect_from, connect_tls_from, exchange, statuses};
use postern_tests::{Web, guard};

/// Ways to say where a body ends that two servers may read differently. `{inner}` is a request that nobody sent, `{length}` the length of
/// all that follows the header, `{chunk}` that of the inner request in hexadecimal.
const AMBIGUOUS: &[(&str, &str, &str)] = &[
    ("CL.TE", "Content-Length: {length}\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n{inner}"),
    ("TE.CL", "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "{chunk}\r\n{inner}\r\n0\r\n\r\n"),
    ("CL.0", "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n{inner}"),
    ("TE x", "Content-Length: {length}\r\nTransfer-Encoding: xchunked\r\n", "0\r\n\r\n{inner}"),
    ("TE space", "Content-Length: {length}\r\nTransfer-Encoding : chunked\r\n", "0\r\n\r\n{inner}"),
    ("TE tab", "Content-Length: {length}\r\nTransfer-Encoding:\tchunked\r\n", "0\r\n\r\n{inner}"),
    ("TE vt", "Content-Length: {length}\r\nTransfer-Encoding: \x0bchunked\r\n", "0\r\n\r\n{inner}"),
    (
        "TE twice",
        "Content-Length: {length}\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        "0\r\n\r\n{inner}",
    ),
    ("TE list", "Content-Length: {length}\r\nTransfer-Encoding: chunked, identity\r\n", "0\r\n\r\n{inner}"),
    ("TE identity", "Content-Length: 5\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n{inner}"),
    ("TE quoted", "Content-Length: {length}\r\nTransfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n{inner}"),
    ("TE folded", "Content-Length: {length}\r\nTransfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n{inner}"),
    (
        "TE behind a fold",
        "Content-Length: {length}\r\nX: x\r\n Transfer-Encoding: chunked\r\n",
        "0\r\n\r\n{inner}",
    ),
    ("TE behind LF", "Content-Length: {length}\r\nX: x\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n{inner}"),
    ("TE behind CR", "Content-Length: {length}\r\nX: x\rTransfer-Encoding: chunked\r\n", "0\r\n\r\n{inner}"),
    (
        "TE behind NUL",
        "Content-Length: {length}\r\nX: x\0\r\nTransfer-Encoding: chunked\r\n",
        "0\r\n\r\n{inner}",
    ),
    ("TE underscore", "Content-Length: {length}\r\nTransfer_Encoding: chunked\r\n", "0\r\n\r\n{inner}"),
    ("CL twice", "Content-Length: {length}\r\nContent-Length: 0\r\n", "{inner}"),
    ("CL twice, short first", "Content-Length: 0\r\nContent-Length: {length}\r\n", "{inner}"),
    ("CL list", "Content-Length: 0, {length}\r\n", "{inner}"),
    ("CL plus", "Content-Length: +{length}\r\n", "{inner}"),
    ("CL minus", "Content-Length: -1\r\n", "{inner}"),
    ("CL hex", "Content-Length: 0x10\r\n", "{inner}"),
    ("CL space", "Content-Length : {length}\r\n", "{inner}"),
    ("CL inner space", "Content-Length: 1 2\r\n", "{inner}"),
    ("CL folded", "Content-Length:\r\n {length}\r\n", "{inner}"),
    ("CL too great", "Content-Length: 18446744073709551617\r\n", "{inner}"),
    ("bare LF", "X: x\nContent-Length: {length}\n", "{inner}"),
    ("a header without a colon", "Content-Length: {length}\r\nGET / HTTP/1.1\r\n", "{inner}"),
    ("hop by hop", "Connection: Content-Length, X-Forwarded-For\r\nContent-Length: {length}\r\n", "{inner}"),
    ("expectation", "Expect: 100-continue\r\nContent-Length: {length}\r\n", "{inner}"),
    ("chunk hex", "Transfer-Encoding: chunked\r\n", "0x5\r\nabcde\r\n0\r\n\r\n{inner}"),
    ("chunk space", "Transfer-Encoding: chunked\r\n", " 5\r\nabcde\r\n0\r\n\r\n{inner}"),
    ("chunk plus", "Transfer-Encoding: chunked\r\n", "+5\r\nabcde\r\n0\r\n\r\n{inner}"),
    ("chunk too great", "Transfer-Encoding: chunked\r\n", "10000000000000005\r\nabcde\r\n0\r\n\r\n{inner}"),
    ("chunk without end", "Transfer-Encoding: chunked\r\n", "5\r\nabcdeXX0\r\n\r\n{inner}"),
    ("chunk of LF", "Transfer-Encoding: chunked\r\n", "5\nabcde\n0\n\n{inner}"),
    ("chunk extension", "Transfer-Encoding: chunked\r\n", "5;a=\"\n0\r\n\r\n{inner}\"\r\nabcde\r\n0\r\n\r\n"),
    (
        "chunk extension LF",
        "Transfer-Encoding: chunked\r\n",
        "2;\nxx\r\n{chunk}\r\n0\r\n\r\n{inner}\r\n0\r\n\r\n",
    ),
    ("chunk NUL", "Transfer-Encoding: chunked\r\n", "0;\0\r\n\r\n{inner}"),
    ("chunk trailer", "Transfer-Encoding: chunked\r\n", "0\r\nContent-Length: {length}\r\n\r\n{inner}"),
];

/// Another protocol from here on, if a server agrees. If none does, the rest is a request of the same client.
const UPGRADE: (&str, &str, &str) = (
    "upgrade",
    "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n",
    "{inner}",
);

/// The address that the request which nobody sent says it is from. nginx never says so.
const NOBODY: &str = "198.51.100.66";

fn request(authority: &str, method: &str, headers: &str, body: &str) -> Vec<u8> {
    let inner = format!("GET /smuggled HTTP/1.1\r\nHost: {authority}\r\nX-Forwarded-For: {NOBODY}\r\n\r\n");
    let chunk = format!("{:x}", inner.len());
    let fill = |text: &str| text.replace("{inner}", &inner).replace("{chunk}", &chunk);
    let body = fill(body);
    let (headers, body) =
        [headers, &body].map(|text| fill(text).replace("{length}", &body.len().to_string())).into();
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let from = "X-Forwarded-For: 203.0.113.9\r\n";
    format!("{method} /language HTTP/1.1\r\nHost: {authority}\r\n{from}{form}{headers}\r\n{body}")
        .into_bytes()
}

/// All of `ways` at once by `send`: what was answered to each.
fn send_all(
    authority: &str,
    ways: &[(&str, &str, &str)],
    send: impl Fn(&[u8]) -> String + Sync,
) -> Vec<(String, String)> {
    let send = &send;
    thread::scope(|scope| {
        let ways = ways.iter().flat_map(|way| [("POST", way), ("GET", way)]);
        let sent: Vec<_> = ways
            .map(|(method, (what, headers, body))| {
                let bytes = request(authority, method, headers, body);
                scope.spawn(move || (format!("{method} {what}"), send(&bytes)))
            })
            .collect();
        sent.into_iter().map(|one| one.join().expect("an answer or none")).collect()
    })
}

#[test]
fn behind_nginx_no_bytes_of_one_client_are_another_clients_request() {
    let host = AccountHost::shared(Stores::Embedded);
    let authority = host.authority();
    let web = Web::with("account_smuggling", &host.site.socket(), &host.web_toml());
    let port = free_port();
    let nginx = Nginx::before("account_smuggling", &[&web], port, &authority, Security::Tls(host.certs()));
    let is_over = AtomicBool::new(false);
    let style = |from| {
        let mut stream = connect_tls_from(from, nginx.account, host.certs());
        stream.sock.set_read_timeout(Some(SILENCE)).expect("a socket");
        let head = format!("GET /account.css HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n");
        let said = exchange(&mut stream, head.as_bytes());
        assert_ne!(stream.conn.alpn_protocol(), Some(&b"h2"[..]), "HTTP/2 has its own ways");
        said
    };
    let right = style(VICTIM);
    assert!(right.starts_with("HTTP/1.1 200 ") && right.contains("text/css"), "{right}");
    let body = |said: &str| said.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
    thread::scope(|scope| {
        let victim = scope.spawn(|| {
            let mut served = 0;
            while !is_over.load(Ordering::Relaxed) {
                let said = style(VICTIM);
                assert_eq!(statuses(&said), [200], "{said}");
                assert_eq!(body(&said), body(&right), "the answer to another request");
                served += 1;
            }
            served
        });
        let answers = send_all(&authority, &[AMBIGUOUS, &[UPGRADE]].concat(), |bytes| {
            let mut stream = connect_tls_from(ATTACKER, nginx.account, host.certs());
            stream.sock.set_read_timeout(Some(SILENCE)).expect("a socket");
            exchange(&mut stream, bytes)
        });
        // Whatever an attacker gets, it is for themselves: at most one answer to each of what nginx takes for a request of theirs.
        for (what, said) in answers {
            assert!(statuses(&said).len() <= 2, "{what}: {said}");
            assert!(!said.contains("HTTP/1.1 200") && !said.contains(" 101 "), "{what}: {said}");
        }
        is_over.store(true, Ordering::Relaxed);
        assert!(victim.join().expect("a victim") > 10);
    });
    let log = web.log();
    assert!(!log.contains(NOBODY), "a request that nobody sent: {log}");
    assert!(log.contains("127.0.0.67"), "what nginx let pass: {log}");
}

#[test]
fn postern_web_alone_answers_what_can_be_read_in_two_ways_once_and_hangs_up() {
    let host = AccountHost::shared(Stores::Embedded);
    let web = Web::with("account_framing", &host.site.socket(), &host.web_toml());
    let Place::Port(port) = *web.place() else { panic!("a port") };
    let send = |bytes: &[u8]| {
        let mut stream = connect_from(ATTACKER, port);
        stream.set_read_timeout(Some(SILENCE)).expect("a socket");
        exchange(&mut stream, bytes)
    };
    let answers = send_all(&host.authority(), AMBIGUOUS, send);
    let all: Vec<_> = answers.iter().map(|(what, said)| (what, statuses(said))).collect();
    // In all of these the request that nobody sent is where one of two readers sees a body.
    assert!(all.iter().all(|(_, statuses)| statuses.len() <= 1), "{all:?}");
    guard::pause(SILENCE / 10);
    assert!(!web.log().contains(NOBODY), "{}", web.log());
    for (what, said) in send_all(&host.authority(), &[UPGRADE], send) {
        assert!(!said.contains(" 101 "), "{what}: {said}");
    }
}

#[test]
fn tricks_with_paths_lead_nowhere_on_either_side_of_nginx() {
    let host = AccountHost::shared(Stores::Embedded);
    let authority = host.authority();
    let web = Web::with("account_paths", &host.site.socket(), &host.web_toml());
    let nginx = Nginx::before("account_paths", &[&web], free_port(), &authority, Security::None);
    let Place::Port(straight) = *web.place() else { panic!("a port") };
    let targets: Vec<String> = [
        "//security",
        "/./security",
        "/x/../security",
        "/security/..;/devices",
        "/security/.",
        "/security%2f",
        "/%73ecurity",
        "/security%00",
        "/security\0",
        "/security%0d%0aSet-Cookie:%20x=y",
        "/..%2f..%2fetc/passwd",
        "/..%5c..%5cetc",
        "/\\..\\security",
        "/step/%2e%2e/security",
        "/step/../security",
        "/step//cancel",
        "/security;x=y",
        "/SECURITY",
        "/log-in%3fwhy=over",
        "/api/pending",
        "//evil.example/security",
        "security",
        "*",
        "http://evil.example/security",
        "https://{host}/security",
        "http://{host}@evil.example/security",
        "{host}",
    ]
    .iter()
    .map(|target| target.replace("{host}", &authority))
    .collect();
    for (way, port) in [("straight", straight), ("through nginx", nginx.account)] {
        for (target, method) in targets.iter().flat_map(|target| [(target, "GET"), (target, "POST")]) {
            let mut stream = connect_from(ATTACKER, port);
            stream.set_read_timeout(Some(SILENCE)).expect("a socket");
            let head = format!(
                "{method} {target} HTTP/1.1\r\nHost: {authority}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            );
            let said = exchange(&mut stream, head.as_bytes());
            let status = statuses(&said);
            let is_nowhere = matches!(status[..], [400 | 404 | 405 | 421]) && !said.contains("x=y");
            // nginx reads the host of a target and passes on its path: it is a page of ours, at our own host.
            let is_own = way != "straight" && target.contains("://") && matches!(status[..], [303 | 403]);
            assert!(is_nowhere || is_own, "{method} {target:?} {way}: {said}");
        }
    }
}

const ATTACKER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 67);
const VICTIM: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 68);
