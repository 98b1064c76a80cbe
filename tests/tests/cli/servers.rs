//! The same commands on a real slapd and a real Redis, and what an outage of either does to them.

use std::fs;

use postern_tests::otp::now;
use postern_tests::qr::{self, Theme};
use postern_tests::{Authenticator, Fault, FaultProxy, Listen, Redis, Site, Slapd, host};
use serde_json::{Value, json};

use crate::app::App;
use crate::{TEMPORARY, UNAVAILABLE, json};

fn servers(name: &str, crowd: u32) -> (Slapd, Redis, Site) {
    let homes = host::test_dir().join("homes").join(name);
    let slapd = Slapd::builder(name).home_dir(&homes).person("alice").crowd(crowd).start();
    let redis = Redis::start(name, Listen::Tcp);
    let site = Site::builder(name).ldap(&slapd).build();
    redis.join(&site);
    (slapd, redis, site)
}

fn factors(site: &Site, name: &str) -> Vec<Value> {
    json(site, &["factor", "list", name])["factors"].as_array().unwrap().clone()
}

fn table(site: &Site, names: &[String]) -> (String, String) {
    let (table, result) = (site.dir().join("users.csv"), site.dir().join("result.csv"));
    fs::write(&table, format!("name\n{}\n", names.join("\n"))).unwrap();
    (table.display().to_string(), result.display().to_string())
}

#[test]
fn people_of_ldap_are_enrolled_one_and_many_reported_and_sealed_anew() {
    let (slapd, _redis, site) = servers("ldap_factors", 600);
    drop(App::enrol(&site, "alice"));
    let names: Vec<String> = (0..30).map(|number| slapd.nth(number).name).collect();
    let (from, result) = table(&site, &names);
    let done = json(&site, &["totp", "enrol", "--from", &from, "--results", &result]);
    assert_eq!((&done["enrolment"]["bound"], &done["enrolment"]["failed"]), (&json!(30), &json!([])));
    let report = json(&site, &["report"]);
    assert_eq!(
        report["summary"],
        json!({ "accounts": 601, "enrolled": 31, "main_password_on_mail": 0, "ready": 31 })
    );
    assert_eq!(json(&site, &["report", "--unenrolled"])["accounts"].as_array().unwrap().len(), 570);

    // Other hosts may share these accounts: nothing is sealed with a key that they do not have yet.
    let text = site.cli_ok(&["key", "rotate"]);
    assert!(text.contains("other host") && !text.contains("secrets of"), "{text}");
    let sealed = |at: usize| json(&site, &["key", "list", "--count"])["keys"][at]["sealed"].as_u64().unwrap();
    assert_eq!((sealed(0), sealed(1)), (0, 31));
    assert_eq!(
        json(&site, &["key", "reseal"])["resealed"],
        json!({ "secrets": 31, "accounts": 31, "failed": [] })
    );
    assert_eq!((sealed(0), sealed(1)), (31, 0));
    assert_eq!(json(&site, &["key", "rotate", "--reseal"])["resealed"]["secrets"], 31);
}

#[test]
fn a_reset_is_one_change_of_the_entry() {
    let (slapd, _redis, site) = servers("ldap_reset", 1);
    let alice = slapd.person("alice");
    for _ in 0..3 {
        drop(site.enrol("alice"));
    }
    drop(site.cli_ok(&["recovery", "create", "alice"]));
    let revision = || slapd.entry(&alice.dn).text("posternRevision").parse::<u64>().unwrap();
    let before = revision();
    drop(site.cli_ok(&["account", "reset", "alice", "--yes"]));
    assert_eq!(revision(), before + 1);
    let entry = slapd.search(slapd.service(), "(uid=alice)", &["posternFactor", "posternRecoveryCode"]);
    assert!(!format!("{entry:?}").contains("seed"), "nothing is left");
    assert!(factors(&site, "alice").is_empty());
}

#[test]
fn while_redis_is_down_nothing_is_bound_that_wants_a_code_spent() {
    let (_slapd, mut redis, site) = servers("redis_down", 1);
    drop(site.enrol("alice"));
    redis.kill();
    let mut person = site.cli_at_terminal(&["totp", "enrol", "alice"]);
    let shown = person.expect("Code that the app shows: ");
    let app = Authenticator::from_uri(&qr::read(&shown, Theme::Dark)[0]).unwrap();
    person.was_shown(&app.base32());
    person.answer_visible(&app.code_at(now()));
    let (status, said) = person.ends();
    assert_eq!(status, TEMPORARY, "{said}");
    let ran = site.cli(&["device", "revoke", "alice", "--all"]);
    assert_eq!(ran.code, TEMPORARY, "{ran:?}");
    assert!(ran.stderr.contains("trusts no device from now on"), "{ran:?}");
    let report = site.cli(&["--json", "report"]);
    let told: Value = serde_json::from_str(&report.stdout).unwrap();
    assert_ne!(report.code, 0);
    assert_eq!(told["accounts"].as_array().unwrap().len(), 2, "{told}");
    assert_eq!(
        (&told["accounts"][0]["uses_known"], told["problems"].as_array().unwrap().len()),
        (&json!(false), 1)
    );
    drop(site.enrol("alice"));
    let ran = site.cli(&["account", "reset", "alice", "--yes"]);
    assert_eq!(ran.code, TEMPORARY, "{ran:?}");
    assert!(ran.stdout.contains("took away 2 second factors"), "{ran:?}");
    redis.start_again();
    assert!(factors(&site, "alice").is_empty());
}

#[test]
fn while_ldap_is_down_a_table_waits_where_it_was() {
    let (mut slapd, _redis, site) = servers("ldap_down", 5);
    let names: Vec<String> = (0..5).map(|number| slapd.nth(number).name).collect();
    let (from, result) = table(&site, &names);
    let run = ["totp", "enrol", "--from", &from, "--results", &result];
    slapd.stop();
    let ran = site.cli(&run);
    assert_eq!(ran.code, TEMPORARY, "{ran:?}");
    assert!(ran.stderr.contains("the same command again"), "{ran:?}");
    slapd.start();
    let done = json(&site, &run);
    assert_eq!(done["enrolment"]["bound"], 5, "{done}");
    assert!(names.iter().all(|name| factors(&site, name).len() == 1));
}

#[test]
fn a_base_that_is_not_there_is_named_and_an_authority_that_is_not_trusted_too() {
    let (slapd, _redis, site) = servers("ldap_named", 1);
    drop(slapd.person("alice"));
    let _posternd = site.posternd();
    let faults = || -> Vec<String> {
        let said = site.check().stdout;
        said.lines().filter(|line| line.starts_with("FAIL  directory")).map(ToOwned::to_owned).collect()
    };
    assert_eq!(faults(), [""; 0]);
    site.edit_config(|text| {
        let mut lines: Vec<String> = text.lines().map(ToOwned::to_owned).collect();
        for line in lines.iter_mut().filter(|line| line.starts_with("base = ")) {
            *line = line.replace("base = \"", "base = \"ou=nowhere,");
        }
        lines.join("\n") + "\n"
    });
    let found = faults();
    assert!(found.len() == 1 && found[0].contains("ou=nowhere,"), "{found:?}");
    assert!(found[0].contains("directory.base") && found[0].contains("hidden by this"), "{found:?}");
}

#[test]
fn a_bind_password_that_is_missing_is_not_one_that_init_would_make() {
    let (_slapd, _redis, site) = servers("ldap_secret", 1);
    let config = fs::read_to_string(site.config()).unwrap();
    let line = config.lines().find(|line| line.starts_with("bind_password_file")).unwrap();
    let path = line.split('"').nth(1).unwrap();
    fs::remove_file(path).unwrap();
    let ran = site.cli(&["account", "list"]);
    assert_eq!(ran.code, crate::CONFIG, "{ran:?}");
    assert!(ran.stderr.contains(path) && ran.stderr.contains("chown root:postern"), "{ran:?}");
    assert!(!ran.stderr.contains("postern init"), "{ran:?}");
}

#[test]
fn a_redis_that_speaks_something_else_is_not_told_as_wrong_input() {
    let (_slapd, redis, site) = servers("not_redis", 0);
    let proxy = FaultProxy::tcp(redis.port);
    let proxied = format!("redis://127.0.0.1:{}", proxy.port());
    site.edit_config(|text| text.replace(&redis.url(), &proxied));
    drop(site.cli_ok(&["session", "list", "alice"]));
    proxy.set(Fault::Garbage);
    // Whether the answer is read first, or the connection is found broken.
    let ran = site.cli(&["session", "list", "alice"]);
    assert!([TEMPORARY, UNAVAILABLE].contains(&ran.code) && ran.stdout.is_empty(), "{ran:?}");
    assert!(ran.stderr.starts_with("postern: the ledger "), "{ran:?}");
}
