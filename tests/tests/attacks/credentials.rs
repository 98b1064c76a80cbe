//! Malformed names and secrets: by the socket, by checkpassword and through Dovecot.

use postern_core::name::MAX_NAME;
use postern_core::secret::MAX_SECRET;
use postern_tests::{Attempt, Outcome, canary};
use serde_json::json;

use crate::Target;
use crate::conversation::RawConversation;
use crate::raw::{Said, login, say};

#[test]
fn secrets_that_are_none_are_refused_at_every_door() {
    let mut target = Target::new("secrets");
    let right = target.alice.password.clone();
    // Valid ones of all lengths are accepted, so the refusals below have the intended reason.
    let longest = longest_secret();
    drop(target.site.account_with("longest", &longest, &[]));
    let bad = [
        ("empty", String::new()),
        ("one byte too long", format!("{longest}x")),
        ("far too long", "x".repeat(10_000)),
        ("NUL behind it", format!("{right}\0")),
        ("NUL before it", format!("\0{right}")),
        ("NUL inside", format!("{}\0{}", &right[..4], &right[4..])),
        ("newline behind it", format!("{right}\n")),
        ("carriage return behind it", format!("{right}\r\n")),
        ("sshd's junk password", "\u{8}\n\r\u{7f}INCORRECT".to_owned()),
        ("escape", format!("\u{1b}{right}")),
        ("a control character of Latin-1", format!("{right}\u{85}")),
    ];
    let socket = target.site.socket();
    for (what, secret) in &bad {
        let said = say(&socket, &login("alice", secret, &json!({})));
        assert_eq!(said, Said::reject("bad_credential"), "{what}, by the socket");
    }
    let missing = json!({ "secret": null });
    assert_eq!(say(&socket, &login("alice", "", &missing)), Said::reject("bad_credential"), "none at all");
    for (what, secret) in &bad {
        let begin =
            json!({ "version": 1, "flow": "login", "service": "imap", "user": "alice", "interactive": true });
        let mut talk = RawConversation::begin(&socket, &begin);
        assert_eq!(talk.asked().style, "hidden");
        talk.answer(secret);
        assert_eq!(talk.verdict(), Said::reject("bad_credential"), "{what}, as an answer");
    }
    for (what, secret) in &bad {
        // In this contract NUL ends the secret. The text before it is checked, and is right only here.
        let expected = i32::from(*what != "NUL behind it");
        assert_eq!(target.checkpassword("alice", secret), expected, "{what}, by checkpassword");
    }
    let dovecot = target.site.dovecot();
    for (what, secret) in &bad {
        let reply = dovecot.auth_client().login(&Attempt::new("imap", "alice", secret));
        assert_ne!(reply.outcome, Outcome::Accepted, "{what}, through Dovecot");
    }
    assert_eq!(say(&socket, &login("longest", &longest, &json!({}))), Said::Accept("longest".to_owned()));
    assert_eq!(target.checkpassword("longest", &longest), 0);
    target.assert_alice_gets_in();
    assert!(target.posternd.stop().success());
}

#[test]
fn a_secret_that_is_not_utf_8_is_refused_at_every_door() {
    let target = Target::new("not utf 8");
    let dovecot = target.site.dovecot();
    for bytes in [&b"\xff\xfe"[..], b"sec\xc3", b"\xed\xa0\x80secret", b"\xc0\x80", b"\xf8\x88\x80\x80\x80"] {
        let message = login("alice", "SECRET", &json!({}));
        let at = message.windows(6).position(|window| window == b"SECRET").unwrap();
        let message = [&message[..at], bytes, &message[at + 6..]].concat();
        assert_eq!(say(&target.site.socket(), &message), Said::Malformed, "{bytes:?}");
        assert_eq!(target.checkpassword_bytes(&[b"alice\0", bytes, b"\0\0"].concat()), 1, "{bytes:?}");
        assert_eq!(target.checkpassword_bytes(&[bytes, b"\0secret\0\0"].concat()), 1, "{bytes:?} for a name");
        let reply = dovecot.auth_client().login(&Attempt::of_bytes("imap", b"alice", bytes));
        assert_eq!(reply.outcome, Outcome::Refused, "{bytes:?}, through Dovecot");
    }
    // JSON can spell half a character that UTF-8 has no bytes for.
    for escape in ["\\ud800", "\\udfff", "\\u0000"] {
        let message = String::from_utf8(login("alice", "SECRET", &json!({}))).unwrap();
        let said = say(&target.site.socket(), message.replace("SECRET", escape).as_bytes());
        assert!(matches!(&said, Said::Malformed | Said::Reject(_)), "{escape}: {said:?}");
    }
    target.assert_alice_gets_in();
}

#[test]
fn malformed_names_are_refused_before_they_are_looked_up() {
    let target = Target::new("names that are none");
    let password = &target.thunderbird.password;
    let longest = "n".repeat(MAX_NAME);
    let by_socket = |name: &str| say(&target.site.socket(), &login(name, password, &json!({})));
    // The longest name is looked up, and unknown.
    assert_eq!(by_socket(&longest), Said::reject("unknown_account"));
    let before = target.posternd.status().argon2id_runs;
    for name in [
        "",
        &format!("{longest}n"),
        &"n".repeat(10_000),
        "alice\0",
        "\0alice",
        "ali\0ce",
        "alice\n",
        "al\tice",
        "alice\u{85}",
    ] {
        assert_eq!(by_socket(name), Said::reject("bad_credential"), "{name:?}");
        if !name.contains('\0') && name.len() < 2_000 {
            assert_eq!(target.checkpassword(name, password), 1, "{name:?}, by checkpassword");
        }
    }
    assert_eq!(target.posternd.status().argon2id_runs, before, "nothing was computed for them");
    let refused = |secret: &str| target.checkpassword("alice", secret);
    assert_eq!(target.checkpassword(&"n".repeat(3_000), password), 1, "longer than the contract permits");
    assert_eq!(refused(&"x".repeat(100_000)), 1);
    assert_eq!(target.checkpassword(&longest, password), 1);
    for lookup in [&longest, ""] {
        let ran = target.site.checkpassword().args(&["/usr/lib/dovecot/checkpassword-reply"]).lookup();
        let ran = ran.credentials(lookup, "").run();
        assert!(ran.code == 3 && ran.fd4.is_empty(), "unknown, so that mail bounces: {ran:?}");
    }
    let dovecot = target.site.dovecot();
    for name in ["", &format!("{longest}n"), "alice\n", "ali\tce", "alice\u{85}"] {
        let reply = dovecot.auth_client().login(&Attempt::new("imap", name, password));
        assert_ne!(reply.outcome, Outcome::Accepted, "{name:?}, through Dovecot");
    }
    target.assert_alice_gets_in();
}

#[test]
fn input_that_breaks_the_checkpassword_contract_is_never_accepted() {
    let target = Target::new("broken contract");
    let good = [b"alice\0", target.thunderbird.password.as_bytes(), b"\0"].concat();
    assert_eq!(target.checkpassword_bytes(&good), 0, "without a timestamp");
    assert_eq!(target.checkpassword_bytes(&[&good[..], b"Y123456\0"].concat()), 0, "with a timestamp");
    for (what, input) in [
        ("nothing", &b""[..]),
        ("a NUL", b"\0"),
        ("NULs only", b"\0\0\0\0"),
        ("a name without end", b"alice"),
        ("a name without password", b"alice\0"),
        ("a password without end", &good[..good.len() - 1]),
        ("no name", b"\0password\0\0"),
    ] {
        assert_eq!(target.checkpassword_bytes(input), 1, "{what}");
    }
    assert_eq!(target.checkpassword_bytes(&[&good[..], &[b'x'; 4096]].concat()), 111, "more than it takes");
    for authorized in ["0", "2", "yes"] {
        let ran = target.site.checkpassword().args(&["/usr/lib/dovecot/checkpassword-reply"]);
        let ran = ran.login("imap", "192.0.2.1").env("AUTHORIZED", authorized).input(&good).run();
        assert_eq!((ran.code, ran.fd4.as_str()), (111, ""), "AUTHORIZED={authorized}");
    }
    target.assert_alice_gets_in();
}

/// The maximum length of a secret.
fn longest_secret() -> String {
    let secret: String = (0..).map(|_| postern_tests::site::random_password()).take(26).collect();
    canary::register(&secret[..MAX_SECRET]);
    secret[..MAX_SECRET].to_owned()
}
