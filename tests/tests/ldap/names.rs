use postern_tests::slapd::PEOPLE;

use crate::{Host, Said, ask, let_in_as, login, slapd, wrong_password};

#[test]
fn metacharacters_of_filters_and_dns_are_only_names_of_nobody() {
    let slapd = slapd("metacharacters", &["alice", "bob"]).start();
    let host = Host::new("metacharacters", &slapd);
    let alice = slapd.person("alice");
    let app = host.site.app_password("alice", "Phone", &[]).password;
    for name in FOREIGN {
        for secret in [&app, &alice.password] {
            assert_eq!(login(&host.site, name, secret), Said::Reject, "{name:?}");
        }
        let lookup = host.site.checkpassword().args(&["/usr/lib/dovecot/checkpassword-reply"]).lookup();
        assert_eq!(lookup.credentials(name, "").run().code, 3, "{name:?}, looked up");
    }
    let log = host.posternd.log();
    let refused = log.lines().filter(|line| line.contains("reason=unknown_account")).count();
    assert!(refused >= 2 * FOREIGN.len(), "{refused}");
    assert_eq!(login(&host.site, "alice", &alice.password), Said::Accept);
}

#[test]
fn people_whose_names_are_full_of_metacharacters_get_in() {
    let slapd = slapd("owners", &["alice"]).start();
    let host = Host::new("owners", &slapd);
    let people = [
        ("o'brien,jr", "o'brien\\2Cjr"),
        ("a(b)*c\\d", "a(b)*c\\5Cd"),
        ("x+y=z;\"q\"<r>", "x\\2By\\3Dz\\3B\\22q\\22\\3Cr\\3E"),
        ("#hash", "\\23hash"),
        ("zo\u{eb}", "zo\u{eb}"),
    ];
    for (number, (name, rdn)) in people.iter().enumerate() {
        let password = wrong_password();
        slapd.add(&format!(
            "dn: uid={rdn},{PEOPLE}\nobjectClass: inetOrgPerson\nobjectClass: posixAccount\nuid: {name}\ncn: x\nsn: x\n\
             uidNumber: 3100{number}\ngidNumber: 3100{number}\nhomeDirectory: /srv/mail/x\nuserPassword: {password}\n"
        ));
        assert_eq!(let_in_as(&ask(&host.site, name, &password)), *name);
        assert_eq!(login(&host.site, name, &wrong_password()), Said::Reject, "{name}");
        let app = host.site.app_password(name, "Phone", &[]).password;
        assert_eq!(let_in_as(&ask(&host.site, name, &app)), *name);
        assert_eq!(login(&host.site, "alice", &password), Said::Reject, "{name}");
    }
}

const FOREIGN: [&str; 20] = [
    "*",
    "al*",
    "*lice",
    "alice)(uid=*",
    "alice)(|(uid=*))",
    "*)(uid=*))(|(uid=*",
    "alice))(|(objectClass=*",
    "\\61lice",
    "\\2a",
    "alice\\00",
    "alice\\",
    "(uid=alice)",
    "uid=alice",
    "uid=alice,ou=people,dc=example,dc=org",
    "alice,ou=people,dc=example,dc=org",
    "alice+uid=bob",
    "#616c696365",
    "alice;binary",
    "alice@example.org)(mail=*",
    "{user}",
];
