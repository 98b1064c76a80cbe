use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use postern_tests::otp::Algorithm;
use postern_tests::qr::{self, Theme};
use postern_tests::{Authenticator, Ran, Site, canary, host, unix_users};
use serde_json::{Value, json};

use crate::app::App;
use crate::{DATA, USAGE, fails, json};

const CANNOT_CREATE: i32 = 73;

/// What alice's account has, as `factor list` tells it to scripts.
fn factors(site: &Site) -> Vec<Value> {
    json(site, &["factor", "list", "alice"])["factors"].as_array().unwrap().clone()
}

/// What a phone reads from a picture.
fn scanned(picture: &Path) -> String {
    let mut zbarimg = Command::new(host::system_program("/usr/bin/zbarimg", "zbar-tools"));
    zbarimg.args(["--quiet", "--raw", "-Sdisable", "-Sqrcode.enable"]).arg(picture).current_dir("/");
    Ran::of(&mut zbarimg, b"", Duration::from_secs(20)).succeeded().stdout.trim().to_owned()
}

/// An SVG of dark squares on light, as a bitmap (PBM).
fn drawn(svg: &str) -> String {
    let number = |text: &str, after: &str| -> usize {
        let rest = text.split_once(after).unwrap().1;
        rest.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap()
    };
    let side = number(svg, "viewBox=\"0 0 ");
    let mut dark = vec![vec![false; side]; side];
    let path = svg.split_once(" d=\"").unwrap().1.split('"').next().unwrap();
    for square in path.split('M').skip(1) {
        let (column, row) = square.strip_suffix("h1v1h-1z").unwrap().split_once(',').unwrap();
        dark[row.parse::<usize>().unwrap()][column.parse::<usize>().unwrap()] = true;
    }
    let scale = 4;
    let mut picture = format!("P1\n{0} {0}\n", side * scale);
    for row in dark {
        let line: String = row.iter().flat_map(|dark| vec![if *dark { "1 " } else { "0 " }; scale]).collect();
        picture.push_str(&format!("{line}\n").repeat(scale));
    }
    picture
}

#[test]
fn an_app_is_bound_once_a_code_of_it_is_typed_and_that_code_is_spent() {
    let site =
        Site::builder("totp_terminal").postern_toml(|text| format!("issuer = \"Example\"\n{text}")).build();
    drop(site.account("alice"));
    let mut person = site.cli_at_terminal(&["totp", "enrol", "alice", "--label", "phone"]);
    let shown = person.expect("Code that the app shows: ");
    let mut app = App::scanned(&shown);
    person.was_shown(&app.base32());
    let label = Authenticator::from_uri(&qr::read(&shown, Theme::Dark)[0]).unwrap().label;
    assert_eq!((label.issuer.as_str(), label.name.as_str()), ("Example", "alice"));
    let typed = shown.lines().find_map(|line| line.split_once("type this key into it: ")).unwrap().1;
    assert_eq!(typed.replace(' ', "").trim(), app.base32());
    assert!(factors(&site).is_empty(), "nothing is bound yet");
    person.answer_visible(&app.wrong_code());
    person.expect("That is not the code of this key");
    person.expect("Code that the app shows: ");
    person.answer_visible(&app.code());
    let (status, said) = person.ends();
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("\"phone\" to account alice"), "{said}");
    assert!(said.contains("mail programs need app passwords now"), "{said}");
    let bound = factors(&site);
    assert_eq!((bound.len(), &bound[0]["label"], &bound[0]["kind"]), (1, &json!("phone"), &json!("totp")));
    assert_eq!(json(&site, &["account", "show", "alice"])["account"]["enrolled"], true);
}

#[test]
fn the_code_that_proved_an_app_opens_nothing_any_more() {
    let site = Site::new("totp_spent");
    let _posternd = site.posternd();
    let user = unix_users::fresh("anna");
    let anna = site.account_of(&user);
    let mut person = site.cli_at_terminal(&["totp", "enrol", &user.name]);
    let mut app = App::scanned(&person.expect("Code that the app shows: "));
    person.was_shown(&app.base32());
    let code = app.code();
    person.answer_visible(&code);
    assert_eq!(person.ends().0, 0);
    let again = site.my(&user, &["recovery-codes"], &format!("{}\n{code}\n", anna.password));
    assert_eq!(again.code, DATA, "{again:?}");
    assert!(again.stderr.contains("used before"), "{again:?}");
    let next = site.my(&user, &["recovery-codes"], &format!("{}\n{}\n", anna.password, app.code()));
    canary::shown_to_people(&next.stdout).iter().for_each(|code| canary::register(code));
    assert_eq!(next.code, 0, "{}", next.stderr);
}

#[test]
fn nothing_is_bound_after_wrong_codes_or_none() {
    let site = Site::new("totp_wrong");
    drop(site.account("alice"));
    let svg = site.dir().join("key.svg");
    let file = svg.display().to_string();
    let mut person = site.cli_at_terminal(&["totp", "enrol", "alice", "--svg", &file]);
    for wrong in ["", "abc", "12345", "1234567", "kkkk-kkkk-kkkk-kkkk-kkkk"] {
        person.expect("Code that the app shows: ");
        person.answer_visible(wrong);
    }
    let (status, said) = person.ends();
    assert_eq!(status, DATA, "{said}");
    assert!(said.contains("nothing was bound") && said.contains("key.svg is left empty"), "{said}");
    assert_eq!(fs::read(&svg).unwrap(), b"");
    assert!(factors(&site).is_empty());
    let mut person = site.cli_at_terminal(&["totp", "enrol", "alice"]);
    let shown = person.expect("Code that the app shows: ");
    person.was_shown(&Authenticator::from_uri(&qr::read(&shown, Theme::Dark)[0]).unwrap().base32());
    person.end_input();
    assert_eq!(person.ends().0, DATA);
    assert!(factors(&site).is_empty());
}

#[test]
fn without_a_terminal_a_code_cannot_be_asked_for_and_nothing_is_made() {
    let site = Site::new("totp_no_terminal");
    drop(site.account("alice"));
    let svg = site.dir().join("key.svg");
    let mut command = Command::new(host::system_program("/usr/bin/setsid", "util-linux"));
    command.arg("--wait").arg(host::program("postern")).arg("--config").arg(site.config());
    command.args(["totp", "enrol", "alice", "--svg"]).arg(&svg).current_dir("/");
    let ran = Ran::of(&mut command, b"", Duration::from_secs(20));
    assert_eq!((ran.code, ran.stdout.as_str()), (USAGE, ""), "{ran:?}");
    assert!(ran.stderr.contains("--unproved"), "{ran:?}");
    assert!(!svg.exists() && factors(&site).is_empty());
}

#[test]
fn a_qr_code_in_a_file_is_the_callers_alone_and_a_phone_reads_it() {
    let site = Site::new("totp_files");
    drop(site.account("alice"));
    let (svg, png) = (site.dir().join("key.svg"), site.dir().join("key.png"));
    let (svg_name, png_name) = (svg.display().to_string(), png.display().to_string());
    let made = json(
        &site,
        &["totp", "enrol", "alice", "--unproved", "--svg", &svg_name, "--png", &png_name, "--digits", "8"],
    );
    let uri = made["totp"]["uri"].as_str().unwrap();
    assert_eq!(scanned(&png), uri);
    let pbm = site.dir().join("key.pbm");
    fs::write(&pbm, drawn(&fs::read_to_string(&svg).unwrap())).unwrap();
    assert_eq!(scanned(&pbm), uri);
    for file in [&svg, &png] {
        let meta = fs::metadata(file).unwrap();
        assert_eq!((meta.uid(), meta.mode() & 0o7777), (0, 0o600), "{}", file.display());
    }
    let before = fs::read(&png).unwrap();
    let said = fails(&site, CANNOT_CREATE, &["totp", "enrol", "alice", "--unproved", "--png", &png_name]);
    assert!(said.contains("key.png"), "{said}");
    assert_eq!(fs::read(&png).unwrap(), before, "what exists is nobody's to overwrite");
    let text = site.cli_ok(&["totp", "enrol", "alice", "--unproved", "--svg", &format!("{svg_name}.2")]);
    assert!(!text.contains("otpauth") && !text.contains('█') && text.contains("key.svg.2"), "{text}");
    assert_eq!(factors(&site).len(), 2);
}

#[test]
fn the_uri_alone_is_on_standard_output() {
    let site = Site::new("totp_uri");
    drop(site.account("alice"));
    let ran = site
        .cli(&["totp", "enrol", "alice", "--unproved", "--uri", "--algorithm", "sha512", "--period", "60"])
        .succeeded();
    assert_eq!(ran.stdout.lines().count(), 1, "{}", ran.stderr);
    let app = Authenticator::from_uri(ran.stdout.trim()).unwrap();
    assert_eq!((app.algorithm, app.digits, app.period), (Algorithm::Sha512, 6, 60));
    assert!(ran.stderr.contains("bound"), "{}", ran.stderr);
    let bound = &factors(&site)[0];
    assert_eq!((&bound["algorithm"], &bound["period"]), (&json!("SHA512"), &json!(60)));
    fails(&site, USAGE, &["--json", "totp", "enrol", "alice", "--unproved", "--uri"]);
}

#[test]
fn a_seed_comes_from_standard_input_and_is_not_shown_again() {
    let site = Site::new("totp_seed");
    drop(site.account("alice"));
    let app = Authenticator::random();
    let enrol = ["totp", "enrol", "alice", "--unproved", "--seed-stdin"];
    let ran = site.cli_stdin(&enrol, &format!("{}\n", app.base32().to_lowercase())).succeeded();
    assert!(
        !ran.stdout.to_uppercase().contains(&app.base32()) && !ran.stdout.contains('█'),
        "a secret is shown"
    );
    for bad in ["", "GEZDGNBVGY3TQOJQ", "not base32!", "GEZDGNBVGY3TQOJ1"] {
        let ran = site.cli_stdin(&enrol, bad);
        assert_eq!((ran.code, ran.stdout.as_str()), (DATA, ""), "{bad}");
    }
    assert_eq!(factors(&site).len(), 1);
}

#[test]
fn a_seed_that_would_be_bound_as_another_one_is_refused_with_the_reason() {
    let site = Site::new("totp_bad_seeds");
    drop(site.account("alice"));
    let enrol = ["totp", "enrol", "alice", "--unproved", "--seed-stdin"];
    let seed = Authenticator::random().base32();
    let uri =
        |parameters: &str| format!("otpauth://totp/Example:alice?secret={seed}&issuer=Example{parameters}\n");
    let hexadecimal = "3132333435363738393031323334353637383930";
    for (bad, why) in [
        (format!("{seed}A"), "is incomplete or too long"),
        (hexadecimal.to_owned(), "is hexadecimal"),
        (uri("").replace("totp", "hotp"), "codes that are counted"),
        (uri("").replace("totp", "steam"), "not an otpauth://totp URI"),
        (uri("&digits=7"), "6 or 8 digits"),
        (uri("&period=45"), "30 or 60 seconds"),
        (uri("&algorithm=MD5"), "cannot be read"),
        (uri("&secret=AAAA"), "repeats a parameter"),
        (uri("").replace("=Example", "=Other"), "two issuers"),
        (format!("{}{}", uri("").trim(), "&x=1".repeat(2000)), "longer than"),
    ] {
        let ran = site.cli_stdin(&enrol, &bad);
        assert_eq!((ran.code, ran.stdout.as_str()), (DATA, ""), "{why}");
        assert!(ran.stderr.contains(why) && !ran.stderr.contains(&seed), "{why}: {}", ran.stderr);
    }
    assert!(factors(&site).is_empty());
    let with_digits: Vec<&str> = enrol.into_iter().chain(["--digits", "6"]).collect();
    let ran = site.cli_stdin(&with_digits, &uri("&digits=8"));
    assert!(ran.code == DATA && ran.stderr.contains("another algorithm, digits or period"), "{}", ran.stderr);

    let mut json = vec!["--json"];
    json.extend(enrol);
    let ran = site.cli_stdin(&json, &uri("&digits=8&period=60&algorithm=SHA256")).succeeded();
    let bound: Value = serde_json::from_str(&ran.stdout).unwrap();
    let bound = &bound["totp"];
    assert_eq!(
        (&bound["algorithm"], &bound["digits"], &bound["period"]),
        (&json!("SHA256"), &json!(8), &json!(60))
    );
    assert_eq!(bound["secret"], seed);
}

#[test]
fn a_qr_code_that_does_not_fit_is_left_out_with_a_word() {
    let long = "a-person-with-a-rather-long-name";
    let issuer = "A rather long name of a company, of some sixty characters";
    let site = Site::builder("totp_small_screen")
        .postern_toml(move |text| format!("issuer = \"{issuer}\"\n{text}"))
        .build();
    drop(site.account(long));
    let mut person = site.cli_at_terminal(&["totp", "enrol", long]);
    let shown = person.expect("Code that the app shows: ");
    let key = shown.lines().find_map(|line| line.split_once("type this key into it: ")).unwrap().1;
    let key = key.replace(' ', "").trim().to_owned();
    canary::register(&key);
    person.was_shown(&key);
    assert!(shown.contains("(There is no QR code, as it would not fit on this terminal;"), "{shown}");
    assert!(!shown.contains('█'), "{shown}");
}

#[test]
fn a_factor_is_replaced_in_one_step_and_only_an_own_one() {
    let site = Site::builder("totp_replace").setting("[limits]", "factors_per_account = 2").build();
    drop(site.account("alice"));
    let (first, _) = site.enrol("alice");
    let (second, _) = site.enrol("alice");
    let labels: Vec<_> = factors(&site).iter().map(|one| one["label"].clone()).collect();
    assert_eq!(labels.len(), 2);
    assert!(
        labels.contains(&json!("Authenticator app")) && labels.contains(&json!("Authenticator app 2")),
        "{labels:?}"
    );
    let said = fails(&site, DATA, &["totp", "enrol", "alice", "--unproved"]);
    assert!(said.contains("factors_per_account"), "{said}");
    let (third, _) = site.enrol_with("alice", &["--replace", &first[..6], "--label", "new phone"]);
    let mut ids: Vec<_> = factors(&site).iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect();
    let mut expected = vec![second, third];
    ids.sort_unstable();
    expected.sort_unstable();
    assert_eq!(ids, expected);
    for gone in [&first[..], "0000", "abc"] {
        fails(&site, DATA, &["totp", "enrol", "alice", "--unproved", "--replace", gone]);
    }
    fails(&site, DATA, &["totp", "enrol", "alice", "--unproved", "--label", ""]);
    assert_eq!(factors(&site).len(), 2);
}
