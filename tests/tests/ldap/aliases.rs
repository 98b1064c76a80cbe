use postern_tests::slapd::PEOPLE;
use postern_tests::{MailHost, Site, Slapd};

use crate::{Said, ask, let_in_as, login, slapd};

#[test]
fn a_user_with_the_address_root_is_let_in_as_themselves_only() {
    let slapd = slapd("root", &["mallory"]).start();
    let host = MailHost::with_ldap("root", &slapd);
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
    assert_eq!(login(&host.site, "root", &postern_tests::site::wrong_password()), Said::Reject);
}

#[test]
fn a_user_name_is_its_owners_even_if_others_have_it_as_an_address() {
    let slapd = slapd("squatter", &["alice", "mallory"]).start();
    let host = MailHost::with_ldap("squatter", &slapd);
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
    // slapd finds both by this spelling, which is the name of neither.
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
    let host = MailHost::with_ldap("shared", &slapd);
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
    assert_eq!(create.code, 65, "no app password is made for an ambiguous name: {create:?}");
}

/// Adds an account that only hosts know: no entry for mail.
fn add_host_account(slapd: &Slapd, name: &str, uid: u32) {
    slapd.add(&format!(
        "dn: uid={name},{PEOPLE}\nobjectClass: account\nobjectClass: posixAccount\nuid: {name}\ncn: {name}\n\
         uidNumber: {uid}\ngidNumber: {uid}\nhomeDirectory: /srv/{name}\n"
    ));
}

#[test]
fn an_admin_who_names_a_user_never_gets_another_with_that_address() {
    let slapd = slapd("admin", &["alice", "bob"]).start();
    let host = MailHost::with_ldap("admin", &slapd);
    let site = &host.site;
    for (number, name) in [(1, "backup"), (2, "cron@example.org")] {
        add_host_account(&slapd, name, 33_000 + number);
    }
    let alice = slapd.person("alice");
    let taken = ["backup", "bob", "cron@example.org", "free", "alice@example.org"];
    let mails: String = taken.iter().map(|mail| format!("\nmail: {mail}")).collect();
    assert_eq!(slapd.change(alice.who(), &alice.dn, &format!("replace: mail{mails}")).code, 0);
    let id = |name: &str| slapd.entry(&format!("uid={name},{PEOPLE}")).text("entryUUID");
    for name in ["backup", "bob", "cron@example.org"] {
        for args in [
            &["account", "show", name][..],
            &["account", "policy", name, "--second-factor", "exempt"],
            &["account", "disable", name],
            &["account", "enable", name],
            &["account", "expire", name, "--never"],
            &["account", "unlock", name],
            &["account", "reset", name, "--yes"],
            &["account", "invite", name],
            &["app-password", "create", name, "--label", "Phone"],
            &["app-password", "list", name],
            &["app-password", "regenerate", name, "--all"],
            &["app-password", "revoke", name, "--all"],
            &["totp", "enrol", name, "--unproved"],
            &["recovery", "create", name],
            &["factor", "list", name],
            &["factor", "remove", name, "--all"],
            &["device", "list", name],
            &["device", "revoke", name, "--all"],
            &["challenge", "list", name],
            &["challenge", "deny", name, "--all"],
        ] {
            let json = site.cli_json(args);
            assert_eq!(json["for_account"], serde_json::json!({ "name": name, "id": id(name) }), "{args:?}");
        }
        let text = site.cli_ok(&["account", "policy", name, "--second-factor", "exempt"]);
        assert!(text.contains(&format!("account {name} (id {})", id(name))), "{text}");
    }
    let hers = slapd.entry(&alice.dn);
    assert!(hers.texts("posternPolicy").is_empty() && hers.texts("posternFactor").is_empty(), "{hers:?}");
    // An address contains an @, and is no account's user name.
    for name in ["free", "Backup"] {
        assert_eq!(site.cli(&["account", "show", name]).code, 67, "{name}");
    }
    let shown = site.cli_json(&["account", "show", "alice@example.org"]);
    assert_eq!(shown["for_account"]["id"], id("alice"));
}

#[test]
fn an_address_that_is_the_user_name_of_an_entry_out_of_the_filters_finds_no_account_for_an_admin() {
    let slapd = slapd("unseen", &["alice"]).start();
    let site = Site::builder("unseen").ldap(&slapd).build();
    let name = "gone@example.org";
    slapd.add(&format!("dn: uid={name},{PEOPLE}\nobjectClass: account\nuid: {name}\n"));
    let alice = slapd.person("alice");
    assert_eq!(slapd.change(alice.who(), &alice.dn, &format!("replace: mail\nmail: {name}")).code, 0);
    assert_eq!(site.cli(&["account", "policy", name, "--second-factor", "exempt"]).code, 67);
    assert!(slapd.entry(&alice.dn).texts("posternPolicy").is_empty());
}

#[test]
fn a_user_name_of_two_accounts_finds_no_account_for_an_admin() {
    let slapd = slapd("both", &["alice"]).start();
    let site = Site::builder("both").ldap(&slapd).build();
    slapd.add(&format!(
        "dn: ou=mail,{PEOPLE}\nobjectClass: organizationalUnit\nou: mail\n\n\
         dn: uid=backup,ou=mail,{PEOPLE}\nobjectClass: inetOrgPerson\nuid: backup\ncn: x\nsn: x\n"
    ));
    add_host_account(&slapd, "backup", 33_001);
    let ran = site.cli(&["account", "policy", "backup", "--second-factor", "exempt"]);
    assert_eq!(ran.code, 65, "{ran:?}");
    assert!(ran.stderr.contains("is the user name of two accounts"), "{}", ran.stderr);
}

#[test]
fn two_entries_with_one_user_name_defer() {
    let slapd = slapd("doubled", &["alice", "bob"]).start();
    let host = MailHost::with_ldap("doubled", &slapd);
    let (alice, bob) = (slapd.person("alice"), slapd.person("bob"));
    let twin = postern_tests::site::wrong_password();
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

#[test]
fn an_admin_reaches_the_owner_of_a_user_name_that_two_others_have_as_an_address() {
    let slapd = slapd("two_aliases", &["alice", "bob"]).start();
    let site = Site::builder("two_aliases").ldap(&slapd).build();
    add_host_account(&slapd, "backup", 33_001);
    for name in ["alice", "bob"] {
        slapd.set(&slapd.person(name).dn, "add: mail\nmail: backup");
    }
    let id = slapd.entry(&format!("uid=backup,{PEOPLE}")).text("entryUUID");
    for args in [["account", "unlock", "backup"].as_slice(), &["account", "reset", "backup", "--yes"]] {
        assert_eq!(site.cli_json(args)["for_account"]["id"], id, "{args:?}");
    }
}

#[test]
fn a_user_name_works_at_mail_even_if_many_have_it_as_an_address() {
    let slapd = slapd("crowd_alias", &["victim", "free"]).start();
    let host = MailHost::with_ldap("crowd_alias", &slapd);
    for number in 0..11 {
        let name = format!("crowd{number}");
        let mails = "mail: victim\nmail: info";
        slapd.add(&format!(
            "dn: uid={name},{PEOPLE}\nobjectClass: inetOrgPerson\nuid: {name}\ncn: x\nsn: x\n{mails}\n"
        ));
    }
    let victim = slapd.person("victim");
    assert_eq!(let_in_as(&ask(&host.site, "victim", &victim.password)), "victim");
    assert_eq!(login(&host.site, "victim", &postern_tests::site::wrong_password()), Said::Reject);
    assert_eq!(login(&host.site, "info", &victim.password), Said::Defer, "nobody's user name");
    assert_eq!(host.site.cli_json(&["account", "show", "victim"])["for_account"]["name"], "victim");
}

#[test]
fn an_admin_may_name_a_mail_account_by_each_of_its_user_names() {
    let slapd = slapd("second_name", &["alice"]).start();
    let site = Site::builder("second_name").ldap(&slapd).build();
    slapd.add(&format!(
        "dn: uid=robert,{PEOPLE}\nobjectClass: inetOrgPerson\nuid: robert\nuid: bob\ncn: x\nsn: x\n"
    ));
    slapd.set(&slapd.person("alice").dn, "add: mail\nmail: bob");
    let id = slapd.entry(&format!("uid=robert,{PEOPLE}")).text("entryUUID");
    for name in ["robert", "bob"] {
        let account = &site.cli_json(&["account", "show", name])["for_account"];
        assert_eq!(*account, serde_json::json!({ "name": "robert", "id": id }), "{name}");
    }
}
