use postern_tests::MailHost;
use postern_tests::site::wrong_password;
use postern_tests::slapd::PEOPLE;

use crate::{Said, ask, let_in_as, login, said, slapd};

#[test]
fn metacharacters_of_filters_and_dns_are_unknown_names() {
    let slapd = slapd("metacharacters", &["alice", "bob"]).start();
    let host = MailHost::with_ldap("metacharacters", &slapd);
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
    let host = MailHost::with_ldap("owners", &slapd);
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

#[test]
fn of_several_user_names_the_one_in_the_dn_is_the_account_and_where_none_is_the_login_is_deferred() {
    let slapd = slapd("several", &["alice"]).start();
    let site = postern_tests::Site::builder("several").ldap(&slapd);
    let host =
        MailHost::of(site.postern_toml(|text| text.replace("{homeDirectory}", "/srv/mail/{uid}")).build());
    let password = wrong_password();
    for (number, (rdn, names, canonical)) in [
        ("uid=yan+employeeNumber=5", ["yan", "ayan"], Some("yan")),
        ("employeeNumber=6+uid=zoe", ["zoe", "azoe"], Some("zoe")),
        ("uid=o'neil\\2C pat", ["o'neil, pat", "apat"], Some("o'neil, pat")),
        ("cn=Bob B", ["bob", "abob"], None),
        ("cn=x\\,uid=carl", ["carl", "acarl"], None),
        ("employeeNumber=7", ["dora", "adora"], None),
    ]
    .into_iter()
    .enumerate()
    {
        // An RDN with a plus needs both of its attributes.
        let more = rdn.split('+').filter(|pair| pair.starts_with("employeeNumber"));
        let more: String = more.map(|pair| pair.replace('=', ": ") + "\n").collect();
        let common = if rdn.starts_with("cn=Bob") { "Bob B" } else { "x,uid=carl" };
        slapd.add(&format!(
            "dn: {rdn},{PEOPLE}\nobjectClass: inetOrgPerson\nobjectClass: posixAccount\nuid: {}\nuid: {}\ncn: {common}\nsn: x\n\
             {more}uidNumber: 3200{number}\ngidNumber: 3200{number}\nhomeDirectory: /srv/mail/x\nuserPassword: {password}\n",
            names[1], names[0]
        ));
        for name in names {
            let asked = ask(&host.site, name, &password);
            match canonical {
                Some(canonical) => {
                    assert_eq!(let_in_as(&asked), canonical, "{rdn}");
                    let home = ("userdb_home".to_owned(), format!("/srv/mail/{canonical}"));
                    assert!(asked.reply_fields().contains(&home), "{:?}", asked.reply_fields());
                    // Dovecot refuses the names that need escapes.
                    if !rdn.contains('\\') {
                        assert_eq!(host.dovecot.user(name).unwrap()["home"], home.1, "{rdn}");
                    }
                }
                None => {
                    assert_eq!(said(&asked), Said::Defer, "{rdn}");
                    assert_eq!(host.dovecot.user(name).unwrap_err().0, 75, "{rdn}");
                }
            }
        }
    }
    drop(
        host.posternd
            .logged(&["verdict=defer", "uid has several values, and the entry is named by none of them"]),
    );
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
