use std::fs;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

use nix::unistd::{Gid, Uid};
use postern_tests::certs::Certs;
use postern_tests::http_double::Mood;
use postern_tests::{CHECK_FAILED, HttpDouble, Ran, Site, Web, host};

use crate::{NOT_PERMITTED, USAGE};

/// What `postern check` complains about, as `part: text`; every complaint has to be a line and an exit status.
fn faults(site: &Site) -> Vec<String> {
    let ran = site.check();
    let faults: Vec<String> =
        ran.stdout.lines().filter_map(|line| line.strip_prefix("FAIL  ")).map(str::to_owned).collect();
    assert_eq!(ran.stderr.contains("to be fixed"), !faults.is_empty(), "{ran:?}");
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
    let text = site.check().stdout;
    for part in ["configuration", "keyring", "store", "accounts", "posternd"] {
        assert!(text.lines().any(|line| line.starts_with(&format!("ok    {part}: "))), "no {part}: {text}");
    }
    assert!(!text.contains('\u{1b}'), "no colours where nobody looks");
    let findings: serde_json::Value = serde_json::from_str(&site.cli(&["--json", "check"]).stdout).unwrap();
    assert_eq!(findings["version"], 1);
    let results: Vec<_> =
        findings["findings"].as_array().unwrap().iter().map(|one| one["result"].clone()).collect();
    assert!(results.len() > 5 && results.iter().all(|one| one != "fail"), "{findings}");
}

#[test]
fn a_stopped_posternd_is_named() {
    let site = Site::new("stopped");
    one_fault(&site, "posternd", &["posternd.sock", "not reachable", "systemctl start"]);
    let ran = site.cli(&["--json", "check"]);
    assert_eq!(ran.code, CHECK_FAILED);
    let findings: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let faults =
        findings["findings"].as_array().unwrap().iter().filter(|one| one["result"] == "fail").count();
    assert_eq!((faults, &findings["version"]), (1, &serde_json::json!(1)));
}

#[test]
fn a_file_with_a_wrong_owner_or_mode_is_named_with_the_remedy() {
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
fn an_odd_setting_that_works_is_a_warning() {
    let site = Site::builder("warnings")
        .postern_toml(|text| text.replace("trusted = {", "trusted = { ghost = [\"imap\"],"))
        .setting("[policy]", "observe = true")
        .build();
    let _posternd = site.posternd();
    let ran = site.check();
    assert_eq!(ran.code, 1, "{ran:?}");
    let text = ran.stdout;
    let warnings: Vec<&str> = text.lines().filter(|line| line.starts_with("warn  ")).collect();
    assert!(warnings.iter().any(|line| line.contains("ghost")), "{text}");
    assert!(warnings.iter().any(|line| line.contains("observe is true")), "{text}");
}

#[test]
fn quiet_prints_only_problems_and_exits_as_monitoring_expects() {
    let site = Site::builder("quiet").setting("[policy]", "observe = true").build();
    let _posternd = site.posternd();
    let ran = site.cli(&["check", "--quiet"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (1, ""), "{ran:?}");
    assert!(ran.stdout.lines().all(|line| line.starts_with("warn  ")), "{ran:?}");
    assert!(ran.stdout.contains("observe is true"), "{ran:?}");
    fs::remove_file(site.keyring()).unwrap();
    let ran = site.cli(&["check", "-q"]);
    assert_eq!(ran.code, CHECK_FAILED, "{ran:?}");
    assert!(ran.stdout.lines().any(|line| line.starts_with("FAIL  keyring: ")), "{ran:?}");
    assert_eq!(site.cli(&["check", "--loud"]).code, USAGE, "which is none of them");
}

#[test]
fn an_ordinary_user_is_told_that_it_is_roots_to_run() {
    let site = Site::new("ordinary");
    for args in
        [&["check"][..], &["account", "list"], &["status"], &["schema", "print", "acl"], &["key", "rotate"]]
    {
        let mut command = Command::new(host::program("postern"));
        command.arg("--config").arg(site.config()).args(args).current_dir("/").uid(4242).gid(4242);
        let ran = Ran::of(&mut command, b"", Duration::from_secs(20));
        assert_eq!((ran.code, ran.stdout.as_str()), (NOT_PERMITTED, ""), "{args:?}: {ran:?}");
        assert!(ran.stderr.contains("run it as root") && ran.stderr.contains("postern my"), "{ran:?}");
    }
}

#[test]
fn a_file_that_posternd_may_not_read_is_named_with_the_remedy_by_every_command() {
    let site = Site::new("roots_own");
    host::own(&site.config(), (Uid::from_raw(0), Gid::from_raw(0)), 0o600);
    one_fault(&site, "configuration", &["user postern", "chown root:postern", "chmod 0640"]);
    let ran = site.cli(&["account", "list"]);
    assert!(ran.stderr.contains("chown root:postern") && !ran.stderr.contains("os error"), "{ran:?}");
}

#[test]
fn a_key_that_is_set_twice_is_named_with_its_section() {
    let site = Site::new("twice");
    let twice = |text: &'static str| {
        site.edit_config(move |all| all + text);
        let found = faults(&site);
        site.edit_config(move |all| all.replace(text, ""));
        found
    };
    let one = twice("\n[log]\nlevel = \"info\"\nlevel = \"debug\"\n");
    assert!(one.len() == 1 && one[0].contains("log.level: is set twice"), "{one:?}");
    let one = twice("\n[services.webmail]\nclass = \"mail\"\n[services.webmail]\ncombined = true\n");
    assert!(one.len() == 1 && one[0].contains("services.webmail: is set twice"), "{one:?}");
}

#[test]
fn a_fault_that_hides_others_is_reported_once() {
    let site = Site::new("hidden");
    let _posternd = site.posternd();
    fs::remove_file(site.database()).unwrap();
    one_fault(
        &site,
        "store",
        &["does not exist", "hidden by this: the directory, the ledger and the accounts"],
    );
}

#[test]
fn the_programs_of_the_host_are_known_by_their_versions() {
    let site = Site::new("versions");
    let said = site.check().stdout;
    assert!(said.contains("note  versions: Dovecot 2."), "{said}");
    assert!(said.contains("note  versions: OpenSSH "), "{said}");
    assert!(said.lines().any(|line| line.contains("  clock: ")), "{said}");
}

#[test]
fn the_page_for_phones_is_asked_for_as_a_phone_would() {
    let site = Site::new("page");
    let _posternd = site.posternd();
    let web = Web::start("page", &site.socket());
    let plain = HttpDouble::plain();
    let certs = Certs::make(site.dir());
    let tls = HttpDouble::tls(&certs);
    let body = "<meta name=\"postern-token\" content=\"x\">".to_owned();
    tls.set(Mood::Answers(200, String::new(), body));
    let said = |url: &str| {
        let section = format!("\n[web]\nurl = \"{url}\"\n");
        let with = section.clone();
        site.edit_config(move |text| text + &with);
        let ran = site.check();
        site.edit_config(move |text| text.replace(&section, ""));
        ran.stdout.lines().filter(|line| line.contains("  web: ")).collect::<Vec<_>>().join("\n")
    };
    assert!(said(&web.url()).starts_with("ok    web: "), "{}", said(&web.url()));
    let long = |length: usize| format!("https://{}.invalid/", "x".repeat(length - 17));
    let fits = said(&long(61));
    assert!(fits.contains("not reached from this host") && !fits.contains("QR code"), "{fits}");
    let warned = said(&long(62));
    assert!(
        warned.contains("warn  web: ") && warned.contains("fits on a terminal of 24 rows up to 61"),
        "{warned}"
    );
    let other = said(&format!("{}/", plain.url()));
    assert!(other.starts_with("FAIL  web: ") && other.contains("another page than Postern's"), "{other}");
    plain.set(Mood::Answers(502, String::new(), String::new()));
    let broken = said(&format!("{}/", plain.url()));
    assert!(broken.starts_with("FAIL  web: ") && broken.contains("502"), "{broken}");
    let unknown = said(&format!("{}/", tls.url()));
    assert!(unknown.starts_with("FAIL  web: ") && unknown.contains("certificate"), "{unknown}");
    drop(plain);
    let nobody = said(&format!("http://127.0.0.1:{}/", postern_tests::guard::free_port()));
    assert!(nobody.starts_with("warn  web: ") && nobody.contains("not reached from this host"), "{nobody}");
}
