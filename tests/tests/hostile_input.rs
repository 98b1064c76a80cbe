//! The parsers of what strangers send take any bytes: none panics, none runs for long, and what each promises holds.
//!
//! The inputs are made from examples by cutting, doubling and replacing pieces, the same ones in every run. A fuzz target
//! can call the same functions.

use std::time::Duration;

use postern_checkpassword::Credentials;
use postern_ipc::PhoneFlow;
use postern_pam_stack::{
    Assumptions, Control, Files, ManagementGroup, explore, flatten, included_files, parse_file,
};
use postern_pam_text::{MAX_LINE, lines, log_value, ssh_key};
use postern_tests::Stopwatch;
use postern_web::{Network, Route, arguments};

/// Calls `check` with every example and with many inputs made from them.
fn for_inputs(examples: &[&[u8]], check: impl Fn(&[u8])) {
    let mut random = Random(42);
    let began = Stopwatch::start();
    let mut checked = 0;
    for example in examples {
        check(example);
        for _ in 0..500 {
            check(&mutated(example, &mut random));
            checked += 1;
        }
    }
    assert!(checked >= 500, "only {checked}");
    began.assert_within(Duration::from_secs(60));
}

fn mutated(example: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = example.to_vec();
    for _ in 0..=random.below(4) {
        let (start, length) = (random.below(bytes.len() + 1), random.below(12));
        let end = (start + length).min(bytes.len());
        let piece: Vec<u8> = match random.below(4) {
            0 => Vec::new(),
            1 => [&bytes[start..end], &bytes[start..end]].concat(),
            2 => (0..length).map(|_| u8::try_from(random.below(256)).unwrap()).collect(),
            _ => PIECES[random.below(PIECES.len())].to_vec(),
        };
        bytes.splice(start..end, piece);
    }
    bytes
}

/// Knuth, The Art of Computer Programming, volume 2, section 3.3.4.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

const PIECES: [&[u8]; 12] = [
    b"\0",
    b"\n",
    b"\\\n",
    b"[",
    b"]",
    b"\"",
    b"substack sshd\n",
    b"@include sshd\n",
    b"\xff\xfe",
    "\u{202e}é😀".as_bytes(),
    b"[success=9 default=reset]",
    b"=18446744073709551616",
];

#[test]
fn a_pam_file_of_any_bytes_is_parsed_and_explored() {
    let examples: [&[u8]; 2] = [
        b"auth [success=1 default=ignore] pam_unix.so nullok\nauth requisite pam_deny.so\nauth substack common\n",
        b"@include common\n-auth sufficient pam_sss.so \\\n forward_pass # why\naccount required pam_postern.so service=sshd\n",
    ];
    for_inputs(&examples, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let common = "auth optional pam_cap.so\nauth include sshd\n";
        let files: Files =
            [("sshd", &*text), ("common", common)].map(|(name, text)| (name.into(), text.into())).into();
        assert!(parse_file(&text).all(|(number, _)| number <= text.lines().count()));
        assert!(included_files(&files).contains("sshd"));
        for group in [ManagementGroup::Auth, ManagementGroup::Account] {
            let steps = flatten(&files, "sshd", group);
            let found = explore(&steps, Assumptions::without_postern(group));
            assert!(
                found.ways_in.iter().filter_map(|way| way.bypass).all(|bypass| bypass.step < steps.len())
            );
        }
        drop(Control::parse(&text));
    });
}

#[test]
fn files_that_include_each_other_often_are_given_up_on() {
    let twice = "auth required pam_unix.so\n@include a\n@include a\n".to_owned();
    let files = Files::from([("a".to_owned(), twice)]);
    let began = Stopwatch::start();
    let steps = flatten(&files, "a", ManagementGroup::Auth);
    assert!(!steps.is_empty());
    began.assert_within(Duration::from_secs(10));
}

#[test]
fn a_checkpassword_request_of_any_bytes_is_credentials_or_refused() {
    for_inputs(&[b"alice\0secret\0\0", b"alice@example.org\0p\xc3\xa4ss word\0Y123456\0"], |bytes| {
        if let Some(Credentials { user, password }) = Credentials::parse(bytes) {
            assert!(!user.contains(&0) && !password.contains(&0));
            assert!(bytes.starts_with(&[user, b"\0", password, b"\0"].concat()));
        }
    });
}

#[test]
fn text_for_a_terminal_and_a_log_loses_its_controls() {
    let example = "1) app\n\u{1b}[2J2) 手机\t\u{202e}x rhost=192.0.2.9\"\\";
    for_inputs(&[example.as_bytes(), b"publickey ssh-ed25519 AAAAC3+/=\n"], |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let shown = lines(&text);
        assert!(!shown.is_empty() && shown.iter().all(|line| line.len() <= MAX_LINE));
        assert!(shown.iter().all(|line| !line.contains(char::is_control) && !line.contains('\u{202e}')));
        let logged = log_value(bytes);
        assert!(logged.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{logged}");
        assert!(!logged.contains(' ') || (logged.starts_with('"') && logged.ends_with('"')), "{logged}");
        if let Some(key) = ssh_key(&text) {
            assert!(key.starts_with("ssh-key ") && key.split(' ').count() == 3, "{key}");
        }
    });
}

#[test]
fn a_request_of_any_bytes_has_a_route_or_none_and_is_arguments_or_refused() {
    for_inputs(&[b"/", b"/api/answer", b"/index.html", b"192.0.2.1", b"2001:db8::1"], |bytes| {
        let text = String::from_utf8_lossy(bytes);
        if let Some(Route::Api(_)) = Route::of(&text) {
            assert!(text.starts_with("/api/"), "{text}");
        }
        assert!(Network::of(&text).is_none() || text.contains(['.', ':']), "{text}");
    });
    let body = br#"{"account":"a","factor":"f","time":"1","signature":"s"}"#;
    for_inputs(&[body], |bytes| {
        if let Ok(arguments) = arguments(PhoneFlow::Pending, bytes) {
            let names: Vec<_> = arguments.keys().map(String::as_str).collect();
            assert_eq!(names, ["account", "factor", "signature", "time"]);
        }
    });
}
