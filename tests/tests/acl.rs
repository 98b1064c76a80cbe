//! The access rules that are shipped, each statement in both directions, on a real slapd.
//!
//! What they permit is shown where the site's own rules permit nothing; what they forbid, where those permit everything.

use postern_tests::slapd::SERVICE;
use postern_tests::{Slapd, SlapdBuilder, Who};

/// The identities that read alice's entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asker {
    Posternd,
    Alice,
    Bob,
    Anonymous,
}

/// What they do with one of alice's attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Read,
    FindBy,
    Compare,
    Write,
    Remove,
}

use Asker::{Alice, Anonymous, Bob, Posternd};
use Deed::{Compare, FindBy, Read, Remove, Write};

const POSTERN: [(&str, &str); 7] = [
    ("posternRevision", "7"),
    ("posternEnrolled", "TRUE"),
    ("posternAppPassword", "{\"v\":1}"),
    ("posternFactor", "{\"v\":1}"),
    ("posternRecoveryCode", "{\"v\":1}"),
    ("posternFactorKey", "digest"),
    ("posternPolicy", "{\"v\":1}"),
];

/// The attributes that posternd needs, with alice's values.
const NEEDED: [(&str, &str); 7] = [
    ("uid", "alice"),
    ("mail", "alice@example.org"),
    ("uidNumber", "30000"),
    ("gidNumber", "30000"),
    ("homeDirectory", "/srv/mail/alice"),
    ("shadowExpire", "90000"),
    ("preferredLanguage", "de"),
];

/// What a locked account has.
const LOCKED: [(&str, &str); 1] = [("pwdAccountLockedTime", "000001010000Z")];

/// A site with alice, who has something of everything, and bob, who has nothing of Postern's.
fn site(name: &str, rules: &[&str], edit: impl Fn(SlapdBuilder) -> SlapdBuilder) -> Slapd {
    let slapd = edit(Slapd::builder(name))
        .access(rules)
        .person_with("alice", "shadowExpire: 90000\npreferredLanguage: de")
        .person("bob")
        .start();
    let values: String = POSTERN.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
    let account = format!("add: objectClass\nobjectClass: posternAccount\n-\n{}", additions(&values));
    slapd.set(&slapd.person("alice").dn, &account);
    // Anonymous reads are permitted, so that they are refused by a rule only.
    slapd.set("cn=config", "add: olcAllows\nolcAllows: update_anon");
    slapd
}

/// The site's own rules permit nothing but binds.
fn closed(name: &str) -> Slapd {
    site(name, &["attrs=userPassword by anonymous auth by * none", "* by * none"], |builder| builder)
}

/// The site's own rules permit everything.
fn open(name: &str) -> Slapd {
    site(name, &["* by * write"], |builder| builder)
}

fn additions(values: &str) -> String {
    let change = |line: &str| format!("add: {}\n{line}\n-\n", line.split(':').next().unwrap());
    values.lines().map(change).collect()
}

/// Whether it was permitted; panics on an answer that is neither yes nor no.
fn permitted(slapd: &Slapd, asker: Asker, deed: Deed, (attribute, value): (&str, &str)) -> bool {
    let (alice, bob) = (slapd.person("alice"), slapd.person("bob"));
    let who = match asker {
        Posternd => slapd.service(),
        Alice => alice.who(),
        Bob => bob.who(),
        Anonymous => Who::Anonymous,
    };
    let changed = |lines: &str| match slapd.change(who, &alice.dn, lines).code {
        0 => true,
        50 => false,
        code => panic!("{asker:?} {deed:?} {attribute}: {code}"),
    };
    match deed {
        Read => {
            let answer = slapd.read(who, &alice.dn, &[attribute]);
            assert!(matches!(answer.code, 0 | 32 | 50), "{answer:?}");
            answer.entries.iter().any(|entry| entry.has(attribute))
        }
        FindBy => {
            let answer = slapd.search(who, &format!("({attribute}={value})"), &["1.1"]);
            assert!(matches!(answer.code, 0 | 32 | 50), "{answer:?}");
            answer.entries.iter().any(|entry| entry.dn == alice.dn)
        }
        Compare => match slapd.client(who).compare(who, &alice.dn, attribute, value).code {
            5 | 6 => true,
            50 | 32 => false,
            code => panic!("{asker:?} {deed:?} {attribute}: {code}"),
        },
        Write => changed(&format!("replace: {attribute}\n{attribute}: {value}")),
        Remove => {
            let done = changed(&format!("delete: {attribute}\n{attribute}: {value}"));
            if done {
                slapd.set(&alice.dn, &format!("add: {attribute}\n{attribute}: {value}"));
            }
            done
        }
    }
}

/// Asks for each, and reports all that were answered otherwise than expected.
fn check(slapd: &Slapd, askers: &[Asker], deeds: &[Deed], attributes: &[(&str, &str)], expected: bool) {
    let mut wrong = Vec::new();
    for &asker in askers {
        for &deed in deeds {
            for &attribute in attributes {
                if permitted(slapd, asker, deed, attribute) != expected {
                    wrong.push(format!("{asker:?} {deed:?} {}", attribute.0));
                }
            }
        }
    }
    let word = if expected { "refused" } else { "permitted" };
    assert!(wrong.is_empty(), "{word}, against the rules: {wrong:#?}");
}

#[test]
fn posternd_reads_and_finds_people_by_what_it_needs() {
    let slapd = closed("reads");
    check(&slapd, &[Posternd], &[Read, FindBy, Compare], &NEEDED, true);
    let uuid = slapd.entry(&slapd.person("alice").dn).text("entryUUID");
    check(
        &slapd,
        &[Posternd],
        &[Read, FindBy],
        &[("entryUUID", &uuid), ("objectClass", "inetOrgPerson"), ("objectClass", "posternAccount")],
        true,
    );
    slapd.set(&slapd.person("alice").dn, "replace: userPassword\nuserPassword: changed just now");
    check(&slapd, &[Posternd], &[Read], &[("pwdChangedTime", "")], true);
    slapd.lock(&slapd.person("alice"));
    check(&slapd, &[Posternd], &[Read, FindBy], &LOCKED, true);
    check(&slapd, &[Bob, Anonymous], &[Read, FindBy], &LOCKED, false);
    // That all of it comes from these rules and nothing from elsewhere.
    check(&slapd, &[Posternd], &[Read, FindBy], &[("sn", "alice"), ("cn", "alice")], false);
    check(&slapd, &[Bob, Anonymous], &[Read, FindBy], &NEEDED, false);
}

#[test]
fn posternd_reads_and_writes_the_attributes_of_postern() {
    let slapd = closed("writes");
    check(&slapd, &[Posternd], &[Read, FindBy, Compare, Write], &POSTERN, true);
    check(&slapd, &[Posternd], &[Remove], &POSTERN[2..], true);
}

#[test]
fn only_posternd_reads_or_writes_its_attributes_not_even_their_owner() {
    let slapd = open("hidden");
    check(&slapd, &[Alice, Bob, Anonymous], &[Read, FindBy, Compare, Write, Remove], &POSTERN, false);
    // Without these rules the site's own would have let them.
    let slapd = site("not_hidden", &["* by * write"], SlapdBuilder::without_postern_access);
    check(&slapd, &[Alice, Bob, Anonymous], &[Read, FindBy, Compare, Write], &POSTERN, true);
    check(&slapd, &[Alice, Bob, Anonymous], &[Remove], &POSTERN[2..], true);
}

#[test]
fn posternd_writes_nothing_that_it_only_needs_to_read() {
    let slapd = open("read_only");
    check(&slapd, &[Posternd], &[Write, Remove], &NEEDED, false);
    check(&slapd, &[Posternd], &[Write], &LOCKED, false);
    for changes in ["delete: shadowExpire", "add: mail\nmail: root@example.org"] {
        let dn = slapd.person("alice").dn;
        assert_eq!(slapd.change(slapd.service(), &dn, changes).code, 50, "{changes}");
        assert_eq!(
            slapd.change(slapd.person("bob").who(), &dn, changes).code,
            0,
            "{changes}: the site permits it"
        );
    }
}

#[test]
fn posternd_never_reads_or_writes_a_main_password_and_has_it_checked_by_a_bind() {
    let slapd = open("passwords");
    // Not her own: what a filter or an argument says is logged.
    let password = [("userPassword", "not her password")];
    check(&slapd, &[Posternd], &[Read, Compare, Write, Remove], &password, false);
    check(&slapd, &[Posternd], &[FindBy], &[("userPassword", "*")], false);
    check(&slapd, &[Bob], &[Compare], &password, true);
    check(&slapd, &[Bob], &[Read], &password, true);
    for slapd in [slapd, closed("checks")] {
        let alice = slapd.person("alice");
        assert_eq!(slapd.client(alice.who()).whoami(alice.who()).code, 0);
        let wrong = Who::Dn(&alice.dn, "not her password");
        assert_eq!(slapd.client(wrong).whoami(wrong).code, 49);
    }
}

#[test]
fn posternd_adds_and_removes_one_object_class_and_no_other() {
    for slapd in [closed("class_closed"), open("class_open")] {
        let (posternd, bob) = (slapd.service(), slapd.person("bob").dn);
        let enrol = "add: objectClass\nobjectClass: posternAccount\n-\nadd: posternRevision\nposternRevision: 1\n-\n\
                     add: posternEnrolled\nposternEnrolled: FALSE";
        assert_eq!(slapd.change(posternd, &bob, enrol).code, 0);
        assert!(slapd.entry(&bob).texts("objectClass").contains(&"posternAccount".to_owned()));
        let leave = "delete: posternRevision\n-\ndelete: posternEnrolled\n-\n\
                     delete: objectClass\nobjectClass: posternAccount";
        assert_eq!(slapd.change(posternd, &bob, leave).code, 0);
        for changes in [
            "add: objectClass\nobjectClass: extensibleObject",
            "delete: objectClass\nobjectClass: shadowAccount",
            "replace: objectClass\nobjectClass: inetOrgPerson\nobjectClass: posixAccount",
            &format!("{enrol}\n-\nadd: objectClass\nobjectClass: extensibleObject"),
        ] {
            assert_eq!(slapd.change(posternd, &bob, changes).code, 50, "{changes}");
        }
        let classes = slapd.entry(&bob).texts("objectClass");
        assert_eq!(classes, ["inetOrgPerson", "posixAccount", "shadowAccount"]);
    }
}

#[test]
fn only_posternd_adds_or_removes_its_object_class() {
    let slapd = open("unmake");
    let (alice, bob) = (slapd.person("alice"), slapd.person("bob"));
    let make = "add: objectClass\nobjectClass: posternAccount\n-\nadd: posternRevision\nposternRevision: 1\n-\n\
                add: posternEnrolled\nposternEnrolled: TRUE";
    let class_alone = "add: objectClass\nobjectClass: posternAccount";
    let unmake = "delete: objectClass\nobjectClass: posternAccount";
    let before = slapd.entry(&alice.dn);
    for who in [alice.who(), bob.who(), Who::Anonymous] {
        assert_eq!(slapd.change(who, &bob.dn, make).code, 50);
        // Here the site permits the value; what the class demands and they may not give or take stops them.
        assert_eq!(slapd.change(who, &bob.dn, class_alone).code, 65);
        assert_eq!(slapd.change(who, &alice.dn, unmake).code, 65);
    }
    assert_eq!(slapd.entry(&alice.dn), before);
    assert!(!slapd.entry(&bob.dn).texts("objectClass").contains(&"posternAccount".to_owned()));
}

#[test]
fn the_rules_leave_the_sites_other_permissions_alone() {
    let slapd = site(
        "otherwise",
        &["attrs=userPassword by anonymous auth", "* by self write by users read"],
        |builder| builder,
    );
    check(&slapd, &[Alice], &[Read, Write], &NEEDED, true);
    check(&slapd, &[Bob], &[Read, FindBy], &NEEDED, true);
    check(&slapd, &[Bob], &[Write], &NEEDED, false);
    check(&slapd, &[Anonymous], &[Read, FindBy], &NEEDED, false);
}

#[test]
fn posternd_lists_more_users_in_pages_than_the_size_limit_permits_at_once() {
    let slapd = site("pages", &["* by * read"], |builder| builder.crowd(40).size_limit(10));
    let bob = slapd.person("bob");
    for (who, code, found) in [(slapd.service(), 0, 42), (bob.who(), 4, 10)] {
        let args = ["-LLL", "-E", "pr=8/noprompt", "-b", "ou=people,dc=example,dc=org", "(uid=*)", "uid"];
        let answer = slapd.client(who).run("ldapsearch", who, &args, b"");
        assert_eq!((answer.code, answer.entries.len()), (code, found), "{who:?}: {}", answer.stderr);
    }
    assert_eq!(slapd.search(slapd.service(), "(uid=*)", &["uid"]).code, 4, "not in pages");
}

#[test]
fn posternd_has_the_same_rights_as_a_unix_user() {
    let rules = ["attrs=userPassword by anonymous auth by * none", "* by * none"];
    let slapd = site("external", &rules, SlapdBuilder::service_by_external);
    let (posternd, alice) = (Who::User("postern"), slapd.person("alice").dn);
    let entry = slapd.read(posternd, &alice, &["*", "+"]).entry();
    assert_eq!((entry.text("uid"), entry.text("posternRevision")), ("alice".to_owned(), "7".to_owned()));
    assert!(!entry.has("userPassword") && !entry.has("sn"));
    let next = "delete: posternRevision\nposternRevision: 7\n-\nadd: posternRevision\nposternRevision: 8";
    assert_eq!(slapd.change(posternd, &alice, next).code, 0);
    assert_eq!(slapd.change(posternd, &alice, "replace: mail\nmail: root@example.org").code, 50);
    for nobody in [Who::User("mallory"), slapd.service()] {
        assert!(
            slapd.read(nobody, &alice, &["posternRevision"]).entries.is_empty(),
            "not {SERVICE}, nor others"
        );
    }
}
