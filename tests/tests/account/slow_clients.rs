//! One client with many connections, that sends slowly or too much: others are served.

use std::io::Write;
use std::net::{Ipv4Addr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use postern_tests::account_host::{AccountHost, AccountPages};
use postern_tests::form_client::FormClient;
use postern_tests::guard::{free_port, pause};
use postern_tests::http::Place;
use postern_tests::login_host::{LoginUser, Stores};
use postern_tests::nginx::{Nginx, Security};
use postern_tests::raw_http::{SILENCE, connect_from, exchange, rest, statuses};
use postern_tests::{Stopwatch, Web};

/// A postern-web of its own before the posternd that tests share, and nginx before it.
struct Door {
    nginx: Nginx,
    web: Web,
    authority: String,
}

/// What a slow client sends at once, and byte by byte.
struct Slow {
    what: &'static str,
    at_once: String,
    then: &'static [u8],
}

impl Door {
    fn before(host: &AccountHost, name: &str) -> Self {
        let authority = host.authority();
        let web = Web::with(name, &host.site.socket(), &host.web_toml());
        let nginx = Nginx::before(name, &[&web], free_port(), &authority, Security::None);
        Self { nginx, web, authority }
    }

    /// Each way in: its name, its port, and the pages that are there.
    fn ways(&self) -> [(&'static str, u16, AccountPages); 2] {
        let Place::Port(port) = self.web.place() else { panic!("a port") };
        let through = AccountPages::at(Place::Port(self.nginx.account), &self.authority);
        [
            ("straight", *port, AccountPages::of(&self.web, &self.authority)),
            ("through nginx", self.nginx.account, through),
        ]
    }

    fn slow(&self) -> [Slow; 3] {
        let head = |line: &str| {
            format!("{line} HTTP/1.1\r\nHost: {}\r\nX-Forwarded-For: 203.0.113.9\r\n", self.authority)
        };
        [
            Slow { what: "silence", at_once: String::new(), then: b"" },
            Slow { what: "slow headers", at_once: head("GET /log-in") + "X-Slow: ", then: b"x" },
            Slow {
                what: "slow bodies",
                at_once: head("POST /log-in")
                    + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 4000\r\n\r\n",
                then: b"x",
            },
        ]
    }
}

/// Does `work` while each of the connections sends a byte a second.
fn meanwhile(streams: &[TcpStream], byte: &[u8], work: impl FnOnce()) {
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let drips = scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                for mut stream in streams {
                    // The server may have hung up.
                    drop(stream.write(byte));
                }
                pause(Duration::from_secs(1));
            }
        });
        work();
        is_over.store(true, Ordering::Relaxed);
        drips.join().expect("the slow ones go on");
    });
}

/// Somebody else logs in and looks at their pages, in less time than a slow request may take.
fn another_is_served(pages: &AccountPages, anna: &LoginUser, beside: &str) {
    let began = Stopwatch::start();
    for _ in 0..3 {
        let mut client = FormClient::of(pages);
        client.log_in(anna);
        assert_eq!(client.path, "/security", "{beside}: {}", client.page.body);
        assert_eq!(client.get("/devices").status, 200, "{beside}");
        client.submit("/log-out", &[]);
    }
    println!("beside {beside}: {}", began.elapsed());
    began.assert_within(Duration::from_secs(4));
}

#[test]
fn two_hundred_and_fifty_six_slow_connections_of_one_client_leave_others_served() {
    let host = AccountHost::shared(Stores::Embedded);
    let door = Door::before(&host, "account_slow");
    let anna = host.user("anna");
    for (way, port, pages) in door.ways() {
        for slow in door.slow() {
            let streams: Vec<TcpStream> = (0..CONNECTIONS)
                .map(|_| {
                    let mut stream = connect_from(ATTACKER, port);
                    stream.write_all(slow.at_once.as_bytes()).expect("a connection");
                    stream.set_nonblocking(true).expect("a socket");
                    stream
                })
                .collect();
            let what = format!("{} {way}", slow.what);
            meanwhile(&streams, slow.then, || another_is_served(&pages, &anna, &what));
            let mut refused = 0;
            for mut stream in streams {
                let end = rest(&mut stream);
                assert!(!end.starts_with("HTTP/1.1 2") && !end.starts_with("HTTP/1.1 3"), "{what}: {end}");
                refused += usize::from(statuses(&end).iter().any(|status| [408, 429, 503].contains(status)));
            }
            // A client's share of requests is 32, and those of its connections that have said it are told so.
            assert!(refused > 0 || slow.what != "slow bodies", "{what}: all of them are still read");
        }
    }
}

#[test]
fn what_is_too_large_is_refused_with_a_status_that_says_so() {
    let host = AccountHost::shared(Stores::Embedded);
    let door = Door::before(&host, "account_large");
    let long = "x".repeat(20_000);
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let many: String = (0..200).map(|number| format!("X-{number}: x\r\n")).collect();
    let chunks: String = (0..20).map(|_| format!("400\r\n{}\r\n", "x".repeat(1024))).collect();
    for (way, port, pages) in door.ways() {
        for (what, line, headers, body, allowed) in [
            ("a body", "POST /log-in", format!("{form}Content-Length: 20000\r\n"), &*long, &[413][..]),
            // Announced, and never sent.
            (
                "a body to come",
                "POST /log-in",
                format!("{form}Content-Length: 1000000000000\r\n"),
                "",
                &[413],
            ),
            ("chunks", "POST /log-in", format!("{form}Transfer-Encoding: chunked\r\n"), &*chunks, &[413]),
            ("a header", "GET /log-in", format!("X-Long: {long}\r\n"), "", &[400, 431]),
            ("a cookie", "GET /log-in", format!("Cookie: a={long}\r\n"), "", &[400, 431]),
            ("many headers", "GET /log-in", many.clone(), "", &[431]),
            ("a path", &*format!("GET /{long}"), String::new(), "", &[414, 431]),
        ] {
            let mut stream = connect_from(Ipv4Addr::LOCALHOST, port);
            stream.set_read_timeout(Some(SILENCE)).expect("a socket");
            let head = format!("{line} HTTP/1.1\r\nHost: {}\r\n{headers}\r\n", door.authority);
            // The answer comes before a body may be late, which takes longer than this listens.
            let said = exchange(&mut stream, (head + body).as_bytes());
            let statuses = statuses(&said);
            assert!(statuses.len() == 1 && allowed.contains(&statuses[0]), "{what} {way}: {said}");
        }
        assert_eq!(pages.request("GET", "/log-in").send().status, 200, "{way}");
    }
}

const CONNECTIONS: usize = 256;
const ATTACKER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 66);
