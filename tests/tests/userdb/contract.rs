use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use postern_tests::{Checkpassword, Dovecot, Ran, Site, host};

use postern_tests::site::wrong_password;

use crate::{alice, fields_of, script};

const REPLY_TOOL: &str = "/usr/lib/dovecot/checkpassword-reply";

/// As Dovecot runs it: the reply tool last.
fn checkpassword(site: &Site) -> Checkpassword {
    site.checkpassword().args(&[REPLY_TOOL])
}

#[test]
fn a_login_answers_with_0_and_one_line_or_with_1_and_nothing() {
    let site = Site::new("login");
    let _posternd = site.posternd();
    let alice = alice(&site);
    let app = site.app_password("alice", "Phone", &[]).password;
    for password in [&alice.password, &app] {
        let ran = checkpassword(&site).login("imap", "192.0.2.1").credentials("alice", password).run();
        assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (0, "", ""));
        let fields = fields_of(&alice);
        let line: String = fields.iter().map(|(field, value)| format!("userdb_{field}={value}\t")).collect();
        assert_eq!(ran.fd4, format!("user=alice\t{line}"));
    }
    for (user, password) in [("alice", wrong_password()), ("zoe", alice.password), ("alice", String::new())] {
        let ran = checkpassword(&site).login("imap", "192.0.2.1").credentials(user, &password).run();
        assert_eq!(
            (ran.code, ran.fd4.as_str(), ran.stdout.as_str(), ran.stderr.as_str()),
            (1, "", "", ""),
            "{user}"
        );
    }
}

#[test]
fn a_lookup_answers_with_2_and_one_line_or_with_3_and_nothing() {
    let site = Site::new("lookup_contract");
    let _posternd = site.posternd();
    let alice = alice(&site);
    let ran = checkpassword(&site).lookup().credentials("postmaster@example.org", "").run();
    assert_eq!(ran.code, 2);
    let fields = ran.reply_fields();
    assert_eq!(fields[0], ("user".to_owned(), "alice".to_owned()));
    assert!(fields.contains(&("userdb_user".to_owned(), "alice".to_owned())), "{fields:?}");
    for (field, value) in fields_of(&alice) {
        assert!(fields.contains(&(format!("userdb_{field}"), value)), "{field} in {fields:?}");
    }
    // Dovecot requests lookups on behalf of any of its parts.
    let lmtp =
        checkpassword(&site).env("SERVICE", "lmtp").env("AUTHORIZED", "1").credentials("alice", "").run();
    assert_eq!(lmtp.code, 2);
    let ran = checkpassword(&site).lookup().credentials("zoe", "").run();
    assert_eq!((ran.code, ran.fd4.as_str()), (3, ""));
    drop(site.cli_ok(&["account", "disable", "alice"]));
    let ran = checkpassword(&site).lookup().credentials("alice", "").run();
    assert_eq!(ran.code, 2, "mail goes on being delivered");
    let session = checkpassword(&site).env("SERVICE", "imap").env("AUTHORIZED", "1");
    let ran = session.credentials("alice", "").run();
    assert_eq!((ran.code, ran.fd4.as_str()), (3, ""), "and nobody reads it");
}

#[test]
fn only_dovecots_own_word_makes_a_lookup_of_a_login() {
    let site = Site::new("authorized");
    let _posternd = site.posternd();
    let alice = alice(&site);
    for value in ["2", "yes"] {
        let login = checkpassword(&site).login("imap", "192.0.2.1").env("AUTHORIZED", value);
        let ran = login.credentials("alice", &alice.password).run();
        assert_eq!((ran.code, ran.fd4.as_str()), (111, ""), "AUTHORIZED={value}");
    }
}

#[test]
fn a_wrapper_between_us_and_the_reply_tool_may_add_to_the_answer() {
    let site = Site::new("wrapper");
    let _posternd = site.posternd();
    let alice = alice(&site);
    let wrapper = script(
        &site,
        "wrapper",
        "userdb_mail='maildir:~/Other' EXTRA=\"$EXTRA userdb_mail\"\nexport userdb_mail EXTRA\nexec \"$@\"",
    );
    let wrapper = wrapper.display().to_string();
    let wrapped = || site.checkpassword().args(&["/bin/sh", &wrapper, REPLY_TOOL]);
    let mut expected = fields_of(&alice);
    expected.insert("mail".to_owned(), "maildir:~/Other".to_owned());
    for (ran, code) in [
        (wrapped().login("imap", "192.0.2.1").credentials("alice", &alice.password).run(), 0),
        (wrapped().lookup().credentials("alice", "").run(), 2),
    ] {
        assert_eq!(ran.code, code, "{ran:?}");
        let fields = ran.reply_fields();
        assert!(fields.contains(&("user".to_owned(), "alice".to_owned())), "{fields:?}");
        for (field, value) in &expected {
            assert!(fields.contains(&(format!("userdb_{field}"), value.clone())), "{field} in {fields:?}");
        }
    }
    let ran = wrapped().login("imap", "192.0.2.1").credentials("alice", &wrong_password()).run();
    assert_eq!((ran.code, ran.fd4.as_str()), (1, ""));

    let mut config = site.dovecot_config();
    config.checkpassword = format!("{} /bin/sh {wrapper}", config.checkpassword);
    let dovecot = Dovecot::start(&config);
    assert_eq!(dovecot.imap("alice", &alice.password).text(), "INBOX: 0 messages");
    assert!(alice.home.join("Other").is_dir() && !alice.home.join("Maildir").exists());
    assert_eq!(dovecot.user("alice").unwrap()["mail"], "maildir:~/Other");
    assert!(!dovecot.imap("alice", &wrong_password()).is_in());
}

#[test]
fn the_service_comes_from_dovecot_or_else_from_the_option() {
    let site = Site::new("service");
    let _posternd = site.posternd();
    drop(alice(&site));
    let imap = site.app_password("alice", "Reader", &["--scope", "imap"]).password;
    let with_option = |service: &str| {
        site.checkpassword().args(&["--service", service, REPLY_TOOL]).credentials("alice", &imap)
    };
    assert_eq!(with_option("imap").run().code, 0);
    assert_eq!(with_option("pop3").run().code, 1, "out of scope");
    assert_eq!(with_option("pop3").env("SERVICE", "imap").run().code, 0, "Dovecot knows better");
    assert_eq!(with_option("imap").env("SERVICE", "pop3").run().code, 1);
    assert_eq!(with_option("nonsense").run().code, 1, "a service that nobody configured");
    let ran = checkpassword(&site).credentials("alice", &imap).run();
    assert_eq!((ran.code, ran.fd4.as_str()), (111, ""), "no service at all");
}

#[test]
fn a_broken_call_defers_and_never_accepts() {
    let site = Site::new("broken_call");
    let _posternd = site.posternd();
    let alice = alice(&site);
    let right = |checkpassword: Checkpassword| {
        checkpassword.login("imap", "192.0.2.1").credentials("alice", &alice.password)
    };
    for args in [&[][..], &["--verbose", REPLY_TOOL], &["--service"], &["/nonexistent/program"]] {
        let ran = right(site.checkpassword().args(args)).run();
        assert_eq!((ran.code, ran.fd4.as_str(), ran.stdout.as_str()), (111, "", ""), "{args:?}");
    }
    assert_eq!(right(checkpassword(&site)).without_fd4().run().code, 111, "nowhere to answer");
    assert_eq!(right(checkpassword(&site)).run().code, 0, "the same call in order");
}

#[test]
fn without_file_descriptor_3_it_defers() {
    let site = Site::new("no_fd3");
    let _posternd = site.posternd();
    let (uid, gid) = host::ids("dovecot");
    let mut command = Command::new("/bin/sh");
    let program = host::program("postern-checkpassword").display().to_string();
    let config = site.client_config().display().to_string();
    command.uid(uid.as_raw()).gid(gid.as_raw()).current_dir("/").args([
        "-c",
        "exec 3<&- 4>&1; SERVICE=imap exec \"$@\"",
        "sh",
        &program,
        "--config",
        &config,
        REPLY_TOOL,
    ]);
    let ran = Ran::of(&mut command, b"", Duration::from_secs(20));
    assert_eq!((ran.code, ran.stdout.as_str()), (111, ""));
    assert!(Path::new(REPLY_TOOL).is_file(), "Dovecot's own tool is where the tests think");
}
