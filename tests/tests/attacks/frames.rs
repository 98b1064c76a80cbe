//! Malformed frames.

use std::time::Duration;

use serde_json::{Value, json};

use crate::Target;
use crate::raw::{Said, line, login, say, say_slowly};

/// A good login whose line has `length` bytes, its newline included.
fn login_of_length(target: &Target, length: usize) -> Vec<u8> {
    let with = |padding: usize| {
        login("alice", &target.thunderbird.password, &json!({ "session": "x".repeat(padding) }))
    };
    with(length - with(0).len())
}

#[test]
fn a_line_of_16_kib_is_heard_and_one_byte_more_is_not() {
    let target = Target::new("frame length");
    let socket = target.site.socket();
    let limit = postern_ipc::MAX_FRAME;
    assert_eq!(say(&socket, &login_of_length(&target, limit)), Said::Accept("alice".to_owned()));
    for length in [limit + 1, limit + 2, 2 * limit, 100 * limit] {
        assert_eq!(say(&socket, &login_of_length(&target, length)), Said::Malformed, "{length}");
    }
    let line = target.posternd.logged(&["flow=login", "verdict=accept", "session="]);
    assert!(line.len() < 2048, "one login is a short line: {} bytes", line.len());
    target.assert_alice_gets_in();
}

#[test]
fn a_line_that_never_ends_is_cut_off_and_blocks_no_others() {
    let target = Target::new("frame without end");
    let socket = target.site.socket();
    let begin = login("alice", &target.thunderbird.password, &json!({}));
    let (most, newline) = begin.split_at(begin.len() - 1);
    let drop_by_drop: Vec<&[u8]> = most.chunks(1).take(40).collect();
    std::thread::scope(|scope| {
        let slow = [
            // A byte now and then, far beyond the deadline.
            scope.spawn(|| say_slowly(&target.site.socket(), &drop_by_drop, Duration::from_millis(200))),
            // All bytes but the newline, which comes too late.
            scope.spawn(|| say_slowly(&target.site.socket(), &[most, newline], Duration::from_secs(6))),
            // Nothing.
            scope.spawn(|| say(&target.site.socket(), b"")),
        ];
        // Three conversations hang, and others go on.
        target.assert_alice_gets_in();
        assert_eq!(say(&socket, &begin), Said::Accept("alice".to_owned()));
        for conversation in slow {
            assert_eq!(conversation.join().unwrap(), Said::Nothing);
        }
    });
    assert_eq!(target.posternd.status().connections, 1, "only the one that asks");
}

#[test]
fn a_line_that_arrives_in_pieces_is_one_line() {
    let target = Target::new("frame in pieces");
    let begin = login("alice", &target.thunderbird.password, &json!({}));
    let pieces: Vec<&[u8]> = begin.chunks(9).collect();
    let said = say_slowly(&target.site.socket(), &pieces, Duration::from_millis(10));
    assert_eq!(said, Said::Accept("alice".to_owned()));
}

#[test]
fn anything_but_one_message_of_the_protocol_is_malformed() {
    let target = Target::new("malformed");
    let socket = target.site.socket();
    let good = String::from_utf8(login("alice", &target.thunderbird.password, &json!({}))).unwrap();
    assert_eq!(say(&socket, good.as_bytes()), Said::Accept("alice".to_owned()), "what is bent below is good");
    let half = format!("{}\n", &good[..good.len() / 2]);
    let deep = format!("{}\n", "[".repeat(16_000));
    let bent = [
        ("half a message", half),
        ("two messages on two lines", format!("{good}{good}")),
        ("a message and the start of another", format!("{good}{{")),
        ("two messages on one line", good.replace('\n', "") + &good),
        ("two messages in one object", good.replacen("{\"begin\"", "{\"cancel\":{},\"begin\"", 1)),
        ("begin twice", good.replacen('{', &format!("{{{},", &good.trim()[1..good.trim().len() - 1]), 1)),
        ("an unknown field", good.replacen("\"flow\"", "\"colour\":\"blue\",\"flow\"", 1)),
        ("an unknown field around it", good.replacen("{\"begin\"", "{\"id\":1,\"begin\"", 1)),
        ("an unknown flow", good.replacen("\"login\"", "\"become_root\"", 1)),
        ("a flow in capitals", good.replacen("\"login\"", "\"LOGIN\"", 1)),
        ("no flow", good.replacen("\"flow\":\"login\",", "", 1)),
        ("no user", good.replacen("\"user\":\"alice\",", "", 1)),
        ("the user twice", good.replacen("\"user\"", "\"user\":\"bob\",\"user\"", 1)),
        ("the secret twice", good.replacen("\"secret\"", "\"secret\":\"x\",\"secret\"", 1)),
        ("a list for a user", good.replacen("\"alice\"", "[\"alice\"]", 1)),
        ("a number for a user", good.replacen("\"alice\"", "7", 1)),
        ("an answer that nobody asked for", "{\"answer\":\"123456\"}\n".to_owned()),
        ("a cancel of nothing", "{\"cancel\":{}}\n".to_owned()),
        (
            "a verdict of its own",
            "{\"verdict\":{\"accept\":{\"user\":\"alice\",\"userdb\":{}}}}\n".to_owned(),
        ),
        ("an empty line", "\n".to_owned()),
        ("an empty object", "{}\n".to_owned()),
        ("null", "null\n".to_owned()),
        ("a nest of lists", deep),
        ("another protocol", "GET / HTTP/1.1\r\n\r\n".to_owned()),
    ];
    for (what, message) in &bent {
        assert_eq!(say(&socket, message.as_bytes()), Said::Malformed, "{what}");
    }
    for bytes in [&b"\xff\xfe{}\n"[..], b"\0\0\0\0\n", b"{\"begin\":{\"user\":\"\xff\"}}\n"] {
        assert_eq!(say(&socket, bytes), Said::Malformed, "{bytes:?}");
    }
    let verdicts = target.posternd.status().verdicts;
    assert_eq!(verdicts["accept"], 1, "none of them was one: {verdicts:?}");
    target.assert_alice_gets_in();
}

#[test]
fn both_versions_are_spoken_and_no_other() {
    let target = Target::new("versions");
    let version = |version: Value| {
        let message = login("alice", &target.thunderbird.password, &json!({ "version": version }));
        say(&target.site.socket(), &message)
    };
    for known in [json!(1), json!(2)] {
        assert_eq!(version(known.clone()), Said::Accept("alice".to_owned()), "{known}");
    }
    for other in [json!(0), json!(3), json!(4_294_967_295_u32)] {
        assert_eq!(version(other.clone()), Said::Unsupported, "{other}");
    }
    for no_version in [json!(-1), json!("1"), json!(1.0), json!(null), json!([1]), json!(4_294_967_296_u64)] {
        assert_eq!(version(no_version.clone()), Said::Malformed, "{no_version}");
    }
    let newer = json!({ "version": 3, "flow": "telepathy", "colour": "blue" });
    assert_eq!(say(&target.site.socket(), &line(&json!({ "begin": newer }))), Said::Unsupported);
    target.assert_alice_gets_in();
}

#[test]
fn a_peer_that_sends_while_the_answer_is_made_is_disconnected() {
    let target = Target::new("talks on");
    let begin = login("alice", "wrong", &json!({}));
    // The main password takes its time to be checked: the second line comes in the middle of it.
    let said = say_slowly(&target.site.socket(), &[&begin, &begin], Duration::from_millis(3));
    assert!(matches!(said, Said::Nothing | Said::Malformed | Said::Reject(_)), "{said:?}");
    target.assert_alice_gets_in();
}
