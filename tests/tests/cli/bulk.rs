use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use postern_tests::guard::pause;
use postern_tests::{Authenticator, Site, host};
use serde_json::{Value, json};

use crate::{DATA, fails, json};

const CANNOT_CREATE: i32 = 73;

/// Writes the table, and returns it and the file for results.
fn table(site: &Site, text: &str) -> (String, PathBuf) {
    let table = site.dir().join("users.csv");
    fs::write(&table, text).unwrap();
    (table.display().to_string(), site.dir().join("result.csv"))
}

/// The lines of a result file, each by its columns, read by a program that is not ours.
fn lines(result: &Path) -> Vec<BTreeMap<String, String>> {
    let mut python = Command::new(host::system_program("/usr/bin/python3", "python3"));
    python.args([
        "-I",
        "-c",
        "import csv, json, sys; json.dump(list(csv.DictReader(open(sys.argv[1]))), sys.stdout)",
    ]);
    let ran = postern_tests::Ran::of(python.arg(result).current_dir("/"), b"", Duration::from_secs(20));
    let lines: Vec<BTreeMap<String, String>> = serde_json::from_str(&ran.succeeded().stdout).unwrap();
    let secrets = lines.iter().filter_map(|line| line.get("secret").or_else(|| line.get("password")));
    for secret in secrets.filter(|secret| !secret.is_empty()) {
        postern_tests::canary::register(secret);
    }
    lines
}

/// Those that count: the last one about each account.
fn last(result: &Path) -> BTreeMap<String, BTreeMap<String, String>> {
    lines(result).into_iter().map(|line| (format!("{}/{}", line["name"], line["label"]), line)).collect()
}

fn factors(site: &Site, name: &str) -> Vec<Value> {
    json(site, &["factor", "list", name])["factors"].as_array().unwrap().clone()
}

#[test]
fn each_account_of_a_table_gets_an_app_and_a_line_with_its_key() {
    let site = Site::new("bulk");
    for name in ["alice", "bob", "carol"] {
        drop(site.cli_ok(&["account", "create", name, "--no-password"]));
    }
    let token = Authenticator::random();
    let (from, result) = table(
        &site,
        &format!(
            "name,label,seed\nalice,\"token, blue\",{}\nbob,,\nzoe,,\ncarol,,short\nbob,,\n",
            token.base32()
        ),
    );
    let file = result.display().to_string();
    let run = ["totp", "enrol", "--from", &from, "--results", &file, "--label", "work"];
    let ran = site.cli(&run);
    assert_eq!(ran.code, DATA, "{ran:?}");
    assert!(ran.stdout.contains("2 bound, 0 before, 3 failed"), "{ran:?}");
    for said in ["zoe: there is no account", "carol: a seed has 16 to 64 bytes", "bob: stands twice"] {
        assert!(ran.stdout.contains(said), "{said}: {ran:?}");
    }
    let meta = fs::metadata(&result).unwrap();
    assert_eq!((meta.uid(), meta.mode() & 0o7777), (0, 0o600));
    let written = last(&result);
    let (alice, bob) = (&written["alice/token, blue"], &written["bob/"]);
    assert_eq!((alice["state"].as_str(), alice["secret"].as_str()), ("bound", token.base32().as_str()));
    assert_eq!(factors(&site, "alice")[0]["id"], alice["id"].as_str());
    assert_eq!(factors(&site, "alice")[0]["label"], "token, blue");
    assert_eq!(factors(&site, "bob")[0]["id"], bob["id"].as_str());
    assert_eq!(factors(&site, "bob")[0]["label"], "work");
    let app = Authenticator::from_uri(&bob["uri"]).unwrap();
    assert_eq!((app.label.name.as_str(), app.base32()), ("bob", bob["secret"].clone()));
    assert_eq!(written["zoe/"]["state"], "failed");
    assert!(written["zoe/"]["error"].contains("no account") && written["zoe/"]["secret"].is_empty());

    // Those that failed are tried again, the others left alone.
    drop(site.cli_ok(&["account", "create", "zoe", "--no-password"]));
    let again = site.cli(&[&["--json"], &run[..]].concat());
    let said: Value = serde_json::from_str(&again.stdout).unwrap();
    assert_eq!((&said["enrolment"]["bound"], &said["enrolment"]["before"]), (&json!(1), &json!(2)), "{said}");
    assert_eq!(said["enrolment"]["failed"].as_array().unwrap().len(), 2, "{said}");
    assert_eq!((factors(&site, "alice").len(), factors(&site, "zoe").len()), (1, 1));
    assert_eq!(last(&result)["zoe/"]["state"], "bound");
}

#[test]
fn an_enrolled_account_gets_another_factor_only_on_request() {
    let site = Site::new("bulk_add");
    drop(site.account("alice"));
    drop(site.enrol("alice"));
    let (from, result) = table(&site, "name\nalice\n");
    let file = result.display().to_string();
    let run = ["totp", "enrol", "--from", &from, "--results", &file];
    assert_eq!(site.cli(&run).code, DATA);
    assert!(last(&result)["alice/"]["error"].contains("--add"));
    assert_eq!(factors(&site, "alice").len(), 1);
    drop(site.cli_ok(&[&run[..], &["--add"]].concat()));
    assert_eq!(factors(&site, "alice").len(), 2);
}

#[test]
fn at_a_terminal_a_bar_shows_how_far_it_is() {
    let site = Site::new("bulk_bar");
    let names: Vec<String> = (0..40).map(|number| format!("user{number}")).collect();
    for name in &names {
        drop(site.cli_ok(&["account", "create", name, "--no-password"]));
    }
    let (from, result) = table(&site, &format!("name\n{}\n", names.join("\n")));
    let file = result.display().to_string();
    let mut person = site.cli_at_terminal(&["totp", "enrol", "--from", &from, "--results", &file]);
    let (status, said) = person.ends();
    assert!(status == 0 && said.contains("40 bound, 0 before, 0 failed"), "{said}");
    assert!(said.contains("enrolled") && said.contains("/40 ("), "{said}");
    assert!(!said.contains("user7"), "{said}");
    drop(lines(&result));
}

#[test]
fn a_malformed_table_or_a_foreign_result_file_changes_nothing() {
    let site = Site::new("bulk_bad");
    drop(site.account("alice"));
    for text in ["", "alice\n", "name,colour\nalice,red\n", "name,label\nalice\n"] {
        let (from, result) = table(&site, text);
        let said = fails(
            &site,
            DATA,
            &["totp", "enrol", "--from", &from, "--results", &result.display().to_string()],
        );
        assert!(said.contains("users.csv"), "{said}");
        assert!(!result.exists(), "{text:?}");
    }
    let (from, result) = table(&site, "name\nalice\n");
    fs::write(&result, "precious\n").unwrap();
    fails(
        &site,
        CANNOT_CREATE,
        &["totp", "enrol", "--from", &from, "--results", &result.display().to_string()],
    );
    assert_eq!(fs::read_to_string(&result).unwrap(), "precious\n");
    assert!(factors(&site, "alice").is_empty());
}

#[test]
fn killed_at_any_moment_it_is_finished_by_running_it_again() {
    let site = Site::new("bulk_killed");
    let names: Vec<String> = (0..40).map(|number| format!("user{number}")).collect();
    for name in &names {
        drop(site.cli_ok(&["account", "create", name, "--no-password"]));
    }
    let (from, result) = table(&site, &format!("name\n{}\n", names.join("\n")));
    let run = |program: &Path| {
        let mut command = Command::new(program);
        command
            .arg("--config")
            .arg(site.config())
            .args(["totp", "enrol", "--from", &from, "--results"])
            .arg(&result);
        command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().unwrap()
    };
    let program = host::program("postern");
    let mut kills = 0;
    for millis in (5..).step_by(3) {
        let mut child = run(&program);
        pause(Duration::from_millis(millis));
        child.kill().unwrap();
        if child.wait().unwrap().success() {
            break;
        }
        kills += 1;
        assert!(millis < 3_000, "it never comes to its end");
    }
    assert!(kills > 5, "killed {kills} times only");
    drop(site.cli_ok(&["totp", "enrol", "--from", &from, "--results", &result.display().to_string()]));
    let written = last(&result);
    for name in &names {
        let (bound, line) = (factors(&site, name), &written[&format!("{name}/")]);
        assert_eq!(bound.len(), 1, "{name} after {kills} kills");
        assert_eq!((&bound[0]["id"], line["state"].as_str()), (&json!(line["id"]), "bound"), "{name}");
    }
    let keys: Vec<(String, String)> =
        lines(&result).into_iter().map(|line| (line["name"].clone(), line["secret"].clone())).collect();
    let distinct: std::collections::BTreeSet<_> = keys.iter().collect();
    assert_eq!(distinct.len(), names.len(), "nobody was ever given a second key");
    println!("finished after {kills} kills, {} lines for {} accounts", keys.len(), names.len());
}

fn app_passwords(site: &Site, name: &str) -> Vec<Value> {
    json(site, &["app-password", "list", name])["app_passwords"].as_array().unwrap().clone()
}

fn opens(site: &Site, name: &str, password: &str) -> bool {
    let login =
        site.checkpassword().args(&["/usr/lib/dovecot/checkpassword-reply"]).login("imap", "192.0.2.1");
    login.credentials(name, password).run().code == 0
}

#[test]
fn each_account_of_a_table_gets_an_app_password_that_stands_in_the_results_alone() {
    let site = Site::new("bulk_app");
    let _posternd = site.posternd();
    for name in ["alice", "bob", "carol"] {
        drop(site.cli_ok(&["account", "create", name, "--no-password"]));
    }
    drop(site.app_password("carol", "Mail", &[]));
    let text = "name,label,scope,expires,networks\nalice,Phone,imap,90d,192.0.2.0/24 2001:db8::/32\nbob,,,,\nzoe,,,,\ncarol,,,,\nalice,Old,imap,2020-01-01,\nbob,Odd,everything,,\n";
    let (from, result) = table(&site, text);
    let file = result.display().to_string();
    let run = ["app-password", "create", "--from", &from, "--results", &file, "--label", "Mail"];

    let dry = site.cli(&[&run[..], &["--dry-run"]].concat());
    assert_eq!(dry.code, DATA, "{dry:?}");
    assert!(!result.exists(), "a dry run writes nothing");
    assert!(dry.stdout.contains("2 would be made, 0 before, 4 would fail; nothing was changed"), "{dry:?}");
    assert!(dry.stdout.contains("would be made    alice account alice (id "), "{dry:?}");
    assert!(app_passwords(&site, "alice").is_empty() && app_passwords(&site, "bob").is_empty());

    let ran = site.cli(&run);
    assert_eq!(ran.code, DATA, "{ran:?}");
    assert!(ran.stdout.contains("2 made, 0 before, 4 failed"), "{ran:?}");
    for said in [
        "zoe: there is no account",
        "carol: has an app password \"Mail\" already; --add",
        "alice: the expiry lies in the past",
        "bob: the scope",
    ] {
        assert!(ran.stdout.contains(said), "{said}: {ran:?}");
    }
    let meta = fs::metadata(&result).unwrap();
    assert_eq!((meta.uid(), meta.mode() & 0o7777), (0, 0o600));
    let written = last(&result);
    let (alice, bob) = (&written["alice/Phone"], &written["bob/Mail"]);
    assert!(!ran.stdout.contains(&alice["password"]), "shown in the results alone");
    let made = &app_passwords(&site, "alice")[0];
    assert_eq!((&made["id"], &made["label"]), (&json!(alice["id"]), &json!("Phone")));
    assert_eq!(made["networks"], json!(["192.0.2.0/24", "2001:db8::/32"]));
    assert!(made["expires"].is_string() && made["scope"] == json!(["imap"]), "{made}");
    assert!(opens(&site, "alice", &alice["password"]) && opens(&site, "bob", &bob["password"]));

    // Those that failed are tried again, the others left alone.
    drop(site.cli_ok(&["account", "create", "zoe", "--no-password"]));
    let again = site.cli(&[&["--json"], &run[..], &["--add"]].concat());
    let said: Value = serde_json::from_str(&again.stdout).unwrap();
    let said = &said["app_passwords"];
    assert_eq!((&said["made"], &said["before"]), (&json!(2), &json!(2)), "{said}");
    assert_eq!((app_passwords(&site, "bob").len(), app_passwords(&site, "carol").len()), (1, 2));
    drop(last(&result));
}

#[test]
fn app_passwords_killed_at_any_moment_are_finished_and_none_is_made_twice() {
    let site = Site::new("bulk_app_killed");
    let names: Vec<String> = (0..40).map(|number| format!("user{number}")).collect();
    for name in &names {
        drop(site.cli_ok(&["account", "create", name, "--no-password"]));
    }
    let (from, result) = table(&site, &format!("name\n{}\n", names.join("\n")));
    let file = result.display().to_string();
    let args = ["app-password", "create", "--from", &from, "--results", &file, "--label", "Mail"];
    let program = host::program("postern");
    let mut kills = 0;
    for millis in (5..).step_by(3) {
        let mut command = Command::new(&program);
        command.arg("--config").arg(site.config()).args(args).current_dir("/");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        pause(Duration::from_millis(millis));
        child.kill().unwrap();
        if child.wait().unwrap().success() {
            break;
        }
        kills += 1;
        assert!(millis < 3_000, "it never comes to its end");
    }
    assert!(kills > 5, "killed {kills} times only");
    drop(site.cli_ok(&args));
    let written = last(&result);
    for name in &names {
        let (made, line) = (app_passwords(&site, name), &written[&format!("{name}/Mail")]);
        assert_eq!(made.len(), 1, "{name} after {kills} kills");
        assert_eq!((&made[0]["id"], line["state"].as_str()), (&json!(line["id"]), "made"), "{name}");
    }
}

#[test]
fn an_app_password_made_and_revoked_since_is_not_made_again() {
    let site = Site::new("bulk_app_revoked");
    drop(site.cli_ok(&["account", "create", "alice", "--no-password"]));
    let (from, result) = table(&site, "name,label\nalice,Mail\n");
    let file = result.display().to_string();
    let run = ["app-password", "create", "--from", &from, "--results", &file];
    drop(site.cli_ok(&run));
    // Cut off behind the change, before the last line was written.
    let text = fs::read_to_string(&result).unwrap();
    let begun = text.lines().filter(|line| !line.contains(",made,")).map(|line| format!("{line}\n"));
    fs::write(&result, begun.collect::<String>()).unwrap();
    drop(site.cli_ok(&["app-password", "revoke", "alice", "--all"]));
    drop(site.cli_ok(&run));
    assert_eq!(last(&result)["alice/Mail"]["state"], "made");
    assert_eq!(app_passwords(&site, "alice").len(), 1, "and that one is revoked");
}

#[test]
fn policies_are_set_for_the_accounts_of_a_table() {
    let site = Site::new("bulk_policy");
    for name in ["alice", "bob", "carol"] {
        drop(site.cli_ok(&["account", "create", name, "--no-password"]));
    }
    let (from, _) = table(
        &site,
        "name,second_factor,main_password_on_mail\nalice,exempt,\nbob,,never\nzoe,off,\ncarol,maybe,\nalice,off,\n",
    );
    let run = ["account", "policy", "--from", &from, "--second-factor", "required"];
    let policy = |name: &str| json(&site, &["account", "show", name])["account"]["policy"].clone();
    let dry = site.cli(&[&run[..], &["--dry-run"]].concat());
    assert_eq!(dry.code, DATA, "{dry:?}");
    assert!(dry.stdout.contains("2 would be set, 0 before, 3 would fail"), "{dry:?}");
    assert_eq!(policy("alice")["second_factor"], Value::Null);
    let ran = site.cli(&run);
    assert_eq!(ran.code, DATA, "{ran:?}");
    assert!(ran.stdout.contains("2 set, 0 before, 3 failed"), "{ran:?}");
    for said in [
        "set     alice (main_password_on_mail default, second_factor exempt)",
        "set     bob (main_password_on_mail never, second_factor required)",
        "FAILED  zoe: there is no account",
        "FAILED  carol: --second-factor \"maybe\"",
        "FAILED  alice: is the account of an earlier line",
    ] {
        assert!(ran.stdout.contains(said), "{said}: {ran:?}");
    }
    assert_eq!(policy("alice")["second_factor"], "exempt");
    assert_eq!(
        (&policy("bob")["second_factor"], &policy("bob")["main_password_on_mail"]),
        (&json!("required"), &json!("never"))
    );
    assert!(site.cli(&run).stdout.contains("0 set, 2 before, 3 failed"));
    for args in [
        &["account", "policy", "--filter", "(ou=sales)", "--second-factor", "required"][..],
        &["account", "policy", "--from", &from, "--filter", "(a=b)"],
        &["account", "policy", "alice", "--dry-run"],
    ] {
        drop(fails(&site, crate::USAGE, args));
    }
    let said = fails(
        &site,
        crate::USAGE,
        &["account", "policy", "--filter", "(ou=sales)", "--second-factor", "off"],
    );
    assert!(said.contains("LDAP") && said.contains("--from"), "{said}");
}

#[test]
fn a_dry_run_of_totp_enrol_binds_nothing() {
    let site = Site::new("bulk_dry");
    drop(site.account("alice"));
    let (from, result) = table(&site, "name,seed\nalice,\nzoe,\n");
    let file = result.display().to_string();
    let ran = site.cli(&["totp", "enrol", "--from", &from, "--results", &file, "--dry-run"]);
    assert_eq!(ran.code, DATA, "{ran:?}");
    assert!(ran.stdout.contains("1 would be bound, 0 before, 1 would fail; nothing was changed"), "{ran:?}");
    assert!(!result.exists() && factors(&site, "alice").is_empty());
}
