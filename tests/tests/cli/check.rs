use std::fs;

use nix::unistd::{Gid, Uid};
use postern_tests::{Site, host};

use crate::{CONFIG, json};

/// What `postern check` complains about, as `part: text`; every complaint has to be a line and an exit status.
fn faults(site: &Site) -> Vec<String> {
    let ran = site.cli(&["check"]);
    let faults: Vec<String> =
        ran.stdout.lines().filter_map(|line| line.strip_prefix("FAIL  ")).map(str::to_owned).collect();
    let (code, closing) = if faults.is_empty() { (0, "") } else { (CONFIG, "to be mended") };
    assert_eq!(ran.code, code, "{ran:?}");
    assert!(ran.stderr.contains(closing), "{ran:?}");
    faults
}

fn one_fault(site: &Site, part: &str, words: &[&str]) {
    let faults = faults(site);
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].starts_with(&format!("{part}: ")), "{faults:?}");
    assert!(words.iter().all(|word| faults[0].contains(word)), "{words:?} in {faults:?}");
}

#[test]
fn a_site_in_order_has_no_fault() {
    let site = Site::new("in_order");
    let _posternd = site.posternd();
    drop(site.account("alice"));
    assert_eq!(faults(&site), [""; 0]);
    let text = site.cli_ok(&["check"]);
    for part in ["configuration", "keyring", "store", "accounts", "posternd"] {
        assert!(text.lines().any(|line| line.starts_with(&format!("ok    {part}: "))), "no {part}: {text}");
    }
    assert!(!text.contains('\u{1b}'), "no colours where nobody looks");
    let findings = json(&site, &["check"]);
    let results: Vec<_> =
        findings["findings"].as_array().unwrap().iter().map(|one| one["result"].clone()).collect();
    assert!(results.len() > 5 && results.iter().all(|one| one == "ok" || one == "warn"), "{findings}");
}

#[test]
fn a_stopped_posternd_is_named() {
    let site = Site::new("stopped");
    one_fault(&site, "posternd", &["posternd.sock", "not reachable", "systemctl start"]);
    let ran = site.cli(&["--json", "check"]);
    assert_eq!(ran.code, CONFIG);
    let findings: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let faults =
        findings["findings"].as_array().unwrap().iter().filter(|one| one["result"] == "fail").count();
    assert_eq!((faults, &findings["version"]), (1, &serde_json::json!(1)));
}

#[test]
fn a_file_with_a_wrong_owner_or_mode_is_named_with_its_mend() {
    let site = Site::new("modes");
    let _posternd = site.posternd();
    let ours = (Uid::from_raw(0), host::ids("postern").1);
    for (path, part) in [(site.config(), "configuration"), (site.keyring(), "keyring")] {
        for mode in [0o660, 0o644, 0o666] {
            host::own(&path, ours, mode);
            let mode = format!("mode {mode:04o}");
            one_fault(&site, part, &[&path.display().to_string(), &mode, "chmod 0640"]);
        }
        host::own(&path, (host::ids("mallory").0, ours.1), 0o640);
        one_fault(&site, part, &[&path.display().to_string(), "chown root:postern"]);
        host::own(&path, ours, 0o640);
    }
    host::own(&site.database(), host::ids("postern"), 0o640);
    one_fault(&site, "store", &[&site.database().display().to_string(), "mode 0640", "chmod 0600"]);
    host::own(&site.database(), (Uid::from_raw(0), Gid::from_raw(0)), 0o600);
    one_fault(&site, "store", &[&site.database().display().to_string(), "chown postern:postern"]);
    host::own(&site.database(), host::ids("postern"), 0o600);
    assert!(faults(&site).is_empty());
}

#[test]
fn a_missing_or_broken_keyring_is_named_and_not_quoted() {
    let site = Site::new("keyring");
    let _posternd = site.posternd();
    let path = site.keyring();
    let good = fs::read_to_string(&path).unwrap();
    fs::remove_file(&path).unwrap();
    one_fault(&site, "keyring", &[&path.display().to_string(), "does not exist", "postern init"]);
    for broken in
        [good.replace("secret", "secrets"), good.replace("version = 1", "version = 9"), String::new()]
    {
        fs::write(&path, broken).unwrap();
        host::own(&path, (Uid::from_raw(0), host::ids("postern").1), 0o640);
        one_fault(&site, "keyring", &[&path.display().to_string()]);
    }
    fs::write(&path, good).unwrap();
    assert!(faults(&site).is_empty());
}

#[test]
fn an_unknown_key_is_named_with_its_line_and_the_one_that_was_meant() {
    let site = Site::new("unknown_key");
    let _posternd = site.posternd();
    site.edit_config(|text| text.replace("main_password_on_mail", "main_pasword_on_mail"));
    let line = fs::read_to_string(site.config()).unwrap();
    let line = line.lines().position(|line| line.starts_with("main_pasword")).unwrap() + 1;
    let place = format!("postern.toml:{line}: policy.main_pasword_on_mail");
    one_fault(&site, "configuration", &[&place, "not a known key", "did you mean main_password_on_mail?"]);
}

#[test]
fn every_problem_of_a_configuration_is_named_at_once() {
    let site = Site::new("problems");
    site.edit_config(|text| {
        text.replace("\"until-enrolled\"", "\"maybe\"").replace("\"implicit\"", "\"none\"") + "[bogus]\n"
    });
    let faults = faults(&site);
    assert_eq!(faults.len(), 4, "{faults:?}");
    assert!(faults.iter().all(|fault| fault.starts_with("configuration: ")), "{faults:?}");
}

#[test]
fn an_account_whose_fields_no_mail_server_may_have_is_named() {
    let site = Site::new("accounts");
    let _posternd = site.posternd();
    drop(site.cli_ok(&["account", "create", "toor", "--no-password", "--attribute", "uidNumber=0"]));
    one_fault(&site, "accounts", &["toor", "uid"]);
}

#[test]
fn a_damaged_database_is_named() {
    let site = Site::new("damaged");
    fs::write(site.database(), "not a database at all, ".repeat(400)).unwrap();
    for beside in ["postern.db-wal", "postern.db-shm"] {
        fs::remove_file(site.database().with_file_name(beside)).ok();
    }
    let faults = faults(&site);
    assert!(faults.iter().any(|fault| fault.starts_with("store: ")), "{faults:?}");
}

#[test]
fn what_is_odd_but_works_is_a_warning() {
    let site = Site::builder("warnings")
        .postern_toml(|text| text.replace("trusted = {", "trusted = { ghost = [\"imap\"],"))
        .setting("[policy]", "observe = true")
        .build();
    let _posternd = site.posternd();
    let text = site.cli_ok(&["check"]);
    let warnings: Vec<&str> = text.lines().filter(|line| line.starts_with("warn  ")).collect();
    assert!(warnings.iter().any(|line| line.contains("ghost")), "{text}");
    assert!(warnings.iter().any(|line| line.contains("observe is true")), "{text}");
}
