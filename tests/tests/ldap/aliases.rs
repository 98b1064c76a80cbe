use postern_tests::slapd::PEOPLE;

use crate::{Host, Said, ask, let_in_as, login, slapd};

#[test]
fn whoever_writes_root_as_their_own_address_is_let_in_as_themselves_alone() {
    let slapd = slapd("root", &["mallory"]).start();
    let host = Host::new("root", &slapd);
    let mallory = slapd.person("mallory");
    let change =
        slapd.change(mallory.who(), &mallory.dn, "replace: mail\nmail: root\nmail: root@example.org");
    assert_eq!(change.code, 0, "people may change their own address here");
    let app = host.site.app_password("mallory", "Phone", &[]).password;
    for secret in [&app, &mallory.password] {
        let ran = ask(&host.site, "root", secret);
        assert_eq!(let_in_as(&ran), "mallory");
        let uid = ran.reply_fields().into_iter().find(|(field, _)| field == "userdb_uid").unwrap().1;
        assert_eq!(uid, mallory.uid.to_string());
    }
    assert_eq!(login(&host.site, "root", &crate::wrong_password()), Said::Reject);
}

#[test]
fn a_user_name_is_its_owners_whatever_others_write_as_their_address() {
    let slapd = slapd("squatter", &["alice", "mallory"]).start();
    let host = Host::new("squatter", &slapd);
    let (alice, mallory) = (slapd.person("alice"), slapd.person("mallory"));
    let (hers, his) = (
        host.site.app_password("alice", "Phone", &[]).password,
        host.site.app_password("mallory", "Phone", &[]).password,
    );
    assert_eq!(slapd.change(mallory.who(), &mallory.dn, "replace: mail\nmail: alice").code, 0);
    for secret in [&hers, &alice.password] {
        assert_eq!(let_in_as(&ask(&host.site, "alice", secret)), "alice");
        assert_eq!(let_in_as(&ask(&host.site, "ALICE", secret)), "alice");
    }
    for secret in [&his, &mallory.password] {
        assert_eq!(login(&host.site, "alice", secret), Said::Reject);
        assert_eq!(let_in_as(&ask(&host.site, "mallory", secret)), "mallory");
    }
    // slapd finds both by this spelling, and neither is named so.
    for secret in [&hers, &his] {
        let wide = "\u{ff41}\u{ff4c}\u{ff49}\u{ff43}\u{ff45}";
        assert_ne!(login(&host.site, wide, secret) == Said::Accept, *secret == his, "{wide}");
    }
    drop(host.site.cli_ok(&["app-password", "revoke", "alice", "--all"]));
    assert_eq!(login(&host.site, "mallory", &his), Said::Accept, "it was alice's that was revoked");
}

#[test]
fn an_address_that_two_have_defers_and_their_user_names_work() {
    let slapd = slapd("shared", &["alice", "mallory"]).start();
    let host = Host::new("shared", &slapd);
    let (alice, mallory) = (slapd.person("alice"), slapd.person("mallory"));
    let app = host.site.app_password("alice", "Phone", &[]).password;
    assert_eq!(let_in_as(&ask(&host.site, &alice.mail, &app)), "alice");
    let change = format!("replace: mail\nmail: {}", alice.mail);
    assert_eq!(slapd.change(mallory.who(), &mallory.dn, &change).code, 0);
    for secret in [&app, &alice.password, &mallory.password] {
        assert_eq!(login(&host.site, &alice.mail, secret), Said::Defer);
    }
    assert_eq!(host.dovecot.user(&alice.mail).unwrap_err().0, 75);
    assert_eq!(let_in_as(&ask(&host.site, "alice", &app)), "alice");
    assert_eq!(let_in_as(&ask(&host.site, "alice", &alice.password)), "alice");
    assert_eq!(let_in_as(&ask(&host.site, "mallory", &mallory.password)), "mallory");
    let create = host.site.cli(&["app-password", "create", &alice.mail, "--label", "Phone"]);
    assert_eq!(create.code, 65, "no app password is made for whoever it may be: {create:?}");
}

#[test]
fn two_entries_with_one_user_name_defer() {
    let slapd = slapd("doubled", &["alice", "bob"]).start();
    let host = Host::new("doubled", &slapd);
    let (alice, bob) = (slapd.person("alice"), slapd.person("bob"));
    let twin = crate::wrong_password();
    slapd.add(&format!(
        "dn: ou=guests,{PEOPLE}\nobjectClass: organizationalUnit\nou: guests\n\n\
         dn: uid=alice,ou=guests,{PEOPLE}\nobjectClass: inetOrgPerson\nuid: alice\ncn: x\nsn: x\nuserPassword: {twin}\n"
    ));
    for secret in [&alice.password, &twin] {
        assert_eq!(login(&host.site, "alice", secret), Said::Defer);
    }
    assert_eq!(let_in_as(&ask(&host.site, &alice.mail, &alice.password)), "alice", "by what she alone has");
    assert_eq!(login(&host.site, "bob", &bob.password), Said::Accept);
}
