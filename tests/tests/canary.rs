//! The search for secrets in what the suite printed and logged: proved on planted leaks, then done.

use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use postern_tests::canary::{Canaries, Form};
use postern_tests::host;

const APP: &str = "GdGn eAF6 iFvU g6rB";
const MAIN: &str = "a main/password?";

/// Writes `text` into a deep directory among harmless files and returns the forms and lines that are found.
fn found_in(text: &str) -> Vec<(Form, usize)> {
    let dir = tempfile::tempdir().unwrap();
    let deep = dir.path().join("some/where");
    fs::create_dir_all(&deep).unwrap();
    fs::write(dir.path().join("harmless.log"), "login of alice accepted, app password GdGn…\n").unwrap();
    fs::write(dir.path().join("empty.log"), "").unwrap();
    fs::write(deep.join("posternd.log"), text).unwrap();
    let report = Canaries::of(&[APP, MAIN]).search(dir.path());
    assert_eq!(report.files, 3);
    assert!(report.leaks.iter().all(|leak| leak.file == deep.join("posternd.log")));
    report.leaks.iter().map(|leak| (leak.form, leak.line)).collect()
}

#[test]
fn a_planted_secret_is_found_in_every_form_and_with_its_line() {
    for (form, leak) in [
        (Form::Plain, "GdGneAF6iFvUg6rB"),
        (Form::Plain, "eAF6iFvUg6rB"),
        (Form::Grouped, APP),
        (Form::Dashed, "GdGn-eAF6-iFvU-g6rB"),
        (Form::Plain, MAIN),
    ] {
        assert_eq!(found_in(&format!("one\ntwo {leak} three\n")), [(form, 2)], "{leak}");
        assert_eq!(found_in(leak), [(form, 1)], "{leak} alone");
    }
}

#[test]
fn a_planted_secret_is_found_in_base64_behind_names_of_any_length() {
    for user in ["a", "bo", "eve", "alice", "someone@example.org"] {
        for secret in [MAIN, APP, "GdGneAF6iFvUg6rB", "GdGn-eAF6-iFvU-g6rB"] {
            for text in
                [format!("\0{user}\0{secret}"), format!("{user}\0{secret}\0\0"), format!("{user}:{secret}!")]
            {
                let leaks = found_in(&format!("AUTH PLAIN {}\n", STANDARD.encode(text)));
                assert_eq!(leaks, [(Form::Base64, 1)], "{user} {secret}");
            }
        }
    }
}

#[test]
fn text_that_is_not_a_secret_is_not_found() {
    let text = "app_password=GdGn reason=bad_credential\nGdGn eAF6 iFvU\neAF6 iFvU\na main password\n";
    assert_eq!(found_in(text), []);
    assert_eq!(found_in(&STANDARD.encode("\0alice\0some other password")), []);
}

/// Run on its own after all other tests, in the same test host: `scripts/run-tests` does.
#[test]
#[ignore = "searches what all other tests leave behind; scripts/run-tests runs it last"]
fn nothing_that_the_suite_printed_or_logged_holds_a_secret() {
    let (canaries, output) = (Canaries::registered(), host::output_root());
    assert!(canaries.len() >= 10, "only {} secrets were registered: did the tests run?", canaries.len());
    assert!(Path::new(&output).is_dir(), "{}: no output: did the tests run?", output.display());
    let report = canaries.search(&output);
    assert!(
        report.files >= 5 && report.bytes >= 1000,
        "hardly any output in {}: {report:?}",
        output.display()
    );
    assert!(report.leaks.is_empty(), "secrets in the output: {:#?}", report.leaks);
    println!("{} secrets looked for in {} files, {} bytes", canaries.len(), report.files, report.bytes);
}
