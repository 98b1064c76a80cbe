use std::time::Duration;

use postern_tests::wire::Impostor;
use postern_tests::{Elapsed, FakePosternd, PamReport, PamSite, Stopwatch, host};
use serde_json::json;

use crate::{OUTAGE, alice, pam, site, usual};

/// Both hooks answer that posternd is out of order, and the log says so without a word that fail2ban counts.
#[track_caller]
fn is_out_of_order(report: &PamReport) {
    assert_eq!(report.answer("auth"), pam::AUTHINFO_UNAVAIL, "{report:?}");
    if report.codes.contains_key("acct") {
        assert_eq!(report.answer("acct"), pam::AUTHINFO_UNAVAIL, "{report:?}");
    }
    assert!(report.log.iter().any(|line| line.contains("cannot decide")), "{:?}", report.log);
    assert!(!report.log.iter().any(|line| line.contains("authentication failure")), "{:?}", report.log);
}

#[test]
fn without_a_daemon_the_answer_comes_at_once() {
    let site = site("absent", "");
    let measured = |site: &PamSite| {
        let both = || {
            let report = alice(site).calls(&["auth", "acct"]).run().lived();
            is_out_of_order(&report);
            assert_eq!(report.shown(), [(pam::ERROR, OUTAGE.to_owned())]);
            report.took
        };
        // The host's own start and libpam's reading of services count too, and other load on this machine.
        let took = (0..3).map(|_| both()).min_by_key(Elapsed::unstalled).unwrap();
        // 100 ms for each of the two hooks.
        took.assert_within(Duration::from_millis(200));
    };
    measured(&site);
    // A socket that a dead daemon left behind.
    drop(std::os::unix::net::UnixListener::bind(site.socket()).unwrap());
    measured(&site);
}

#[test]
fn a_daemon_whose_queue_is_full_is_not_waited_for() {
    let site = site("full", "");
    let _listener = crowded(&site.socket());
    let started = Stopwatch::start();
    is_out_of_order(&alice(&site).authenticate());
    started.assert_within(Duration::from_secs(4));
}

/// A listener that accepts no connection, and the connections that fill its queue.
fn crowded(socket: &std::path::Path) -> impl Sized + use<> {
    use nix::sys::socket::{
        AddressFamily, Backlog, SockFlag, SockType, UnixAddr, bind, connect, listen, socket as new_socket,
    };
    let new = |flags| new_socket(AddressFamily::Unix, SockType::Stream, flags, None).unwrap();
    let address = UnixAddr::new(socket).unwrap();
    let listener = new(SockFlag::empty());
    bind(std::os::fd::AsRawFd::as_raw_fd(&listener), &address).unwrap();
    listen(&listener, Backlog::new(0).unwrap()).unwrap();
    let mut waiting = Vec::new();
    loop {
        let next = new(SockFlag::SOCK_NONBLOCK);
        if connect(std::os::fd::AsRawFd::as_raw_fd(&next), &address).is_err() {
            return (listener, waiting);
        }
        waiting.push(next);
    }
}

#[test]
fn a_silent_daemon_is_given_up_long_before_the_person() {
    let site = site("silent", "");
    site.configure("mail_deadline = \"300ms\"\n");
    let _fake = FakePosternd::start(&site.socket(), |line| {
        line.begin();
        line.hang();
    });
    let report = alice(&site).calls(&["auth", "acct"]).run().lived();
    is_out_of_order(&report);
    report.took.assert_at_least(Duration::from_millis(600));
    report.took.assert_within(Duration::from_secs(10));
}

#[test]
fn a_daemon_that_drips_is_given_up_too() {
    let site = site("drip", "");
    site.configure("mail_deadline = \"300ms\"\n");
    let _fake = FakePosternd::start(&site.socket(), |line| {
        line.begin();
        for _ in 0..40 {
            line.raw(b" ");
            line.dawdle(Duration::from_millis(50));
        }
        line.accept("alice");
    });
    is_out_of_order(&alice(&site).authenticate());
}

#[test]
fn a_daemon_that_asks_for_time_gets_it_up_to_the_deadline_of_all() {
    let site = site("wait", "");
    site.configure("mail_deadline = \"200ms\"\ninteractive_deadline = \"1500ms\"\n");
    let fake = FakePosternd::start(&site.socket(), |line| {
        line.begin();
        line.say(json!({"wait": {"seconds": 60}}));
        line.dawdle(Duration::from_millis(700));
        line.accept("alice");
    });
    assert_eq!(alice(&site).authenticate().answer("auth"), pam::SUCCESS);
    drop(fake);
    let _fake = FakePosternd::start(&site.socket(), |line| {
        line.begin();
        line.say(json!({"wait": {"seconds": u32::MAX}}));
        line.hang();
    });
    let report = alice(&site).authenticate();
    is_out_of_order(&report);
    report.took.assert_at_least(Duration::from_millis(1_500));
    report.took.assert_within(Duration::from_secs(20));
}

#[test]
fn time_that_was_asked_for_is_for_the_next_message_only() {
    let site = site("wait-once", "");
    site.configure("mail_deadline = \"200ms\"\n");
    let _fake = FakePosternd::start(&site.socket(), |line| {
        line.begin();
        line.say(json!({"wait": {"seconds": 60}}));
        line.tell("info", "Still here.");
        line.hang();
    });
    let report = alice(&site).authenticate();
    is_out_of_order(&report);
    report.took.assert_within(Duration::from_secs(20));
}

#[test]
fn a_daemon_that_dies_in_the_middle_leaves_the_host_alive() {
    for steps in 0..3 {
        let site = site("dies", "");
        let _fake = FakePosternd::start(&site.socket(), move |line| {
            if steps > 0 {
                line.begin();
            }
            if steps > 1 {
                line.ask("hidden", "Password: ");
            }
        });
        is_out_of_order(&alice(&site).types("hunter2").calls(&["auth", "acct"]).run().lived());
    }
}

#[test]
fn an_answer_to_a_dead_daemon_does_not_end_the_host_by_a_signal() {
    let site = site("pipe", "");
    let _fake = FakePosternd::start(&site.socket(), |line| {
        line.begin();
        line.say(json!({"ask": {"style": "hidden", "text": "Password: "}}));
    });
    is_out_of_order(&alice(&site).word("answer", "slow:200:hunter2").authenticate());
}

#[test]
fn a_message_that_is_not_of_the_protocol_is_an_outage() {
    let nested = format!("{}{}\n", "[".repeat(8000), "]".repeat(8000));
    let long = format!("{{\"tell\":{{\"style\":\"info\",\"text\":\"{}\"}}}}\n", "x".repeat(17 * 1024));
    let cases: [&[u8]; 13] = [
        b"\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"\0\0\0\0\n",
        b"{\"verdict\":\"accept\"}\n",
        b"{\"verdict\":{\"accept\":{}}}\n",
        b"{\"verdict\":{\"accept\":{\"user\":\"alice\",\"userdb\":{},\"root\":true}}}\n",
        b"{\"verdict\":{\"accept\":{\"user\":\"alice\",\"userdb\":{}},\"reject\":{\"reason\":\"scope\",\"text\":\"\"}}}\n",
        b"{\"verdict\":{\"reject\":{\"reason\":\"whim\",\"text\":\"\"}}}\n",
        b"{\"accept\":{\"user\":\"alice\",\"userdb\":{}}}\n",
        b"{\"error\":{\"malformed\":\"x\"}}\n",
        b"{\"ask\":{\"style\":\"hidden\",\"text\":\"\xff\"}}\n",
        nested.as_bytes(),
        long.as_bytes(),
    ];
    for bytes in cases {
        let site = site("garbage", "");
        let sent = bytes.to_vec();
        let _fake = FakePosternd::start(&site.socket(), move |line| {
            line.begin();
            line.raw(&sent);
            line.hang();
        });
        let report = alice(&site).types("hunter2").authenticate();
        is_out_of_order(&report);
        assert_eq!(
            report.shown(),
            [(pam::ERROR, OUTAGE.to_owned())],
            "nothing of {:?}",
            String::from_utf8_lossy(bytes)
        );
    }
}

#[test]
fn an_accept_that_is_cut_off_is_none() {
    let site = site("cut", "");
    let _fake = FakePosternd::start(&site.socket(), |line| {
        line.begin();
        line.raw(b"{\"verdict\":{\"accept\":{\"user\":\"alice\",\"userdb\":{}}}}");
    });
    is_out_of_order(&alice(&site).calls(&["auth", "acct"]).run().lived());
}

#[test]
fn a_verdict_ends_the_conversation_and_later_lines_are_ignored() {
    let site = site("after", "");
    let _fake = FakePosternd::start(&site.socket(), |line| {
        line.begin();
        line.raw(b"{\"verdict\":{\"reject\":{\"reason\":\"scope\",\"text\":\"\"}}}\n{\"verdict\":{\"accept\":{\"user\":\"alice\",\"userdb\":{}}}}\n");
    });
    assert_eq!(alice(&site).authenticate().answer("auth"), pam::AUTH_ERR);
}

#[test]
fn only_root_and_postern_may_listen_at_the_socket() {
    let site = site("impostor", "");
    let accept = "{\"verdict\":{\"accept\":{\"user\":\"alice\",\"userdb\":{}}}}\n";
    for (user, expected) in [("mallory", pam::AUTHINFO_UNAVAIL), ("postern", pam::SUCCESS)] {
        let dir = site.dir().join(user);
        host::make_dir(&dir, host::ids(user), 0o755);
        let socket = dir.join("socket");
        let config = site.dir().join(format!("{user}.toml"));
        std::fs::write(&config, format!("socket = \"{}\"\n", socket.display())).unwrap();
        site.service("test", &format!("config={}", config.display()));
        let impostor = Impostor::start(user, &socket, accept, &site.dir().join("impostor.log"));
        let report = alice(&site).authenticate();
        assert_eq!(report.answer("auth"), expected, "{user}: {report:?}");
        assert_eq!(impostor.heard().is_empty(), user == "mallory", "{user}");
    }
}

#[test]
fn a_daemon_that_comes_back_serves_the_next_login() {
    let site = site("back", "");
    is_out_of_order(&alice(&site).authenticate());
    let _fake = usual(&site);
    assert_eq!(alice(&site).types("hunter2").types("123456").authenticate().answer("auth"), pam::SUCCESS);
}
