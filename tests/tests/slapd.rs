//! The guard for slapd itself.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use postern_tests::slapd::PEOPLE;
use postern_tests::{LdapClient, Slapd, Stopwatch, Who, guard};

#[test]
fn it_is_reached_by_ldap_starttls_ldaps_and_a_unix_socket() {
    let slapd = Slapd::with("reached", &["alice"]);
    let alice = slapd.person("alice");
    let plain = slapd.client(alice.who());
    let starttls = LdapClient { starttls: true, ..plain.clone() };
    let ldaps = LdapClient { uri: slapd.ldaps_uri(), ..plain.clone() };
    let ldapi = LdapClient::new(&slapd.ldapi_uri());
    for client in [&plain, &starttls, &ldaps, &ldapi] {
        assert_eq!(client.whoami(alice.who()).code, 0, "{client:?}");
        assert_eq!(client.whoami(Who::Dn(&alice.dn, "wrong")).code, 49, "{client:?}");
        assert_eq!(client.read(alice.who(), &alice.dn, &["mail"]).entry().text("mail"), alice.mail);
    }
    for client in [LdapClient { ca_file: None, ..starttls }, LdapClient { ca_file: None, ..ldaps }] {
        assert_ne!(client.whoami(alice.who()).code, 0, "its authority is unknown to {client:?}");
    }
    guard::wait_for("the bind in the log", Duration::from_secs(10), || {
        slapd.log().contains(&format!("BIND dn=\"{}\" method=128", alice.dn)).then_some(())
    });
}

#[test]
fn it_stops_dies_freezes_and_comes_back_with_its_data() {
    let mut slapd = Slapd::with("comes_back", &["alice"]);
    let alice = slapd.person("alice");
    slapd.set(&alice.dn, "replace: mail\nmail: changed@example.org");
    slapd.stop();
    assert_eq!(slapd.client(alice.who()).whoami(alice.who()).code, 255);
    slapd.start();
    slapd.kill();
    assert_eq!(slapd.client(alice.who()).whoami(alice.who()).code, 255);
    slapd.start();
    assert_eq!(slapd.entry(&alice.dn).text("mail"), "changed@example.org");
    slapd.freeze();
    let mut connection = TcpStream::connect(("127.0.0.1", slapd.ports().0)).unwrap();
    connection.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    connection.write_all(ANONYMOUS_BIND).unwrap();
    assert_eq!(
        connection.read(&mut [0; 64]).unwrap_err().kind(),
        ErrorKind::WouldBlock,
        "accepts, says nothing"
    );
    slapd.thaw();
    connection.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    assert!(connection.read(&mut [0; 64]).unwrap() > 0);
    slapd.freeze();
    let (pid, dropped) = (slapd.pid(), Stopwatch::start());
    drop(slapd);
    assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists());
    // A frozen one ends without the 10 s that one is waited for.
    dropped.assert_within(Duration::from_secs(8));
}

#[test]
fn it_has_the_pitfalls_that_a_site_may_have() {
    let slapd = Slapd::builder("pitfalls")
        .person("alice")
        .person("bob")
        .unauthenticated_binds()
        .size_limit(1)
        .referral("ldap://127.0.0.1:1/ou=people,dc=example,dc=org")
        .start();
    let alice = slapd.person("alice");
    for empty in [Who::Dn(&alice.dn, ""), Who::Dn("uid=nobody,dc=example,dc=org", ""), Who::Dn("", "any")] {
        assert_eq!(slapd.client(empty).whoami(empty).code, 0, "as nobody");
    }
    assert_eq!(slapd.search(Who::Anonymous, "(uid=*)", &["uid"]).code, 4);
    let searched =
        slapd.client(Who::Anonymous).run("ldapsearch", Who::Anonymous, &["-b", PEOPLE, "(uid=alice)"], b"");
    assert_eq!((searched.code, searched.entries.len()), (0, 1), "an entry, and a reference beside it");
    let elsewhere = slapd.read(Who::Anonymous, &format!("uid=x,ou=elsewhere,{PEOPLE}"), &[]);
    assert_eq!(elsewhere.code, 10);
    slapd.lock(&alice);
    assert_eq!(slapd.client(alice.who()).whoami(alice.who()).code, 49);

    let slapd = Slapd::builder("lockout").person("alice").lockout_after(2).start();
    let alice = slapd.person("alice");
    for _ in 0..2 {
        let wrong = Who::Dn(&alice.dn, "wrong");
        assert_eq!(slapd.client(wrong).whoami(wrong).code, 49);
    }
    assert!(slapd.entry(&alice.dn).has("pwdAccountLockedTime"));
    assert_eq!(slapd.client(alice.who()).whoami(alice.who()).code, 49, "locked");
}

#[test]
fn a_consumer_follows_lags_and_catches_up_and_refers_writers() {
    let provider = Slapd::builder("provider").person("alice").provider().start();
    let consumer = Slapd::builder("consumer").consumer_of(&provider).start();
    let alice = consumer.person("alice");
    assert_eq!(consumer.entry(&alice.dn).text("entryUUID"), provider.entry(&alice.dn).text("entryUUID"));
    let enrol = |revision| {
        format!(
            "add: objectClass\nobjectClass: posternAccount\n-\nadd: posternRevision\nposternRevision: {revision}\n-\n\
             add: posternEnrolled\nposternEnrolled: FALSE"
        )
    };
    assert_eq!(provider.change(provider.service(), &alice.dn, &enrol(1)).code, 0);
    consumer.wait_synced(&provider);
    let read = |slapd: &Slapd| slapd.read(slapd.service(), &alice.dn, &["posternRevision"]).entry();
    assert_eq!(read(&consumer).text("posternRevision"), "1", "the rules let the replica have it");
    let change = "replace: posternRevision\nposternRevision: 2";
    assert_eq!(consumer.change(consumer.service(), &alice.dn, change).code, 10, "a consumer takes no writes");

    consumer.pause_sync();
    assert_eq!(provider.change(provider.service(), &alice.dn, change).code, 0);
    guard::pause(Duration::from_millis(500));
    assert_eq!(read(&consumer).text("posternRevision"), "1", "behind");
    consumer.resume_sync(&provider);
    consumer.wait_synced(&provider);
    assert_eq!(read(&consumer).text("posternRevision"), "2");
}

#[test]
fn two_hundred_thousand_people_are_loaded_and_found() {
    let started = Stopwatch::start();
    let slapd = Slapd::builder("crowd").crowd(200_000).quiet().start();
    println!("loaded in {}", started.elapsed());
    let last = slapd.nth(199_999);
    let found = slapd.search(slapd.service(), &format!("(mail={})", last.mail), &["uid"]).entry();
    assert_eq!(found.text("uid"), last.name);
    assert_eq!(slapd.client(last.who()).whoami(last.who()).code, 0);
}

// RFC 4511, section 4.2: message 1, version 3, no name, an empty simple password.
const ANONYMOUS_BIND: &[u8] = b"\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\x00\x80\x00";
