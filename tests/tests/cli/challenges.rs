//! Phones, and what waits for an answer.

use postern_ipc::{Begin, Client, Flow, Verdict};
use postern_tests::qr::{self, Theme};
use postern_tests::{
    Gateway, Handset, Listen, Ntfy, Redis, Site, Slapd, Typist, UnixUser, Web, host, unix_users,
};
use serde_json::{Value, json};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::{DATA, NOT_PERMITTED, USAGE, fails, json};

/// A site with the page for phones, which is at `web`.
fn site_with_page(name: &str) -> (Site, Web, Ntfy) {
    let site = Site::new(name);
    let (web, ntfy) = page(name, &site);
    (site, web, ntfy)
}

fn page(name: &str, site: &Site) -> (Web, Ntfy) {
    let web = Web::start(name, &site.socket());
    let ntfy = Ntfy::start(site.dir());
    let sections = format!("\n[web]\nurl = \"{}\"\n{}", web.url(), ntfy.section());
    site.edit_config(|text| text + &sections);
    (web, ntfy)
}

/// What follows `scan this code or open:` on the screen.
fn address(shown: &str) -> String {
    let (_, rest) = shown.split_once("scan this code or open:").expect("an address");
    rest.split_whitespace().next().unwrap().to_owned()
}

#[test]
fn a_phone_is_bound_by_an_admin_once_both_show_the_same_digits() {
    let (site, web, _ntfy) = site_with_page("phone_enrol");
    drop(site.account("alice"));
    let _posternd = site.posternd();
    binds_a_phone(&site, &web);

    // Its seed, and where it is rung.
    let sealed = |site: &Site| -> Vec<Value> {
        let keys = json(site, &["key", "list", "--count"])["keys"].clone();
        keys.as_array().unwrap().iter().map(|key| json!([key["id"], key["sealed"]])).collect()
    };
    assert_eq!(sealed(&site), [json!([1, 2])]);
    let text = site.cli_ok(&["key", "rotate"]);
    crate::out_of_band::register_keys(&site);
    assert!(text.contains("sealed 2 secrets of 1 account"), "{text}");
    assert_eq!(sealed(&site), [json!([2, 2]), json!([1, 0])]);
}

#[test]
fn a_phone_and_a_number_are_bound_on_ldap_and_redis() {
    let name = "phone_enrol_servers";
    let homes = host::test_dir().join("homes").join(name);
    let slapd = Slapd::builder(name).home_dir(&homes).person("alice").person("bob").start();
    let redis = Redis::start(name, Listen::Tcp);
    let site = Site::builder(name).ldap(&slapd).build();
    redis.join(&site);
    let (web, _ntfy) = page(name, &site);
    let gateway = Gateway::start(site.dir());
    site.edit_config(|text| format!("{text}\n{}", gateway.section()));
    let _posternd = site.posternd();
    binds_a_phone(&site, &web);
    let mut person = site.cli_at_terminal(&["sms", "enrol", "alice", "+442079460123"]);
    person.expect("Code sent to +442079460123: ");
    person.answer_visible(&gateway.next().code());
    let (status, said) = person.ends();
    assert_eq!(status, 0, "{said}");
    let taken = |site: &Site| {
        let ran = site.cli(&["sms", "enrol", "bob", "+442079460123", "--unproved"]);
        assert_eq!(ran.code, DATA, "{ran:?}");
        assert!(ran.stderr.contains("belongs to another account"), "{ran:?}");
    };
    taken(&site);
    assert_eq!(json(&site, &["key", "rotate", "--reseal"])["resealed"]["secrets"], 2);
    crate::out_of_band::register_keys(&site);
    taken(&site);
    drop(site.cli_ok(&["sms", "remove", "alice"]));
    drop(site.cli_ok(&["sms", "enrol", "bob", "+442079460123", "--unproved"]));
}

/// At root's terminal, with a phone that is rung by ntfy afterwards.
fn binds_a_phone(site: &Site, web: &Web) {
    let mut person = site.cli_at_terminal(&["phone", "enrol", "alice"]);
    let shown = person.expect("Press Enter once the phone shows six digits: ");
    let uri = address(&shown);
    let handset = Handset::scans(&uri);
    person.was_shown(&handset.pairing_secret());
    handset.register();
    assert_eq!(qr::read(&shown, Theme::Dark), std::slice::from_ref(&uri));
    let waiting = json(site, &["challenge", "list", "alice"]);
    assert_eq!(
        (&waiting["challenges"][0]["kind"], &waiting["challenges"][0]["service"]),
        (&json!("pairing"), &json!("postern")),
        "{waiting}"
    );
    assert!(handset.bind(web, "Alice's phone").is_accept());
    person.answer_visible("");
    person.expect(&format!("Does the phone show {}? [y/N] ", handset.compared()));
    person.answer_visible("y");
    let (status, said) = person.ends();
    assert!(status == 0 && said.contains("\"Alice's phone\" to account alice"), "{said}");
    drop(handset.ring_by_ntfy(web));
    let listed = json(site, &["phone", "list", "alice"]);
    let phone = &listed["factors"][0];
    assert_eq!((&phone["kind"], &phone["ring"]), (&json!("phone"), &json!("ntfy")), "{listed}");
    assert!(site.cli_ok(&["phone", "list", "alice"]).contains("phone (rung by ntfy)"));
    assert_eq!(json(site, &["challenge", "list"])["challenges"], json!([]));
}

#[test]
fn a_phone_that_shows_other_digits_is_not_bound() {
    let (site, web, _ntfy) = site_with_page("phone_refused");
    drop(site.account("alice"));
    let _posternd = site.posternd();
    let mut person = site.cli_at_terminal(&["phone", "enrol", "alice"]);
    let handset = Handset::scans(&address(&person.expect("Press Enter once")));
    person.was_shown(&handset.pairing_secret());
    handset.register();
    assert!(handset.bind(&web, "a phone").is_accept());
    person.answer_visible("");
    person.expect("Does the phone show");
    person.answer_visible("n");
    let (status, said) = person.ends();
    assert!(status == DATA && said.contains("The phone is not set up"), "{said}");
    assert_eq!(json(&site, &["factor", "list", "alice"])["factors"], json!([]));
}

/// A login to sshd: the questions are passed to the test, which gives the answers.
struct Login {
    asked: mpsc::Receiver<String>,
    answers: mpsc::Sender<String>,
    verdict: thread::JoinHandle<Verdict>,
}

impl Login {
    fn begin(site: &Site, user: &UnixUser) -> Self {
        let ((asked, hears), (answers, answered)) = (mpsc::channel(), mpsc::channel());
        let mut begin = Begin::new(Flow::Login, "sshd", &user.name);
        begin.interactive = true;
        begin.rhost = Some("192.0.2.7".to_owned());
        let client = Client::connect(&site.socket(), Instant::now() + Duration::from_secs(60)).unwrap();
        let mut typist = Typist::new(move |_, text| {
            asked.send(text.to_owned()).ok()?;
            answered.recv().ok()
        });
        let verdict = thread::spawn(move || client.converse(begin, &mut typist).unwrap());
        Self { asked: hears, answers, verdict }
    }

    fn expects(&self, question: &str) {
        let asked = self.asked.recv_timeout(Duration::from_secs(60)).unwrap();
        assert!(asked.contains(question), "{asked}");
    }

    fn answer(&self, answer: &str) {
        self.answers.send(answer.to_owned()).unwrap();
    }
}

#[test]
fn open_challenges_are_listed_and_a_refused_code_opens_nothing() {
    let site = Site::new("challenge_deny");
    let gateway = Gateway::start(site.dir());
    site.edit_config(|text| format!("{text}\n{}\n[limits]\nresend_after = \"0s\"\n", gateway.section()));
    let user = unix_users::fresh("olga");
    let password = site.account_of(&user).password;
    drop(site.cli_ok(&["sms", "enrol", &user.name, "+442079460123", "--unproved"]));
    let _posternd = site.posternd();
    for by_owner in [false, true] {
        let login = Login::begin(&site, &user);
        login.expects("Password");
        login.answer(&password);
        login.expects("Code sent to …0123");
        let code = gateway.next().code();
        let waiting = json(&site, &["challenge", "list"])["challenges"].clone();
        assert_eq!(waiting.as_array().unwrap().len(), 1, "{waiting}");
        let one = &waiting[0];
        assert_eq!(
            (&one["account"], &one["kind"], &one["service"], &one["rhost"], &one["answered"]),
            (&json!(user.name), &json!("code"), &json!("sshd"), &json!("192.0.2.7"), &json!(false)),
            "{one}"
        );
        let id = one["id"].as_str().unwrap();
        assert!(site.cli_ok(&["challenge", "list", &user.name]).contains(&id[..8]));
        if by_owner {
            let listed = site.my(&user, &["challenges", "list"], "").succeeded().stdout;
            assert!(listed.contains(&id[..8]) && listed.contains("ssh login on "), "{listed}");
            let ran = site.my(&user, &["--json", "challenges", "deny", &id[..8]], "").succeeded();
            let denied: Value = serde_json::from_str(&ran.stdout).unwrap();
            assert_eq!(denied["denied"], json!([{ "id": id }]), "{denied}");
        } else {
            let denied = json(&site, &["challenge", "deny", &user.name, &id[..8]]);
            assert_eq!(denied["denied"][0]["id"], id, "{denied}");
        }
        login.answer(&code);
        login.expects("Code");
        drop(login.answers);
        assert!(!matches!(login.verdict.join().unwrap(), Verdict::Accept(_)));
        assert_eq!(json(&site, &["challenge", "list", &user.name])["challenges"], json!([]));
    }
    assert!(site.cli_ok(&["challenge", "deny", &user.name, "--all"]).contains("nothing waits"));
    let said = fails(&site, DATA, &["challenge", "deny", &user.name, "ffff"]);
    assert!(said.contains("nothing with the id"), "{said}");
    fails(&site, USAGE, &["challenge", "deny", &user.name]);
    let ran = site.my(&user, &["challenges", "deny", "ffff"], "");
    assert_eq!(ran.code, NOT_PERMITTED, "{ran:?}");
    let none = site.my(&user, &["challenges", "list"], "").succeeded().stdout;
    assert!(none.contains("Nothing is waiting for an answer"), "{none}");
}
