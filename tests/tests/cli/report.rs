use std::process::{Command, Stdio};
use std::time::Duration;

use postern_tests::planted::{execute, query};
use postern_tests::{Elapsed, Ran, Site, Stopwatch, host};
use serde_json::{Value, json};

use crate::{DATA, json};

/// The report's accounts by name.
fn accounts(report: &Value) -> Vec<(String, Value)> {
    let all = report["accounts"].as_array().unwrap();
    all.iter().map(|one| (one["name"].as_str().unwrap().to_owned(), one.clone())).collect()
}

fn opens(site: &Site, name: &str, password: &str, service: &str, address: &str) {
    let reply_tool = ["/usr/lib/dovecot/checkpassword-reply"];
    let login = site.checkpassword().args(&reply_tool).login(service, address);
    assert_eq!(login.credentials(name, password).run().code, 0);
}

#[test]
fn it_lists_enrolled_accounts_and_the_last_uses_of_main_passwords() {
    let site = Site::new("report");
    let _posternd = site.posternd();
    let (alice, bob, carol) = (site.account("alice"), site.account("bob"), site.account("carol"));
    opens(&site, "alice", &alice.password, "imap", "192.0.2.1");
    opens(&site, "bob", &bob.password, "pop3", "198.51.100.7");
    let phone = site.app_password("carol", "Phone", &[]);
    opens(&site, "carol", &phone.password, "imap", "192.0.2.3");
    drop(carol);
    let (id, _) = site.enrol("bob");
    drop(site.cli_ok(&["account", "disable", "carol"]));

    let report = json(&site, &["report"]);
    assert_eq!(report["problems"], json!([]));
    assert_eq!(
        report["summary"],
        json!({ "accounts": 3, "enrolled": 1, "main_password_on_mail": 2, "ready": 2 })
    );
    let all = accounts(&report);
    assert_eq!(all.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["alice", "bob", "carol"]);
    let used = &all[0].1["main_password_on_mail"];
    assert_eq!((&used["service"], &used["address"]), (&json!("imap"), &json!("192.0.2.1")), "{used}");
    assert!(used["at"].is_string());
    let bob = &all[1].1;
    assert_eq!((&bob["enrolled"], &bob["factors"][0]["id"]), (&json!(true), &json!(id)), "{bob}");
    assert_eq!(
        (&bob["factors"][0]["last_used"], &bob["main_password_on_mail"]["service"]),
        (&Value::Null, &json!("pop3"))
    );
    let carol = &all[2].1;
    assert_eq!((&carol["standing"], &carol["app_passwords"]), (&json!("disabled"), &json!(1)), "{carol}");
    assert_eq!(carol["main_password_on_mail"], Value::Null);
    assert!(!report.to_string().contains("argon2") && !report.to_string().contains("\"seed\""), "{report}");

    let text = site.cli_ok(&["report"]);
    let rows: Vec<&str> = text.lines().collect();
    assert_eq!(rows.len(), 5, "{text}");
    assert!(rows[1].starts_with("alice") && rows[1].ends_with("imap from 192.0.2.1"), "{text}");
    assert!(rows[4].contains("3 accounts, 1 enrolled"), "{text}");
}

#[test]
fn it_is_narrowed_to_unenrolled_accounts_and_recent_uses() {
    let site = Site::new("report_narrow");
    let _posternd = site.posternd();
    let (alice, bob) = (site.account("alice"), site.account("bob"));
    drop(site.account("carol"));
    opens(&site, "alice", &alice.password, "imap", "192.0.2.1");
    opens(&site, "bob", &bob.password, "smtp", "192.0.2.2");
    drop(site.enrol("bob"));
    let names = |args: &[&str]| -> Vec<String> {
        accounts(&json(&site, &[&["report"], args].concat())).into_iter().map(|(name, _)| name).collect()
    };
    assert_eq!(names(&["--unenrolled"]), ["alice", "carol"]);
    assert_eq!(names(&["--main-password"]), ["alice", "bob"]);
    assert_eq!(names(&["--main-password", "--unenrolled"]), ["alice"]);
    assert_eq!(names(&["--main-password", "--since", "1h"]), ["alice", "bob"]);
    assert_eq!(names(&["--main-password", "--since", "2099-01-01"]), [""; 0]);
    assert_eq!(names(&["--since", "2099-01-01"]).len(), 3, "older uses are left out, not accounts");
    assert_eq!(site.cli(&["report", "--since", "lately"]).code, DATA);
}

#[test]
fn an_account_that_cannot_be_read_is_a_problem_and_the_others_are_told_of() {
    let site = Site::new("report_broken");
    for name in ["alice", "bob"] {
        drop(site.account(name));
    }
    drop(site.app_password("alice", "Phone", &[]));
    execute(&site, "UPDATE app_password SET value = ?", &[json!(["{\"v\":99}"])]);
    let ran = site.cli(&["--json", "report"]);
    assert_eq!(ran.code, DATA, "{ran:?}");
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(accounts(&report).len(), 1, "{report}");
    assert_eq!(report["problems"].as_array().unwrap().len(), 1, "{report}");
    assert!(ran.stderr.contains("postern: "), "{ran:?}");
}

/// The most memory that `postern --json report` held, in KiB, and how long it took.
fn cost(site: &Site, accounts: usize) -> (u64, Elapsed) {
    let mut python = Command::new(host::system_program("/usr/bin/python3", "python3"));
    python.args(["-I", "-c", MEASURE]).arg(host::program("postern")).arg(site.config()).current_dir("/");
    let begin = Stopwatch::start();
    let measured = Ran::of(&mut python, b"", Duration::from_secs(300)).json();
    assert_eq!(measured["accounts"], accounts, "{measured}");
    (measured["peak_kib"].as_u64().unwrap(), begin.elapsed())
}

fn plant(site: &Site, numbers: std::ops::Range<u32>) {
    let factor = query(site, "SELECT value FROM factor LIMIT 1")[0][0].as_str().unwrap().to_owned();
    let id = factor.split('"').find(|word| word.len() == 32).unwrap().to_owned();
    let account = |number: u32| format!("id{number:06}");
    let rows: Vec<Value> =
        numbers.clone().map(|number| json!([account(number), format!("user{number:06}")])).collect();
    execute(
        site,
        "INSERT INTO account (id, name, revision, enrolled, policy) VALUES (?, ?, 1, 1, '{\"v\":1}')",
        &rows,
    );
    let rows: Vec<Value> = numbers
        .clone()
        .map(|number| {
            let own = format!("{number:032x}");
            json!([account(number), own, factor.replace(&id, &own)])
        })
        .collect();
    execute(site, "INSERT INTO factor (account, id, value) VALUES (?, ?, ?)", &rows);
    let rows: Vec<Value> = numbers.map(|number| json!([account(number)])).collect();
    execute(
        site,
        "INSERT INTO last_use (account, credential, at, service, address) VALUES (?, 'main', 1800000000, 'imap', '192.0.2.1')",
        &rows,
    );
}

#[test]
#[ignore = "long: 100,000 accounts"]
fn a_hundred_thousand_accounts_take_hardly_more_memory_than_a_thousand() {
    let site = Site::new("report_many");
    drop(site.account("alice"));
    drop(site.enrol("alice"));
    plant(&site, 0..1_000);
    let (few, _) = cost(&site, 1_001);
    plant(&site, 1_000..100_000);
    let (many, took) = cost(&site, 100_001);
    println!("1,000 accounts: {few} KiB; 100,000: {many} KiB in {took}");
    assert!(many < few + 16 * 1024, "{few} KiB for 1,000 accounts, {many} KiB for 100,000");
}

const MEASURE: &str = r#"
import json, resource, subprocess, sys
program, config = sys.argv[1:]
run = subprocess.Popen([program, "--config", config, "--json", "report"], stdout=subprocess.PIPE)
accounts = sum(line.startswith(b'{"app_passwords"') for line in run.stdout)
assert run.wait() == 0
print(json.dumps({"accounts": accounts, "peak_kib": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss}))
"#;

#[test]
fn every_command_ends_quietly_when_its_output_is_closed() {
    let site = Site::new("pipe");
    drop(site.account("alice"));
    for args in [
        &["report"][..],
        &["account", "list"],
        &["account", "show", "alice"],
        &["schema", "print", "openldap"],
        &["check"],
        &["--json", "report"],
        &["app-password", "create", "alice", "--label", "x"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = Command::new(host::program("postern"));
        command.arg("--config").arg(site.config()).args(args).current_dir("/");
        let ran = command.stdin(Stdio::null()).stdout(writer).stderr(Stdio::piped()).output().unwrap();
        let said = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert_eq!((ran.status.code(), said.as_str()), (Some(141), ""), "{args:?}");
    }
}

#[test]
fn it_lists_app_passwords_and_accounts_that_are_ready_for_them_only() {
    let site = Site::new("report_ready");
    let _posternd = site.posternd();
    let (alice, bob) = (site.account("alice"), site.account("bob"));
    for name in ["carol", "dora"] {
        drop(site.account(name));
    }
    let phone = site.app_password("alice", "Phone", &[]);
    opens(&site, "alice", &phone.password, "imap", "192.0.2.1");
    let laptop = site.app_password("bob", "Laptop", &[]);
    drop(site.app_password("carol", "never used", &[]));
    postern_tests::guard::pause(Duration::from_millis(1100));
    opens(&site, "bob", &laptop.password, "imap", "192.0.2.2");
    opens(&site, "bob", &bob.password, "smtp", "192.0.2.2");
    drop((alice, site.enrol("dora")));

    let report = json(&site, &["report"]);
    assert_eq!(report["summary"]["ready"], 2);
    let all = accounts(&report);
    let row = |name: &str| all.iter().find(|(own, _)| own == name).unwrap().1.clone();
    assert_eq!(row("alice")["app_passwords_last_used"]["address"], "192.0.2.1");
    assert_eq!(row("carol")["app_passwords_last_used"], Value::Null);
    let ready = accounts(&json(&site, &["report", "--ready"]));
    let names: Vec<&str> = ready.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["alice", "dora"], "bob goes on with the main password, carol has not begun");
    let text = site.cli_ok(&["report"]);
    assert!(text.contains("1, last 20") && text.contains("2 are ready for app passwords alone"), "{text}");

    let csv = site.cli_ok(&["report", "--csv", "--ready"]);
    let lines: Vec<&str> = csv.lines().collect();
    assert!(lines[0].starts_with("name,id,standing,enrolled,"), "{csv}");
    assert_eq!(lines.len(), 3, "{csv}");
    assert!(lines[1].starts_with("alice,") && lines[1].ends_with(",yes,yes"), "{csv}");
    assert_eq!(site.cli(&["--json", "report", "--csv"]).code, crate::USAGE);
}
