//! A host with LDAP, Redis, couriers and a Dovecot, over which real people log in while a real Prometheus watches.

use std::path::Path;

use postern_tests::courier_host::{CourierHost, SHORT, wrong};
use postern_tests::guard::free_port;
use postern_tests::http::Place;
use postern_tests::login_host::{LoginUser, Stores};
use postern_tests::mailbox::Mailbox;
use postern_tests::{Attempt, Dovecot, Outcome, site};

use crate::promtool::{RULES, dashboard_queries};
use crate::server::{Prometheus, promtool};
use crate::text::{Scrape, documented, names_in};

#[test]
fn prometheus_sees_real_logins_and_an_outage_and_no_person() {
    let port = free_port();
    let limits = format!("{SHORT}\n[metrics]\nlisten = \"127.0.0.1:{port}\"");
    let mut host = CourierHost::with("metrics", Stores::LdapAndRedis, &limits, Mailbox::section);
    let (place, dovecot) = (Place::Port(port), host.site.dovecot());
    let anna = host.user("canary");
    let prometheus = Prometheus::start("metrics", port);

    let secrets = logins(&host, &dovecot, &anna);
    let scrape = Scrape::of(&place);
    says_what_happened(&scrape);
    holds_none_of(&scrape, &anna, &secrets);
    promtool(&["check", "metrics"], &scrape.text, Path::new("/"));
    assert_eq!(scrape.metrics(), documented(), "docs/metrics.md has other metrics, types or labels");

    sees_an_outage(&prometheus, &mut host, &dovecot);
    every_panel_and_alert_has_data(&prometheus);
}

/// Returns what no metric may show.
fn logins(host: &CourierHost, dovecot: &Dovecot, anna: &LoginUser) -> Vec<String> {
    host.bind_sms(anna, &[]);
    let name = &anna.unix.name;
    let app = host.site.app_password(name, "Canary's phone", &["--scope", "imap"]);
    let login = |service: &str, user: &str, password: &str| {
        dovecot.auth_client().login(&Attempt::new(service, user, password).from("192.0.2.77")).outcome
    };
    assert_eq!(login("imap", name, &app.password), Outcome::Accepted);
    assert_eq!(login("smtp", name, &app.password), Outcome::Refused, "another scope");
    let wrong_password = site::wrong_password();
    assert_eq!(login("imap", name, &wrong_password), Outcome::Refused);
    assert_eq!(login("imap", "canary-nobody@example.org", &wrong_password), Outcome::Refused);

    let mut person = host.knows_the_password("sshd", anna);
    person.expect("Code sent to ");
    let code = host.gateway.next_to(&anna.number()).code();
    person.answer_visible(wrong(&code));
    person.expect("Code sent to ");
    person.answer_visible(&code);
    assert_eq!(person.is_in(), *name);
    vec![app.password.replace(' ', ""), app.id, wrong_password, code]
}

fn says_what_happened(scrape: &Scrape) {
    let counts = |credential: &str, reason: &str, result: &str, service: &str| {
        let labels = format!(
            "credential=\"{credential}\",reason=\"{reason}\",result=\"{result}\",service=\"{service}\""
        );
        scrape.value(&format!("postern_logins_total{{{labels}}}"))
    };
    assert_eq!(counts("app_password", "", "accept", "imap"), Some(1.0), "{}", scrape.text);
    assert_eq!(counts("app_password", "scope", "reject", "smtp"), Some(1.0), "{}", scrape.text);
    assert_eq!(counts("none", "unknown_account", "reject", "imap"), Some(1.0), "{}", scrape.text);
    assert_eq!(counts("sms", "", "accept", "sshd"), Some(1.0), "{}", scrape.text);
    let value = |sample: &str| scrape.value(sample).unwrap_or_else(|| panic!("{sample}\n{}", scrape.text));
    assert!(value("postern_deliveries_total{courier=\"sms\",result=\"accepted\"}") >= 2.0);
    assert!(value("postern_deliveries_total{courier=\"email\",result=\"accepted\"}") >= 1.0);
    let left =
        value("postern_sms_budget{window=\"hour\"}") - value("postern_sms_budget_remaining{window=\"hour\"}");
    assert!(left >= 2.0, "two codes were sent, {left} count");
    let runs = value("postern_hashing_runs_total{purpose=\"app_password\"}");
    assert_eq!(runs, 1.0, "a scope is looked at before anything is hashed");
    let (count, sum) =
        ("_count{class=\"login\",result=\"accept\"}", "_sum{class=\"login\",result=\"accept\"}");
    let seconds = |what: &str| value(&format!("postern_login_duration_seconds{what}"));
    assert_eq!(seconds(count), 1.0);
    assert!(seconds(sum) < 2.0, "the person took longer, who had to read a code: {}", seconds(sum));
    assert_eq!((value("postern_directory_up"), value("postern_ledger_up")), (1.0, 1.0));
    assert!(value("process_resident_memory_bytes") > 1e6 && value("process_open_fds") > 5.0);
}

fn holds_none_of(scrape: &Scrape, anna: &LoginUser, secrets: &[String]) {
    let number = anna.number();
    let personal = [
        anna.unix.name.as_str(),
        "canary",
        "Canary",
        "example.org",
        "192.0.2.77",
        "127.0.0.9",
        number.trim_start_matches('+'),
        &anna.password,
    ];
    for text in personal.into_iter().chain(secrets.iter().map(String::as_str)) {
        // The servers of the configuration are named; six digits of a number may be those of a code.
        let lines = scrape.text.lines().filter(|line| !line.contains("_server_up{"));
        let names = lines.filter_map(|line| line.rsplit_once(' ')).map(|(names, _)| names);
        let found: Vec<&str> = names.filter(|names| names.contains(text)).collect();
        assert!(found.is_empty(), "{text}: {found:?}");
    }
}

fn every_panel_and_alert_has_data(prometheus: &Prometheus) {
    // Rates need two scrapes; the newest series came with the outage.
    drop(prometheus.await_samples("count_over_time(postern_logins_total{result=\"defer\"}[1m]) > 2"));
    let queries = dashboard_queries();
    assert!(queries.len() > 40);
    let empty = queries.iter().filter(|query| prometheus.query(&query.expression).is_empty());
    let empty: Vec<String> = empty.map(|query| format!("{}: {}", query.panel, query.expression)).collect();
    assert!(empty.is_empty(), "panels without data:\n{}", empty.join("\n"));
    for name in names_in(RULES) {
        let any = ["", "_count"].iter().any(|end| !prometheus.query(&format!("{name}{end}")).is_empty());
        assert!(any, "{name}");
    }
    let rules = prometheus.api("rules?type=alert");
    let rules = rules["groups"][0]["rules"].as_array().unwrap().clone();
    assert_eq!(rules.len(), RULES.matches("- alert: ").count());
    for rule in &rules {
        assert_eq!((&rule["health"], &rule["lastError"]), (&"ok".into(), &serde_json::Value::Null), "{rule}");
    }
}

fn sees_an_outage(prometheus: &Prometheus, host: &mut CourierHost, dovecot: &Dovecot) {
    assert!(prometheus.query("postern_directory_up == 0").is_empty());
    let slapd = host.slapd.take();
    drop(slapd);
    let attempt = Attempt::new("imap", "another", "some other password").from("192.0.2.78");
    assert_eq!(dovecot.auth_client().login(&attempt).outcome, Outcome::Unavailable);
    let deferred = "postern_logins_total{service=\"imap\", result=\"defer\", reason=\"directory\"}";
    let deferred = prometheus.await_samples(deferred);
    assert_eq!(deferred.len(), 1, "{deferred:?}");
    drop(prometheus.await_samples("postern_directory_up == 0"));
    let server = prometheus.await_samples("postern_ldap_server_up == 0");
    assert!(server[0]["metric"]["server"].as_str().unwrap().starts_with("ldap"), "{server:?}");
    drop(prometheus.await_samples("ALERTS{alertname=\"PosternDirectoryDown\", alertstate=\"pending\"}"));
}
