use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use postern_tests::guard::wait_for;
use postern_tests::{Attempt, Dovecot, Outcome, Site};

use crate::{alice, fields_of, script};

#[test]
fn a_lookup_brings_the_fields_that_the_templates_name() {
    let site = Site::new("lookup");
    let _posternd = site.posternd();
    let dovecot = site.dovecot();
    let alice = alice(&site);
    let found = dovecot.user("alice").unwrap();
    for (field, value) in fields_of(&alice) {
        assert_eq!(found.get(&field), Some(&value), "{field} of {found:?}");
    }
    let bob = site.account("bob");
    let found = dovecot.user("bob").unwrap();
    assert_eq!(found["uid"], bob.uid.to_string());
    assert!(!found.contains_key("quota_rule"), "he has no quota, so no field names one: {found:?}");
    assert_eq!(dovecot.user("nobody-of-that-name").unwrap_err().0, UNKNOWN);
}

#[test]
fn a_login_brings_the_same_fields_into_the_session() {
    let site = Site::new("session");
    let _posternd = site.posternd();
    let alice = alice(&site);
    let seen = alice.home.join("seen");
    // Dovecot runs it between the login and the IMAP server, as the account, with the extra fields in the environment.
    let text = format!("(id -u; id -g; pwd; env) >{}.new\nmv {0}.new {0}\nexec \"$@\"", seen.display());
    let postlogin = script(&site, "postlogin", &text);
    let mut config = site.dovecot_config();
    config.more = format!(
        "service imap {{\n executable = imap imap-postlogin\n}}\n\
         service imap-postlogin {{\n executable = script-login /bin/sh {}\n user = root\n unix_listener imap-postlogin {{\n }}\n}}\n",
        postlogin.display()
    );
    let dovecot = Dovecot::start(&config);
    assert_eq!(dovecot.imap("alice", &alice.password).text(), "INBOX: 0 messages");
    let seen = wait_for("the script to write what it saw", Duration::from_secs(5), || {
        fs::read_to_string(&seen).ok()
    });
    let environment: BTreeMap<&str, &str> = seen.lines().filter_map(|line| line.split_once('=')).collect();
    let home = alice.home.display().to_string();
    assert_eq!((environment["USER"], environment["HOME"]), ("alice", home.as_str()));
    assert_eq!(environment["QUOTA_RULE"], "*:storage=5G", "{environment:?}");
    let maildir = fs::metadata(alice.home.join("Maildir")).unwrap();
    assert_eq!(
        (maildir.uid(), maildir.gid()),
        (alice.uid, alice.uid),
        "the session had the account's own ids"
    );
}

#[test]
fn an_alias_leads_to_the_account_and_its_canonical_name() {
    let site = Site::new("alias");
    let posternd = site.posternd();
    let dovecot = site.dovecot();
    let alice = alice(&site);
    let app = site.app_password("postmaster@example.org", "Phone", &[]).password;
    for name in ["alice", "alice@example.org", "postmaster@example.org", "ALICE", "Alice@Example.ORG"] {
        for password in [&alice.password, &app] {
            let reply = dovecot.auth_client().login(&Attempt::new("imap", name, password));
            assert_eq!(reply.outcome, Outcome::Accepted, "{name}");
            assert_eq!(reply.fields["user"], "alice", "{name}");
        }
        assert_eq!(dovecot.user(name).unwrap()["home"], alice.home.display().to_string(), "{name}");
    }
    assert_eq!(dovecot.imap("alice@example.org", &app).text(), "INBOX: 0 messages");
    assert!(alice.home.join("Maildir").is_dir());
    let line = posternd.logged(&["verdict=accept", "user=postmaster@example.org"]);
    let id = site.cli_json(&["account", "show", "alice@example.org"])["account"]["id"].clone();
    assert!(line.contains(&format!("account={}", id.as_str().unwrap())), "{line}");
    for stranger in ["bob@example.org", "alice@example.com", "alice@"] {
        assert_eq!(dovecot.user(stranger).unwrap_err().0, UNKNOWN, "{stranger}");
    }
}

#[test]
fn templates_take_a_name_apart() {
    let site = Site::builder("templates")
        .postern_toml(|text| {
            text.replace(
                "home = \"{homeDirectory}\"",
                "home = \"/srv/{domain}/{local}\", mail = \"maildir:~/{user}\"",
            )
        })
        .build();
    let _posternd = site.posternd();
    let dovecot = site.dovecot();
    drop(site.account("erika@example.org"));
    let found = dovecot.user("erika@example.org").unwrap();
    assert_eq!(found["home"], "/srv/example.org/erika");
    assert_eq!(found["mail"], "maildir:~/erika@example.org");
}

#[test]
fn a_value_that_must_not_reach_a_mail_server_is_an_outage_and_not_an_account() {
    let site = Site::new("bad_value");
    let _posternd = site.posternd();
    let dovecot = site.dovecot();
    let args = ["account", "create", "root-in-disguise", "--no-password", "--attribute", "uidNumber=0"];
    drop(site.cli(&args).succeeded());
    let app = site.app_password("root-in-disguise", "Phone", &[]).password;
    let reply = dovecot.auth_client().login(&Attempt::new("imap", "root-in-disguise", &app));
    assert_eq!(reply.outcome, Outcome::Unavailable);
    assert_ne!(dovecot.user("root-in-disguise").unwrap_err().0, UNKNOWN);
    let ran = site.checkpassword().login("imap", "192.0.2.1").credentials("root-in-disguise", &app);
    let ran = ran.args(&["/usr/lib/dovecot/checkpassword-reply"]).run();
    assert_eq!((ran.code, ran.fd4.as_str()), (111, ""));
}

/// sysexits(3): no such user.
const UNKNOWN: i32 = 67;
