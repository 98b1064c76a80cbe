//! Codes, URIs and QR codes by programs that are not ours.

use std::fs;
use std::process::Command;
use std::time::Duration;

use postern_tests::otp::Algorithm;
use postern_tests::qr::{self, Theme};
use postern_tests::{Authenticator, Ran, Ssh, Sshd, host, unix_users};

use crate::UNIX;

#[test]
fn the_app_knows_the_vectors_of_rfc_6238() {
    for (algorithm, length, at_59, at_20_000_000_000) in [
        (Algorithm::Sha1, 20, "94287082", "65353130"),
        (Algorithm::Sha256, 32, "46119246", "77737706"),
        (Algorithm::Sha512, 64, "90693936", "47863826"),
    ] {
        let seed: Vec<u8> = b"1234567890".iter().copied().cycle().take(length).collect();
        let app = Authenticator::new(&seed).algorithm(algorithm).digits(8);
        assert_eq!(app.code_at(59), at_59, "{algorithm:?}");
        assert_eq!(app.code_at(20_000_000_000), at_20_000_000_000, "{algorithm:?}");
        assert_eq!(app.digits(6).code_at(59), at_59[2..], "{algorithm:?}");
    }
}

#[test]
fn an_app_is_made_from_a_uri() {
    let app = Authenticator::random().algorithm(Algorithm::Sha512).digits(8).period(60);
    let uri = format!(
        "otpauth://totp/mail.example.org:anna%40example.org?secret={}&issuer=mail.example.org&algorithm=SHA512&digits=8&period=60",
        app.base32()
    );
    let read = Authenticator::from_uri(&uri).unwrap();
    assert_eq!(
        (read.label.issuer.as_str(), read.label.name.as_str()),
        ("mail.example.org", "anna@example.org")
    );
    assert_eq!(read.code_at(1_700_000_000), app.code_at(1_700_000_000));
    assert_ne!(read.clone().period(30).code_at(1_700_000_000), app.code_at(1_700_000_000));
    assert_eq!((read.algorithm, read.digits, read.period), (app.algorithm, app.digits, app.period));
    for broken in ["https://example.org", "otpauth://totp/anna", "otpauth://hotp/anna?secret=MZXW6YTB&foo=1"]
    {
        assert!(Authenticator::from_uri(broken).is_err(), "{broken}");
    }
}

#[test]
fn a_qr_code_is_read_off_a_terminal_where_its_dark_is_dark() {
    for (kind, dark, light) in [("UTF8", true, false), ("UTF8i", false, true), ("ANSI256UTF8", true, true)] {
        let shown = format!("Scan this:\r\n{}Code: ", qrencode(kind).replace('\n', "\r\n"));
        for (theme, is_readable) in [(Theme::Dark, dark), (Theme::Light, light)] {
            let read = qr::read(&shown, theme);
            assert_eq!(read, if is_readable { vec![URI] } else { vec![] }, "{kind} on {theme:?}");
        }
    }
}

#[test]
fn a_qr_code_crosses_an_ssh_prompt_but_its_colours_do_not() {
    let anna = unix_users::fresh("anna");
    for (kind, is_coloured) in [("UTF8", false), ("ANSI256UTF8", true)] {
        let code = host::test_dir().join(format!("code.{kind}"));
        fs::write(&code, qrencode(kind)).unwrap();
        let show = format!("auth optional pam_exec.so stdout /bin/cat {}\n", code.display());
        let sshd = Sshd::with("qr", &(show + UNIX));
        let mut person = Ssh::to(&sshd).unix_user(&anna).start();
        let shown = person.expect("Password:");
        assert_eq!(qr::read(&shown, Theme::Dark), [URI], "{kind}");
        // ssh shows escape sequences instead of obeying them.
        assert_eq!(shown.contains("\\033["), is_coloured, "{kind}");
        assert!(qr::read(&shown, Theme::Light).is_empty(), "{kind}");
    }
}

fn qrencode(kind: &str) -> String {
    let mut qrencode = Command::new(host::system_program("/usr/bin/qrencode", "qrencode"));
    Ran::of(qrencode.args(["-t", kind, URI]), b"", Duration::from_secs(10)).succeeded().stdout
}

const URI: &str =
    "otpauth://totp/mail.example.org:anna?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=mail.example.org";
