//! People with a browser: posternd's side, as the web server asks for it over the socket.

use postern_tests::courier_host::CourierHost;
use postern_tests::login_host::{LoginUser, Stores};
use postern_tests::self_service::{Said, Visit};
use postern_tests::{guard, host};
use serde_json::{Map, Value, json};
use std::time::Duration;

use crate::on_both;

on_both!(
    a_person_logs_in_and_manages_their_own_account,
    nobody_but_the_web_server_speaks_for_browsers,
    a_second_factor_is_asked_for_and_a_copied_trust_is_told,
    an_admin_and_the_owner_end_sessions,
    a_page_follows_a_phone_by_itself,
    people_who_are_waited_for_have_few_places_and_wrong_passwords_none,
);

pub(crate) fn web() -> u32 {
    host::ids("postern-web").0.as_raw()
}

fn sign_in(host: &CourierHost, user: &LoginUser, password: &str, trusted: Option<&str>) -> Visit {
    let begin = json!({
        "version": 1, "flow": "login", "service": "web", "user": user.unix.name, "secret": password,
        "interactive": true, "rhost": "192.0.2.77", "browser": "Firefox on Linux", "trusted_browser": trusted,
    });
    Visit::begin_with(&host.site.socket(), web(), &begin)
}

pub(crate) fn with_session(host: &CourierHost, token: &str, flow: &str, arguments: &[(&str, &str)]) -> Visit {
    with_session_as(host, web(), token, flow, arguments)
}

fn with_session_as(
    host: &CourierHost,
    uid: u32,
    token: &str,
    flow: &str,
    arguments: &[(&str, &str)],
) -> Visit {
    let arguments: Map<String, Value> =
        arguments.iter().map(|&(name, value)| (name.to_owned(), value.into())).collect();
    let begin = json!({
        "version": 1, "flow": flow, "service": "", "user": "", "interactive": true, "rhost": "192.0.2.77",
        "web_session": token, "arguments": arguments,
    });
    Visit::begin_with(&host.site.socket(), uid, &begin)
}

/// All that is heard up to the end.
#[derive(Debug)]
pub(crate) struct Heard {
    records: Vec<(String, Map<String, Value>)>,
    questions: Vec<String>,
    pub(crate) end: Said,
}

impl Heard {
    /// Answers the questions in turn, and hangs up at one without an answer.
    pub(crate) fn of(mut visit: Visit, answers: &[&str]) -> Self {
        let (mut records, mut questions, mut answers) = (Vec::new(), Vec::new(), answers.iter());
        loop {
            match visit.hear() {
                Said::Ask { text, .. } => {
                    questions.push(text.clone());
                    match answers.next() {
                        Some(answer) => visit.answer(answer),
                        None => return Self { records, questions, end: Said::Error(text) },
                    }
                }
                Said::Tell { .. } => {}
                Said::Record { name, value } => records.push((name, value)),
                end => return Self { records, questions, end },
            }
        }
    }

    pub(crate) fn all<'a>(&'a self, wanted: &str) -> impl Iterator<Item = &'a Map<String, Value>> {
        self.records.iter().filter(move |(name, _)| name == wanted).map(|(_, value)| value)
    }

    #[track_caller]
    fn text(&self, record: &str, field: &str) -> String {
        let value = self.all(record).last().and_then(|value| value.get(field)?.as_str());
        value.unwrap_or_else(|| panic!("no {field} of {record}: {:?}", self.end)).to_owned()
    }

    #[track_caller]
    fn token(&self) -> String {
        assert_eq!(self.end, Said::Accept);
        self.text("session", "token")
    }

    pub(crate) fn reason(&self) -> &str {
        match &self.end {
            Said::Reject { reason, .. } => reason,
            _ => "",
        }
    }
}

pub(crate) fn logged_in(host: &CourierHost, user: &LoginUser) -> String {
    Heard::of(sign_in(host, user, &user.password, None), &[]).token()
}

fn is_open(host: &CourierHost, token: &str) -> bool {
    // A busy machine may take its time.
    let heard = guard::wait_for("an answer", Duration::from_secs(10), || {
        let heard = Heard::of(with_session(host, token, "session_check", &[]), &[]);
        (!matches!(heard.end, Said::Defer(_))).then_some(heard)
    });
    assert!(heard.end == Said::Accept || matches!(heard.reason(), "expired" | "disabled"), "{:?}", heard.end);
    heard.end == Said::Accept
}

fn a_person_logs_in_and_manages_their_own_account(host: &CourierHost) {
    let (anna, bert) = (host.user("anna"), host.user("bert"));
    let heard = Heard::of(sign_in(host, &anna, &anna.password, None), &[]);
    let (token, id) = (heard.token(), heard.text("session", "id"));
    assert_eq!(heard.questions, [""; 0]);
    drop(host.logged(
        &anna,
        &["verdict=accept flow=login service=web rhost=192.0.2.77", &format!("session={id}")],
    ));
    let checked = Heard::of(with_session(host, &token, "session_check", &[]), &[]);
    assert_eq!(checked.text("session", "user"), anna.unix.name);
    let made = Heard::of(with_session(host, &token, "app_password_create", &[("label", "Foxmail")]), &[]);
    assert_eq!((made.end == Said::Accept, made.questions.len()), (true, 0), "the login was the proof");
    assert!(host.posternd.log().lines().any(|line| {
        line.contains("flow=app_password_create") && line.contains(&format!("session={id}"))
    }));
    let of_bert = Heard::of(with_session(host, &logged_in(host, &bert), "app_password_list", &[]), &[]);
    assert_eq!((of_bert.end == Said::Accept, of_bert.all("app_password").count()), (true, 0));
    let by_address = json!({
        "version": 2, "flow": "login", "service": "web", "user": anna.address(), "secret": anna.password,
        "interactive": true,
    });
    let heard = Heard::of(Visit::begin_with(&host.site.socket(), web(), &by_address), &[]);
    assert_eq!(heard.end, Said::Accept);

    let wrong = Heard::of(sign_in(host, &anna, "wrong", None), &[]);
    assert_eq!((wrong.reason(), wrong.questions.len(), wrong.records.len()), ("bad_credential", 0, 0));
    for forged in ["", "x", &token.replace('.', "x"), &format!("{token}A"), &token.to_lowercase()] {
        assert!(!is_open(host, forged), "{forged}");
    }
    let out = Heard::of(with_session(host, &token, "session_end", &[]), &[]);
    assert_eq!((out.end == Said::Accept, out.text("ended", "id")), (true, id));
    assert!(!is_open(host, &token), "a cookie is of no use after logging out");
}

fn nobody_but_the_web_server_speaks_for_browsers(host: &CourierHost) {
    let anna = host.user("anna");
    let token = logged_in(host, &anna);
    for uid in [0, anna.unix.uid, host::ids("mallory").0.as_raw()] {
        for flow in ["session_check", "factors", "app_password_create", "session_end"] {
            let heard = Heard::of(with_session_as(host, uid, &token, flow, &[]), &[]);
            assert_eq!(heard.reason(), "not_permitted", "{uid} {flow}");
        }
    }
    for uid in [anna.unix.uid, host::ids("mallory").0.as_raw()] {
        let begin = json!({
            "version": 1, "flow": "login", "service": "web", "user": anna.unix.name, "secret": anna.password,
            "interactive": true,
        });
        let heard = Heard::of(Visit::begin_with(&host.site.socket(), uid, &begin), &[]);
        assert_eq!(heard.reason(), "not_permitted", "{uid}");
    }
    for flow in ["session_check", "session_list", "session_end", "factors", "app_password_list"] {
        let heard = Heard::of(Visit::begin(&host.site.socket(), web(), flow, &[]), &[]);
        assert_eq!(heard.reason(), "not_permitted", "{flow} without a session");
    }
    for flow in ["phone_pending", "status", "login"] {
        let heard = Heard::of(with_session(host, &token, flow, &[]), &[]);
        assert!(matches!(&heard.end, Said::Error(_)), "{flow}: {:?}", heard.end);
    }
    assert!(is_open(host, &token));
}

fn a_second_factor_is_asked_for_and_a_copied_trust_is_told(host: &CourierHost) {
    let mut anna = host.enrolled_with("anna", &[]);
    let code = anna.app.code();
    let heard = Heard::of(sign_in(host, &anna, &anna.password, None), &[&code, "y"]);
    assert!(heard.questions[0].starts_with("Code from "), "{:?}", heard.questions);
    assert!(is_open(host, &heard.token()));
    let first = heard.text("trusted_browser", "token");
    let again = Heard::of(sign_in(host, &anna, &anna.password, Some(&first)), &[]);
    let token = again.token();
    assert_ne!(again.text("trusted_browser", "token"), first);
    drop(host.logged(&anna, &["verdict=accept flow=login service=web", "credential=trusted_device"]));
    // It is no proof before a change.
    let remove = Heard::of(with_session(host, &token, "recovery_codes", &[]), &[]);
    assert!(remove.questions[0].starts_with("Main password of "), "{:?}", remove.questions);
    let copied = Heard::of(sign_in(host, &anna, &anna.password, Some(&first)), &[]);
    assert!(
        matches!(&copied.end, Said::Error(question) if question.starts_with("Code from ")),
        "{:?}",
        copied.end
    );
    drop(host.logged(&anna, &["flow=login service=web", "an earlier secret of a trusted browser came back"]));
    let devices = Heard::of(with_session(host, &token, "device_list", &[]), &[]);
    assert_eq!((devices.end == Said::Accept, devices.all("device").count()), (true, 0));
    let proved =
        Heard::of(with_session(host, &token, "recovery_codes", &[]), &[&anna.password, &anna.app.code()]);
    let new = proved.token();
    assert!(new != token && is_open(host, &new) && !is_open(host, &token));
}

fn an_admin_and_the_owner_end_sessions(host: &CourierHost) {
    let anna = host.user("anna");
    let name = anna.unix.name.as_str();
    let tokens: Vec<String> = (0..4).map(|_| logged_in(host, &anna)).collect();
    let listed = host.site.cli_json(&["session", "list", name]);
    let ids: Vec<&str> =
        listed["sessions"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 4);
    assert!(host.site.cli_ok(&["session", "list", name]).contains("Firefox on Linux (192.0.2.77)"));
    assert!(host.site.cli_ok(&["session", "end", name, ids[0]]).contains(&format!("ended {}", ids[0])));
    let open = |tokens: &[String]| tokens.iter().filter(|token| is_open(host, token)).count();
    assert_eq!(open(&tokens), 3);
    assert_ne!(host.site.cli(&["session", "end", name, ids[0]]).code, 0);
    assert_ne!(host.site.cli(&["session", "end", name]).code, 0);
    let own = Heard::of(host.visit(&anna, "session_list", &[]), &[]);
    let left: Vec<String> =
        own.all("open_session").map(|one| one["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(left.len(), 3);
    assert_eq!(Heard::of(host.visit(&anna, "session_end", &[("id", &left[0])]), &[]).end, Said::Accept);
    assert_eq!(open(&tokens), 2);
    drop(host.site.cli_ok(&["session", "end", name, "--all"]));
    assert_eq!(open(&tokens), 0);
    // Closed and opened again, with another main password, and without factors.
    let token = logged_in(host, &anna);
    drop(host.site.cli_ok(&["account", "disable", name]));
    assert!(!is_open(host, &token));
    drop(host.site.cli_ok(&["account", "enable", name]));
    assert!(!is_open(host, &token), "it is over, and not only closed");
    let token = logged_in(host, &anna);
    drop(host.site.cli_ok(&["account", "reset", "--yes", name]));
    assert!(!is_open(host, &token));
    let token = logged_in(host, &anna);
    // A directory notes it to the second.
    guard::pause(Duration::from_millis(1100));
    host.set_password(&anna, "another battery horse");
    assert!(!is_open(host, &token));
}

fn a_page_follows_a_phone_by_itself(host: &CourierHost) {
    let anna = host.user("anna");
    let phone = host.bind_phone(&anna, &[]);
    let mut visit = sign_in(host, &anna, &anna.password, None);
    let approval = loop {
        match visit.hear() {
            Said::Record { name, value } if name == "approval" => break value,
            Said::Ask { text, .. } => panic!("before the record: {text}"),
            Said::Tell { .. } | Said::Record { .. } => {}
            end => panic!("{end:?}"),
        }
    };
    let text = loop {
        if let Said::Ask { text, .. } = visit.hear() {
            break text;
        }
    };
    let (before, _) = text.split_once(" on your phone and approve there").unwrap();
    let number = before[before.len() - 2..].to_owned();
    let is_waiting = |id: &str| {
        let account = approval["account"].as_str().unwrap();
        let begin = json!({
            "version": 1, "flow": "approval_check", "service": "", "user": "",
            "arguments": { "account": account, "id": id },
        });
        let heard = Heard::of(Visit::begin_with(&host.site.socket(), web(), &begin), &[]);
        assert_eq!(heard.end, Said::Accept);
        heard.all("approval").last().unwrap()["is_waiting"].as_bool().unwrap()
    };
    let id = approval["id"].as_str().unwrap();
    assert!(is_waiting(id) && !is_waiting(&"0".repeat(32)));
    assert_eq!(phone.decide(&host.web, "approve", &number), "approved");
    assert!(!is_waiting(id));
    visit.answer("");
    assert!(is_open(host, &Heard::of(visit, &["n"]).token()));
}

fn people_who_are_waited_for_have_few_places_and_wrong_passwords_none(host: &CourierHost) {
    let anna = host.enrolled_with("anna", &[]);
    let waits = || {
        let mut visit = sign_in(host, &anna, &anna.password, None);
        loop {
            match visit.hear() {
                Said::Ask { .. } => return Some(visit),
                Said::Defer(_) => return None,
                // What a page offers beside the question.
                Said::Record { name, .. } if ["trust_offer", "second_step"].contains(&&*name) => {}
                Said::Tell { text } if text.starts_with("Too many of your logins") => {}
                said => panic!("{said:?}"),
            }
        }
    };
    for number in 0..9 {
        let heard = Heard::of(sign_in(host, &anna, &format!("wrong {number}"), None), &[]);
        assert_eq!(heard.reason(), "bad_credential");
    }
    let waiting: Vec<Visit> = (0..6).filter_map(|_| waits()).collect();
    assert_eq!(waiting.len(), 4, "connections_per_user");
    let bert = host.user("bert");
    assert!(is_open(host, &logged_in(host, &bert)), "others are served");
    drop(waiting);
    guard::wait_for("a place", Duration::from_secs(10), || waits().map(drop));
}

#[test]
fn after_a_restart_of_posternd_sessions_go_on_and_session_end_all_ends_each() {
    for stores in [Stores::Embedded, Stores::LdapAndRedis] {
        let mut host = postern_tests::login_host::LoginHost::new(
            &format!("browser_{stores:?}").to_lowercase(),
            stores,
            "\n[web]\nurl = \"http://127.0.0.1:1/\"\n",
        );
        let anna = host.user("anna");
        let sign_in = |host: &postern_tests::login_host::LoginHost| {
            let begin = json!({
                "version": 1, "flow": "login", "service": "web", "user": anna.unix.name, "secret": anna.password,
                "interactive": true,
            });
            Heard::of(Visit::begin_with(&host.site.socket(), web(), &begin), &[]).token()
        };
        let is_open = |host: &postern_tests::login_host::LoginHost, token: &str| {
            let begin = json!({
                "version": 1, "flow": "session_check", "service": "", "user": "", "web_session": token,
            });
            Heard::of(Visit::begin_with(&host.site.socket(), web(), &begin), &[]).end == Said::Accept
        };
        let token = sign_in(&host);
        host.posternd.kill9();
        host.posternd.start_again();
        assert!(is_open(&host, &token), "{stores:?}");
        drop(host.site.cli_ok(&["session", "end", "--all"]));
        assert!(!is_open(&host, &token), "{stores:?}");
        let token = sign_in(&host);
        assert!(is_open(&host, &token));
        if let Some(redis) = &mut host.redis {
            assert_eq!(redis.cli(&["FLUSHALL"]), "OK");
            assert!(!is_open(&host, &token), "flushed");
            let token = sign_in(&host);
            let redis = host.redis.as_mut().unwrap();
            redis.kill();
            redis.start_again();
            let heard = guard::wait_for("Redis", Duration::from_secs(20), || {
                let begin = json!({
                    "version": 1, "flow": "session_check", "service": "", "user": "", "web_session": token,
                });
                let heard = Heard::of(Visit::begin_with(&host.site.socket(), web(), &begin), &[]);
                (!matches!(heard.end, Said::Defer(_))).then_some(heard)
            });
            assert_eq!(heard.reason(), "expired", "a server that was restarted may have forgotten its end");
        }
    }
}
