//! Files, names and the file of results.

use std::os::unix::fs::MetadataExt;

use postern_tests::{Authenticator, Site};

use super::*;
use crate::{DATA, NO_USER, fails};

#[test]
fn home_folders_are_searched_and_one_bad_file_stops_nobody_elses() {
    let site = Site::new("import_homes");
    accounts(&site, &["alice", "bob", "carol", "dave", "erin"]);
    let file = |user: &str, text: &str| drop(home(&site, user, text));
    file("alice", GOOGLE);
    file("bob", &GOOGLE.replace("\" TOTP_AUTH", "\" HOTP_COUNTER 4"));
    file("carol", &GOOGLE.replace("83629501", "8362950"));
    file("dave", &format!("1{GOOGLE}"));
    let link = site.dir().join("homes/erin");
    fs::create_dir_all(&link).unwrap();
    std::os::unix::fs::symlink(
        site.dir().join("homes/alice/.google_authenticator"),
        link.join(".google_authenticator"),
    )
    .unwrap();
    fs::create_dir_all(site.dir().join("homes/frank")).unwrap();
    let homes = site.dir().join("homes").display().to_string();
    let found = run(&site, &["google-authenticator", &homes]);
    assert_eq!(counts(&found), [1, 0, 4, 3], "{found:#}");
    let all = outcomes(&found);
    said(&all, "alice totp bound", "");
    said(&all, "alice scratch codes left", "2 scratch codes");
    said(&all, "bob hotp left", "");
    said(&all, "carol totp failed", "line 6 is neither");
    said(&all, "dave totp failed", "base32");
    said(&all, "erin totp failed", "cannot be opened");
    assert!(factors(&site, "erin").is_empty(), "a link leads to no other user's seed");
}

#[test]
fn a_file_belongs_to_the_user_whose_it_is_called() {
    let site = Site::new("import_foreign");
    accounts(&site, &["mallory", "alice"]);
    // A user of this host, whose file root does not own.
    let file = home(&site, "mallory", GOOGLE).join(".google_authenticator");
    let mallory = host::ids("mallory");
    host::own(&file, (54_321.into(), mallory.1), 0o400);
    let path = file.display().to_string();
    let found = run(&site, &["google-authenticator", &path]);
    said(&outcomes(&found), "mallory totp failed", "belongs to the uid 54321");
    host::own(&file, mallory, 0o444);
    let ran = site.cli(&["import", "google-authenticator", &path]);
    assert!(ran.code == 0 && ran.stderr.contains("others may read this file"), "{ran:?}");
    assert_eq!(factors(&site, "mallory").len(), 1);
    // Where all files are in one folder, each has its user's name.
    let all = sample(&site, "alice", GOOGLE);
    assert_eq!(counts(&run(&site, &["google-authenticator", &all])), [1, 0, 1, 0]);
    assert_eq!(factors(&site, "alice").len(), 1);
}

#[test]
fn an_account_with_another_factor_is_left_alone_unless_told() {
    let site = Site::new("import_add");
    accounts(&site, &["bob", "alice"]);
    drop(site.enrol("bob"));
    let line = USERS_OATH.lines().find(|line| line.contains(" bob ")).unwrap();
    let file = sample(&site, "oath", &format!("{line}\n{line}\n"));
    let found = run(&site, &["pam_oath", &file]);
    assert_eq!(counts(&found), [0, 0, 0, 2], "{found:#}");
    said(&outcomes(&found), "bob totp failed", "--add");
    assert_eq!(counts(&run(&site, &["pam_oath", &file, "--add", "--dry-run"])), [1, 1, 0, 0]);
    let found = run(&site, &["pam_oath", &file, "--add"]);
    assert_eq!((counts(&found), factors(&site, "bob").len()), ([1, 1, 0, 0], 2), "{found:#}");
    // Two of the files are no others, however far an earlier run came.
    let two = USERS_OATH
        .lines()
        .filter(|line| line.contains("T30/6"))
        .map(|line| line.replace("bob", "alice").replace("erin", "alice"));
    let two: Vec<String> = two.filter(|line| line.contains("alice")).collect();
    let first = sample(&site, "first", &two[0]);
    assert_eq!(counts(&run(&site, &["pam_oath", &first])), [1, 0, 0, 0]);
    let both = sample(&site, "both", &two.join("\n"));
    let found = run(&site, &["pam_oath", &both]);
    assert_eq!((counts(&found)[..2].to_vec(), factors(&site, "alice").len()), (vec![1, 1], 2), "{found:#}");
}

#[test]
fn names_that_differ_are_translated_by_a_table() {
    let site = Site::new("import_names");
    accounts(&site, &["robert"]);
    let file = sample(&site, "oath", USERS_OATH);
    let table = sample(&site, "names.csv", "name,account\nbob,robert\n");
    let found = run(&site, &["pam_oath", &file, "--accounts", &table]);
    said(&outcomes(&found), "robert totp bound", "");
    assert_eq!(factors(&site, "robert").len(), 1);
    let twice = sample(&site, "twice.csv", "name,account\nbob,robert\nbob,alice\n");
    let why = fails(&site, DATA, &["import", "pam_oath", &file, "--accounts", &twice]);
    assert!(why.contains("stands twice"), "{why}");
    let gone = run(&site, &["pam_oath", &file, "--account", "zoe"]);
    assert!(outcomes(&gone).iter().all(|(short, _)| !short.contains("bound")), "{gone:#}");
    fails(&site, NO_USER, &["export", "zoe"]);
}

#[test]
fn the_file_of_results_has_a_line_for_each_entry_and_no_seed() {
    let site = Site::new("import_results");
    accounts(&site, &["bob"]);
    let seed = Authenticator::new(&seed("bob@pam_oath", 20));
    let file = sample(&site, "oath", USERS_OATH);
    let results = site.dir().join("results.csv");
    let args = ["import", "pam_oath", &file, "--results", &results.display().to_string()];
    let dry = site.cli(&[&args[..], &["--dry-run"]].concat());
    assert!(!results.exists() && dry.stdout.contains("would be bound bob totp"), "{dry:?}");
    assert!(dry.stdout.contains("dry run: 1 would be bound"), "{dry:?}");
    let ran = site.cli(&args);
    assert_eq!(ran.code, DATA);
    let meta = fs::metadata(&results).unwrap();
    assert_eq!((meta.uid(), meta.mode() & 0o7777), (0, 0o600));
    let text = fs::read_to_string(&results).unwrap();
    let header = text.lines().next().unwrap();
    assert_eq!(header, "account,kind,label,outcome,reason,place,issuer");
    assert_eq!(text.lines().count(), 11, "{text}");
    let bob = text.lines().find(|line| line.starts_with("bob,")).unwrap();
    assert!(bob.contains(",bound,") && bob.ends_with("oath: line 2,"), "{bob}");
    drop(site.cli(&args));
    let text = fs::read_to_string(&results).unwrap();
    assert!(text.lines().count() == 21 && text.contains("bob,totp,Authenticator app,before,"), "{text}");
    for said in [&text, &ran.stdout, &ran.stderr, &dry.stdout] {
        assert!(!said.contains(&seed.hex()) && !said.contains(&seed.base32()), "{said}");
    }
    let foreign = sample(&site, "foreign.csv", "precious\n");
    let ran = site.cli(&["import", "pam_oath", &file, "--results", &foreign]);
    assert_eq!((ran.code, fs::read_to_string(&foreign).unwrap().as_str()), (73, "precious\n"), "{ran:?}");
}

#[test]
fn a_factor_that_was_removed_is_not_bound_again_by_the_same_command() {
    let site = Site::new("import_again");
    accounts(&site, &["bob"]);
    let line = USERS_OATH.lines().find(|line| line.contains(" bob ")).unwrap();
    let file = sample(&site, "oath", line);
    let results = site.dir().join("results.csv").display().to_string();
    let import =
        |file: &str, more: &[&str]| run(&site, &[&["pam_oath", file, "--results", &results], more].concat());
    assert_eq!(counts(&import(&file, &[])), [1, 0, 0, 0]);
    drop(site.cli_ok(&["factor", "remove", "bob", "--all"]));
    let moved = sample(&site, "moved", &format!("# another export\n{line}\n"));
    for (file, more) in [(&file, &[][..]), (&file, &["--dry-run"]), (&file, &["--add"]), (&moved, &[])] {
        let found = import(file, more);
        assert_eq!((counts(&found), &found["removed"]), ([0, 0, 0, 0], &1.into()), "{found:#}");
        said(&outcomes(&found), "bob totp removed", "--again");
    }
    assert!(factors(&site, "bob").is_empty());
    assert_eq!(counts(&import(&file, &["--again"])), [1, 0, 0, 0]);
    assert_eq!(counts(&import(&file, &[])), [0, 1, 0, 0]);
}

#[test]
fn where_mail_keeps_the_main_password_the_dry_run_says_so() {
    let site = Site::builder("import_mail")
        .postern_toml(|text| text.replace("\"until-enrolled\"", "\"always\""))
        .build();
    accounts(&site, &["bob"]);
    let line = USERS_OATH.lines().find(|line| line.contains(" bob ")).unwrap();
    let file = sample(&site, "oath", line);
    let found = run(&site, &["pam_oath", &file, "--dry-run"]);
    said(&outcomes(&found), "bob totp bound", "mail stays as it is");
}
