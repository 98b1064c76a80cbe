//! Local users who request what they may not request.

use std::time::Duration;

use postern_tests::{Site, guard, host};
use serde_json::{Value, json};

use crate::Target;
use crate::raw::{Said, login, say, say_as};

/// The value of `key` in a log line.
fn pair<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    line.split(' ').find_map(|word| word.strip_prefix(key)?.strip_prefix('='))
}

/// The number of lines about this peer that the log says it left out.
pub(crate) fn left_out(target: &Target, peer: &str) -> usize {
    let log = target.posternd.log();
    let lines = log.lines().filter(|line| pair(line, "peer") == Some(peer));
    lines.filter_map(|line| pair(line, "left_out")?.parse::<usize>().ok()).sum()
}

#[test]
fn an_untrusted_user_learns_nothing_by_any_flow() {
    let target = Target::new("mallory asks");
    drop(target.site.account("mallory"));
    let own = target.site.app_password("mallory", "her own", &[]).password;
    let mut messages = Vec::new();
    for flow in ["login", "lookup", "account", "status"] {
        for service in ["imap", "smtp", "doveadm", "", "nonsense"] {
            for user in ["alice", "mallory", "nobody", "root", "", "alice\n"] {
                for secret in [json!(target.thunderbird.password), json!(own), json!("wrong"), json!(null)] {
                    let more = json!({ "flow": flow, "service": service, "secret": secret,
                                       "interactive": true, "device": "alice's", "tty": "/dev/tty1" });
                    messages.push(login(user, "", &more));
                }
            }
        }
    }
    let before = (target.posternd.status(), target.posternd.log().lines().count());
    for (said, message) in say_as("mallory", &target.site.socket(), &messages).into_iter().zip(&messages) {
        assert_eq!(said, Said::reject("not_permitted"), "{}", String::from_utf8_lossy(message));
    }
    let unknown = login("alice", "wrong", &json!({ "flow": "become_root" }));
    assert_eq!(say_as("mallory", &target.site.socket(), &[unknown]), [Said::Malformed]);
    let after = target.posternd.status();
    assert_eq!(after.argon2id_runs, before.0.argon2id_runs, "nothing was verified");
    assert_eq!(after.cache_hits, before.0.cache_hits, "nor looked for in the cache");
    assert_eq!(after.verdicts["accept"], before.0.verdicts["accept"]);
    assert_eq!(after.verdicts["reject"], before.0.verdicts["reject"] + messages.len() as u64);
    let peer = host::ids("mallory").0.to_string();
    let lines = guard::wait_for("each refusal to be in the log or counted there", LIMIT, || {
        let log = target.posternd.log();
        let lines = log.lines().skip(before.1).filter(|line| line.contains("verdict="));
        let lines: Vec<String> = lines.map(ToOwned::to_owned).collect();
        (lines.len() + left_out(&target, &peer) == messages.len()).then_some(lines)
    });
    assert!(lines.len() >= 10, "{}", lines.len());
    for line in &lines {
        assert_eq!(pair(line, "peer"), Some(&*peer), "{line}");
        assert_eq!(pair(line, "reason"), Some("not_permitted"), "{line}");
        assert_eq!((pair(line, "account"), pair(line, "credential")), (None, None), "not looked up: {line}");
    }
    target.assert_alice_gets_in();
}

#[test]
fn nothing_that_an_untrusted_user_says_counts_against_an_account() {
    let target = Target::new("mallory locks out");
    let messages: Vec<_> =
        (0..200).map(|number| login("alice", &format!("wrong password {number}"), &json!({}))).collect();
    for said in say_as("mallory", &target.site.socket(), &messages) {
        assert_eq!(said, Said::reject("not_permitted"));
    }
    target.assert_alice_gets_in();
}

#[test]
fn a_trusted_user_logs_in_at_the_services_that_it_is_trusted_with_and_at_no_other() {
    let site = Site::builder("trusted for some").setting("[services.webmail]", "class = \"mail\"").build();
    let target = Target::of(site);
    let ask = |service: &str, more: Value| {
        let mut fields = json!({ "service": service });
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        login("alice", &target.thunderbird.password, &fields)
    };
    let socket = target.site.socket();
    for service in ["imap", "pop3", "smtp", "sieve"] {
        assert_eq!(
            say_as("dovecot", &socket, &[ask(service, json!({}))]),
            [Said::Accept("alice".to_owned())]
        );
    }
    // Configured, but not for this user; not configured at all; almost the right name.
    for service in ["submission", "webmail", "sshd", "", "IMAP", "imap ", "imap\0", " imap", "all"] {
        let said = say_as("dovecot", &socket, &[ask(service, json!({}))]);
        assert_eq!(said, [Said::reject("not_permitted")], "{service:?}");
    }
    // Root may request all configured services. At a service of class login, users that this host does not know are refused.
    assert_eq!(say(&socket, &ask("webmail", json!({}))), Said::Accept("alice".to_owned()));
    assert_eq!(say(&socket, &ask("sshd", json!({}))), Said::reject("not_permitted"));
    // A lookup checks no secret, and names the part of the mail server that needs it.
    let lookup = ask("lmtp", json!({ "flow": "lookup", "secret": null }));
    assert_eq!(say_as("dovecot", &socket, &[lookup]), [Said::Accept("alice".to_owned())]);
    // The daemon's counters are not for mail servers.
    let status = ask("imap", json!({ "flow": "status", "secret": null }));
    assert_eq!(say_as("dovecot", &socket, std::slice::from_ref(&status)), [Said::reject("not_permitted")]);
    assert_eq!(say_as("postern", &socket, &[status]), [Said::Status]);
    // posternd's own user is no front door.
    assert_eq!(say_as("postern", &socket, &[ask("imap", json!({}))]), [Said::reject("not_permitted")]);
    // The same by checkpassword: Dovecot names the service, but the uid determines the right.
    let run = |user: &str, service: &str| {
        let ran = target.site.checkpassword().args(&["/usr/lib/dovecot/checkpassword-reply"]);
        let ran = ran.login(service, "192.0.2.1").credentials("alice", &target.thunderbird.password);
        let ran = ran.as_user(user).run();
        assert_eq!(ran.code == 0, !ran.fd4.is_empty(), "{ran:?}");
        ran.code
    };
    assert_eq!(
        [run("dovecot", "imap"), run("dovecot", "webmail"), run("mallory", "imap"), run("vmail", "imap")],
        [0, 1, 1, 1]
    );
    target.assert_alice_gets_in();
}

#[test]
fn a_user_who_is_no_longer_trusted_is_refused_after_a_reload() {
    let target = Target::new("trust withdrawn");
    let message = [login("alice", &target.thunderbird.password, &json!({}))];
    let socket = target.site.socket();
    assert_eq!(say_as("dovecot", &socket, &message), [Said::Accept("alice".to_owned())]);
    target.site.edit_config(|text| text.replace("dovecot = [", "vmail = ["));
    target.posternd.reload();
    assert_eq!(say_as("dovecot", &socket, &message), [Said::reject("not_permitted")]);
    assert_eq!(say_as("vmail", &socket, &message), [Said::Accept("alice".to_owned())]);
    target.site.edit_config(|text| text.replace("vmail = [", "dovecot = ["));
    target.posternd.reload();
    target.assert_alice_gets_in();
}

/// Twice the interval at which the log reports lines that were left out.
const LIMIT: Duration = Duration::from_secs(60);
