//! The history of an account has its logins at Dovecot and at sshd, for the admin and for its owner.

use std::time::Duration;

use postern_tests::login_host::{LoginHost, Stores};
use postern_tests::site::wrong_password;
use postern_tests::{Dovecot, guard};
use serde_json::{Value, json};

use crate::self_service::{ends_well, my, prove, sets_up_an_app};

fn logins_by_mail_and_ssh_are_remembered(stores: Stores, name: &str) {
    let host = LoginHost::new(name, stores, "");
    let dovecot: Dovecot = host.site.dovecot();
    let mut anna = host.user("anna");
    let name = anna.unix.name.clone();
    assert!(ends_well(my(&host, &anna.unix, &["history"])).contains("No logins are remembered.\n"));
    drop(sets_up_an_app(&host, &mut anna));
    let mut person = my(&host, &anna.unix, &["app-passwords", "create", "--label", "Foxmail"]);
    prove(&mut person, &mut anna, true);
    drop(person.ends());
    let foxmail = person.was_shown_app_passwords()[0].clone();

    assert!(dovecot.imap(&name, &foxmail).is_in());
    assert!(!dovecot.imap(&name, &wrong_password()).is_in());
    let mut login = host.at_code(&anna);
    login.answer_visible(&anna.app.code());
    assert_eq!(login.is_in(), name);
    // It is written once the verdict is out.
    let events = guard::wait_for("three events", LIMIT, || {
        let events = host.site.cli_json(&["history", &name])["events"].as_array().unwrap().clone();
        (events.len() >= 3).then_some(events)
    });
    let fields = ["service", "address", "verdict", "reason", "credential", "label"];
    let mut seen: Vec<Value> =
        events.iter().map(|event| fields.iter().map(|field| event[*field].clone()).collect()).collect();
    seen.sort_by_key(Value::to_string);
    let label = &seen.last().unwrap()[5];
    assert_eq!(
        seen,
        [
            json!(["imap", "127.0.0.1", "accept", null, "app_password", "Foxmail"]),
            json!(["imap", "127.0.0.1", "reject", "use_app_password", "main_password", null]),
            json!(["sshd", "127.0.0.1", "accept", null, "totp", label]),
        ]
    );
    let own = host.site.my(&anna.unix, &["--json", "history"], "").succeeded().json();
    assert_eq!(own["events"].as_array().unwrap(), &events, "as the admin sees it");
    let text = ends_well(my(&host, &anna.unix, &["history"]));
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "IMAP mail login from 127.0.0.1 by app password \"Foxmail\": accepted",
        "ssh login from 127.0.0.1 by Authenticator app",
        "IMAP mail login from 127.0.0.1 by main password: refused: the main password does not open this service",
    ] {
        assert!(text.contains(part), "{part} is not in: {text}");
    }
    let table = host.site.cli_ok(&["history", &name]);
    let line = table.lines().find(|line| line.contains("Foxmail")).unwrap();
    for part in ["imap", "127.0.0.1", "accept", "app_password", &foxmail[..4]] {
        assert!(line.contains(part), "{part} is not in: {line}");
    }
    assert!(!table.contains(&foxmail) && !table.contains(&anna.password), "{table}");

    drop(host.site.cli_ok(&["account", "reset", &name, "--yes"]));
    let after = host.site.cli_json(&["history", &name])["events"].clone();
    assert_eq!(after.as_array().unwrap(), &events, "after an attack an admin wants to know what happened");
}

#[test]
fn logins_by_mail_and_ssh_are_remembered_in_the_embedded_store() {
    logins_by_mail_and_ssh_are_remembered(Stores::Embedded, "history embedded");
}

#[test]
fn logins_by_mail_and_ssh_are_remembered_in_redis() {
    logins_by_mail_and_ssh_are_remembered(Stores::LdapAndRedis, "history redis");
}

const LIMIT: Duration = Duration::from_secs(10);
