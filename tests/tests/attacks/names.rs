//! Names with a meaning in SQL, LDAP filters, logs and paths, other spellings, and names of other accounts.

use serde_json::json;

use crate::Target;
use crate::raw::{Said, login, say};

const FOREIGN: [&str; 22] = [
    "alice' OR '1'='1",
    "alice'--",
    "' UNION SELECT * FROM account --",
    "alice'; DROP TABLE account; --",
    "alice\" OR \"\"=\"",
    "alice%",
    "a_ice",
    "al*",
    "*",
    "alice)(uid=*",
    "alice)(|(uid=*))",
    "\\61lice",
    "alice\\00",
    "alice,dc=example",
    "../alice",
    "./alice",
    "alice/../alice",
    "$(id)",
    "${HOME}",
    "{user}",
    "alice@",
    "-alice",
];

const SPELLINGS: [&str; 10] = [
    " alice",
    "alice ",
    "alice\u{a0}",
    "alice\u{200b}",
    "\u{feff}alice",
    "\u{ff41}\u{ff4c}\u{ff49}\u{ff43}\u{ff45}",
    "\u{1d41a}\u{1d425}\u{1d422}\u{1d41c}\u{1d41e}",
    "al\u{131}ce",
    "\u{430}lice",
    "alic\u{65}\u{301}",
];

#[test]
fn metacharacters_of_sql_and_filters_and_other_spellings_are_unknown_names() {
    let target = Target::new("metacharacters");
    for name in FOREIGN.into_iter().chain(SPELLINGS) {
        for secret in [&target.thunderbird.password, &target.alice.password] {
            let said = say(&target.site.socket(), &login(name, secret, &json!({})));
            assert_eq!(said, Said::reject("unknown_account"), "{name:?}");
        }
        let lookup = json!({ "flow": "lookup", "secret": null });
        let said = say(&target.site.socket(), &login(name, "", &lookup));
        assert_eq!(said, Said::reject("unknown_account"), "{name:?}, looked up");
        assert_eq!(target.checkpassword(name, &target.thunderbird.password), 1, "{name:?}, by checkpassword");
    }
    // The one spelling that is the same user. The name comes back as the directory writes it.
    for name in ["ALICE", "Alice"] {
        let said = say(&target.site.socket(), &login(name, &target.thunderbird.password, &json!({})));
        assert_eq!(said, Said::Accept("alice".to_owned()), "{name}");
    }
    target.assert_alice_gets_in();
}

#[test]
fn secrets_full_of_metacharacters_are_only_wrong() {
    let target = Target::new("metacharacters in secrets");
    for (number, secret) in FOREIGN.into_iter().enumerate() {
        let from = json!({ "rhost": format!("198.51.100.{number}") });
        let said = say(&target.site.socket(), &login("alice", secret, &from));
        assert_eq!(said, Said::reject("bad_credential"), "{secret:?}");
    }
    target.assert_alice_gets_in();
}

#[test]
fn neither_name_nor_session_nor_service_forges_a_line_of_the_log() {
    let target = Target::new("log injection");
    let forged = "verdict=accept flow=login service=imap account=forged peer=0 user=alice";
    let evil = [
        format!("x\n{forged}"),
        format!("x\r\n{forged}"),
        format!("x\" {forged}"),
        format!("x\\\" {forged}"),
        format!("x\u{2028}{forged}"),
        format!("x\u{85}{forged}"),
        format!("\u{1b}[2K\u{1b}[1A{forged}"),
        format!("x\0{forged}"),
        format!("x {forged}"),
    ];
    let before = target.posternd.log().lines().count();
    for text in &evil {
        for field in ["user", "session", "service", "local", "rhost", "tty", "device", "language"] {
            let more = json!({ field: text });
            let said = say(&target.site.socket(), &login("nobody", "wrong password", &more));
            assert!(matches!(&said, Said::Reject(_)), "{field}: {said:?}");
        }
    }
    let log = target.posternd.log();
    let lines: Vec<&str> = log.lines().skip(before).collect();
    assert_eq!(lines.len(), evil.len() * 8, "one line each");
    for line in lines {
        assert!(line.contains(" verdict=reject reason=") && line.contains(" peer=0 "), "{line}");
        assert!(line.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{line}");
        // There is no forged pair outside of quotes: every second piece between quotes is a value.
        let outside: String = line.split('"').step_by(2).collect();
        assert!(!outside.contains("verdict=accept") && !outside.contains("forged"), "{line}");
        assert_eq!(line.matches('"').count() % 2, 0, "{line}");
    }
    target.assert_alice_gets_in();
}

#[test]
fn no_field_of_a_client_makes_a_line_of_the_log_long() {
    let target = Target::new("long lines");
    for text in ["n".repeat(15_000), "\u{e9}".repeat(7_000), "\"".repeat(7_000)] {
        for field in ["user", "session", "service"] {
            let said =
                say(&target.site.socket(), &login("nobody", "wrong password", &json!({ field: text })));
            assert!(matches!(&said, Said::Reject(_)), "{field}: {said:?}");
        }
    }
    let log = target.posternd.log();
    let longest = log.lines().map(str::len).max().unwrap();
    assert!(longest < 4_096, "{longest} bytes");
    target.assert_alice_gets_in();
}

#[test]
fn an_app_password_opens_its_own_account_as_itself_and_nothing_else() {
    let target = Target::new("other accounts");
    let bob = target.site.account("bob");
    let phone = target.site.app_password("bob", "Phone", &[]).password;
    let (own, main) = (&target.thunderbird.password, &target.alice.password);
    let (selector, secret) = own.split_at(4);
    let refused = [
        ("somebody else's app password", "alice", phone.clone()),
        ("somebody else's main password", "alice", bob.password),
        ("an app password for the other account", "bob", own.clone()),
        ("its selector with somebody else's secret", "alice", format!("{selector}{}", &phone[4..])),
        ("somebody else's selector with its secret", "alice", format!("{}{secret}", &phone[..4])),
        ("its selector with the main password", "alice", format!("{selector}{main}")),
        ("its selector with a piece of the main password", "alice", format!("{selector}{}", &main[..12])),
        ("its selector alone", "alice", selector.to_owned()),
        ("its secret without the selector", "alice", secret.to_owned()),
        ("its first half", "alice", own[..9].to_owned()),
        ("all but the last character", "alice", own[..18].to_owned()),
        ("one character more", "alice", format!("{own}A")),
        ("in capitals", "alice", own.to_uppercase()),
        ("in small letters", "alice", own.to_lowercase()),
        ("backwards", "alice", own.chars().rev().collect()),
        ("both passwords", "alice", format!("{main}{own}")),
        ("the main password in another case", "alice", main.to_uppercase()),
        ("the main password with a space", "alice", format!("{main} ")),
    ];
    for (number, (what, user, password)) in refused.into_iter().enumerate() {
        // Random characters may happen to have no other case.
        if password == *own || password == *main {
            continue;
        }
        let address = format!("198.51.100.{number}");
        let said = say(&target.site.socket(), &login(user, &password, &json!({ "rhost": address })));
        assert_eq!(said, Said::reject("bad_credential"), "{what}");
        assert_eq!(target.checkpassword_from(&address, user, &password), 1, "{what}, by checkpassword");
    }
    assert_eq!(target.checkpassword("bob", &phone), 0);
    target.assert_alice_gets_in();
}

#[test]
fn a_host_with_twelve_names_has_one_limit() {
    let target = Target::new("twelve_names");
    let socket = target.site.socket();
    let guess = |name: &str, secret: &str| say(&socket, &login("alice", secret, &json!({ "rhost": name })));
    for number in 0..10 {
        let said = guess(&format!("h{number}.attacker.invalid"), &format!("guess {number}"));
        assert_eq!(said, Said::reject("bad_credential"), "{number}");
    }
    for number in 10..12 {
        let said = guess(&format!("h{number}.attacker.invalid"), &format!("guess {number}"));
        assert_eq!(said, Said::reject("limited"), "{number}");
    }
    drop(target.posternd.logged(&["reason=limited", " rhost=h11.attacker.invalid ", "user=alice"]));
    assert_eq!(guess("192.0.2.1", &target.alice.password), Said::Accept("alice".to_owned()), "elsewhere");
    // A zone is no name: one /64 with the next link's.
    for number in 0..10 {
        let said = guess(&format!("2001:db8::{number}%eth{number}"), &format!("again {number}"));
        assert_eq!(said, Said::reject("bad_credential"), "{number}");
    }
    assert_eq!(guess("2001:db8::b%eth9", &target.alice.password), Said::reject("limited"));
    drop(target.posternd.logged(&["reason=limited", " rhost=2001:db8::b ", "user=alice"]));
}
