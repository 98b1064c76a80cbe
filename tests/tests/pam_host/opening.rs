use postern_tests::fake::Line;
use postern_tests::{FakePosternd, PamHost, PamSite};
use serde_json::{Value, json};

use crate::{alice, pam, site};

/// A daemon that accepts every login at once.
fn open_door(site: &PamSite) -> FakePosternd {
    FakePosternd::start(&site.socket(), |line: &mut Line| {
        let begin = line.begin();
        line.accept(begin["user"].as_str().unwrap_or_default());
    })
}

/// What the module opened its only conversation with.
#[track_caller]
fn opening(site: &PamSite, host: &PamHost) -> Value {
    let fake = open_door(site);
    let report = host.clone().authenticate();
    assert_eq!(report.answer("auth"), pam::SUCCESS, "{report:?}");
    fake.conversation()[0]["begin"].clone()
}

#[test]
fn posternd_is_told_the_user_and_the_address_and_nothing_else() {
    let site = site("who", "");
    let begin = opening(&site, &alice(&site).env("LANG", "zh_CN.UTF-8"));
    let expected = json!({
        "version": 1, "flow": "login", "service": "test", "user": "alice", "secret": null, "rhost": "192.0.2.7",
        "local": null, "secured": null, "session": null, "tty": "pts/3", "device": null, "ruid": 0,
        "interactive": true, "language": "zh-CN",
    });
    assert_eq!(begin, expected);
}

#[test]
fn account_management_opens_a_conversation_without_a_person() {
    let site = site("account", "");
    let fake = open_door(&site);
    let report = alice(&site).calls(&["acct"]).run().lived();
    assert_eq!(report.answer("acct"), pam::SUCCESS);
    let begin = fake.conversation()[0]["begin"].clone();
    assert_eq!((&begin["flow"], &begin["interactive"]), (&json!("account"), &json!(false)));
    assert_eq!(
        (&begin["user"], &begin["service"], &begin["secret"]),
        (&json!("alice"), &json!("test"), &Value::Null)
    );
}

#[test]
fn the_service_is_pams_or_the_arguments() {
    let site = site("service", "service=imap");
    assert_eq!(opening(&site, &alice(&site))["service"], "imap");
}

#[test]
fn odd_addresses_are_passed_on_or_left_out() {
    let site = site("rhost", "");
    for rhost in ["2001:db8::1", "::ffff:192.0.2.1", "host.example.org", "not an address\n"] {
        assert_eq!(opening(&site, &alice(&site).word("rhost", rhost))["rhost"], rhost);
    }
    for rhost in ["", &"x".repeat(256)] {
        assert_eq!(opening(&site, &alice(&site).word("rhost", rhost))["rhost"], Value::Null, "{rhost}");
    }
    use std::os::unix::ffi::OsStrExt;
    let bytes = std::ffi::OsStr::from_bytes(b"h\xff");
    assert_eq!(opening(&site, &alice(&site).word("rhost", bytes))["rhost"], Value::Null);
    let site_without = site.host("test", "alice");
    let begin = opening(&site, &site_without);
    assert_eq!((&begin["rhost"], &begin["tty"]), (&Value::Null, &Value::Null));
}

#[test]
fn the_ssh_key_is_a_device_in_sshd_alone() {
    let site = site("device", "");
    let info = "SSH_AUTH_INFO_0=publickey ssh-ed25519 AAAAC3Nza+/=\n";
    let in_sshd = alice(&site).word("tty", "ssh").word("env", info);
    assert_eq!(opening(&site, &in_sshd)["device"], "ssh-key ssh-ed25519 AAAAC3Nza+/=");
    let elsewhere = alice(&site).word("tty", "/dev/pts/1").word("env", info);
    assert_eq!(opening(&site, &elsewhere)["device"], Value::Null, "pam_env may set it as the person likes");
    let by_password = alice(&site).word("tty", "ssh").word("env", "SSH_AUTH_INFO_0=password\n");
    assert_eq!(opening(&site, &by_password)["device"], Value::Null);
    let forged =
        alice(&site).word("tty", "ssh").word("env", "SSH_AUTH_INFO_0=publickey a\",\"secret\":\"x y\n");
    assert_eq!(opening(&site, &forged)["device"], Value::Null);
}

/// A service whose first module asks for a password, accepts it and passes it to the next.
fn behind_another(site: &PamSite, arguments: &str) {
    let before = "auth requisite pam_exec.so expose_authtok /bin/true\n";
    site.service_with("test", &postern_tests::host::pam_module(), before, arguments);
}

#[test]
fn an_earlier_modules_password_is_passed_on_only_where_the_arguments_say_so() {
    let site = site("authtok", "");
    for (arguments, expected) in
        [("try_first_pass", json!("s3cret")), ("use_first_pass", json!("s3cret")), ("", Value::Null)]
    {
        behind_another(&site, arguments);
        assert_eq!(opening(&site, &alice(&site).types("s3cret"))["secret"], expected, "{arguments}");
    }
}

#[test]
fn without_an_earlier_password_only_use_first_pass_gives_up() {
    let site = site("no-authtok", "try_first_pass");
    assert_eq!(opening(&site, &alice(&site))["secret"], Value::Null);
    site.service("test", "use_first_pass");
    let fake = open_door(&site);
    assert_eq!(alice(&site).authenticate().answer("auth"), pam::AUTH_ERR);
    assert!(fake.conversations().is_empty(), "nobody was asked");
    behind_another(&site, "use_first_pass");
    assert_eq!(alice(&site).types("").authenticate().answer("auth"), pam::AUTH_ERR, "an empty one is none");
}

#[test]
fn an_earlier_password_that_is_malformed_is_sent_as_what_no_password_is() {
    let site = site("bad-authtok", "");
    behind_another(&site, "try_first_pass");
    assert_eq!(opening(&site, &alice(&site).types_bytes(b"p\xff"))["secret"], "p\0");
    let long = opening(&site, &alice(&site).types_bytes(&[b'x'; 5000]))["secret"].to_string().len();
    assert!((513..600).contains(&long), "{long}");
    behind_another(&site, "");
    assert_eq!(
        opening(&site, &alice(&site).types_bytes(b"p\xff"))["secret"],
        Value::Null,
        "not our business"
    );
}

#[test]
fn whatever_is_no_name_is_posternds_to_refuse() {
    use std::os::unix::ffi::OsStrExt;
    let site = site("names", "");
    let long = "x".repeat(300);
    let names = [
        (&b"al\xffice"[..], "al\0ice"),
        (b"", ""),
        (long.as_bytes(), &long[..256]),
        (b"al\x07i \"", "al\u{7}i \""),
    ];
    for (name, sent) in names {
        let fake = FakePosternd::start(&site.socket(), |line: &mut Line| {
            drop(line.begin());
            line.reject("bad_credential", "no");
        });
        let host = site.host("test", "").word("user", std::ffi::OsStr::from_bytes(name));
        let report = host.calls(&["auth", "acct"]).run().lived();
        assert_eq!(
            (report.answer("auth"), report.answer("acct")),
            (pam::AUTH_ERR, pam::PERM_DENIED),
            "{name:?}"
        );
        for conversation in fake.conversations() {
            assert_eq!(conversation[0]["begin"]["user"], sent);
        }
    }
}
