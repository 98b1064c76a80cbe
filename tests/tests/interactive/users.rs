//! Unix users beside the accounts of LDAP and of the embedded directory.

use std::fs;

use postern_tests::{Site, Slapd, unix_users};

#[test]
fn people_of_ldap_and_embedded_accounts_are_unix_users_with_the_same_number_or_another() {
    let (anna, berta) = (unix_users::fresh("anna"), unix_users::fresh("berta"));
    let slapd = Slapd::builder("users").person_of(&anna).person_numbered(&berta.name, berta.uid + 1).start();
    let person = slapd.person(&anna.name);
    assert_eq!((person.uid, person.home), (anna.uid, anna.home.clone()));
    let client = slapd.client(postern_tests::Who::Root);
    let entry = client.read(postern_tests::Who::Root, &person.dn, &["uidNumber", "homeDirectory"]).entry();
    assert_eq!(entry.text("uidNumber"), anna.uid.to_string());
    assert_eq!(slapd.person(&berta.name).uid, berta.uid + 1);

    let site = Site::new("users");
    let account = site.account_of(&anna);
    assert_eq!((account.uid, account.home), (anna.uid, anna.home.clone()));
    let shown = site.cli_json(&["account", "show", &anna.name]);
    assert_eq!(shown["account"]["attributes"]["uidNumber"][0], anna.uid.to_string());

    let passwd = fs::read_to_string("/etc/passwd").unwrap();
    assert!(passwd.contains(&format!("{}:x:{}:{}:", anna.name, anna.uid, anna.uid)));
}

#[test]
#[should_panic(expected = "is here already")]
fn a_name_is_given_once() {
    let anna = unix_users::fresh("anna");
    drop(unix_users::add(&anna.name, anna.uid + 5_000));
}
