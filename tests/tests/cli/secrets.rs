use std::process::Command;
use std::time::Duration;

use postern_tests::site::random_password;
use postern_tests::{Ran, Site, canary, host};
use serde_json::{Value, json};

use crate::{DATA, USAGE, fails};

/// Whether this opens alice's mail.
fn opens(site: &Site, password: &str) -> bool {
    let reply_tool = ["/usr/lib/dovecot/checkpassword-reply"];
    let login = site.checkpassword().args(&reply_tool).login("imap", "192.0.2.1");
    let ran = login.credentials("alice", password).run();
    assert!(ran.code == 0 || ran.code == 1, "{ran:?}");
    ran.code == 0
}

/// A main password that must not turn up in any output.
fn secret() -> String {
    let password = random_password();
    canary::register(&password);
    password
}

/// One of this many bytes, with letters that nothing else has in this order.
fn secret_of(bytes: usize) -> String {
    random_password().chars().cycle().take(bytes).collect()
}

/// Runs a command at a terminal, and types these answers to its prompts.
fn at_a_terminal(site: &Site, args: &[&str], answers: &[&str]) -> (i64, String) {
    let config = site.config().display().to_string();
    let program = host::program("postern").display().to_string();
    let command = [&[program.as_str(), "--config", &config], args].concat();
    let mut python = Command::new(host::system_program("/usr/bin/python3", "python3"));
    python.args(["-I", "-c", TERMINAL]).current_dir("/");
    let input = json!({ "command": command, "answers": answers }).to_string();
    let seen: Value = Ran::of(&mut python, input.as_bytes(), Duration::from_secs(30)).json();
    (seen["code"].as_i64().unwrap(), seen["screen"].as_str().unwrap().to_owned())
}

#[test]
fn a_password_comes_from_standard_input_and_is_never_echoed() {
    let site = Site::new("stdin");
    let _posternd = site.posternd();
    let (first, second) = (secret(), secret());
    drop(site.account_with("alice", &first, &[]));
    assert!(opens(&site, &first) && !opens(&site, &second));
    let change = ["account", "password", "alice", "--password-stdin"];
    let ran = site.cli_stdin(&change, &format!("{second}\r\nand a second line")).succeeded();
    assert!(ran.stdout.starts_with("set the main password of account alice\n"), "{}", ran.stdout);
    assert!(opens(&site, &second) && !opens(&site, &first), "the first line counts, without its end");
    let json = site.cli_stdin(&[&["--json"], &change[..]].concat(), &format!("{first}\n")).json();
    assert_eq!((&json["version"], &json["account"]["name"]), (&1.into(), &"alice".into()));
    assert!(opens(&site, &first));
    assert_eq!(
        crate::said(&site, "alice", &["account", "password", "alice", "--remove"]),
        "removed the main password of account alice\n"
    );
    assert!(!opens(&site, &first));
}

#[test]
fn an_invalid_password_is_65_and_changes_nothing() {
    let site = Site::new("bad_password");
    let _posternd = site.posternd();
    let password = secret();
    drop(site.account_with("alice", &password, &[]));
    let (longest, too_long) = (secret_of(512), secret_of(513));
    for bad in ["", "\n", "a\tbell\u{7}and more", &too_long] {
        let ran = site.cli_stdin(&["account", "password", "alice", "--password-stdin"], bad);
        assert_eq!((ran.code, ran.stdout.as_str()), (DATA, ""), "{bad:?}: {ran:?}");
    }
    assert!(opens(&site, &password));
    drop(site.cli_stdin(&["account", "password", "alice", "--password-stdin"], &longest).succeeded());
}

#[test]
fn a_password_as_an_argument_is_refused() {
    let site = Site::new("argument");
    let _posternd = site.posternd();
    let password = secret();
    drop(site.account_with("alice", &password, &[]));
    for args in [
        &["account", "password", "alice", "--password", "given-as-argument"][..],
        &["account", "password", "alice", "--password=given-as-argument"],
        &["account", "password", "alice", "--password-stdin=given-as-argument"],
        &["account", "password", "alice", "given-as-argument"],
        &["account", "create", "bob", "--password", "given-as-argument"],
        &["app-password", "create", "alice", "--label", "x", "--password", "given-as-argument"],
    ] {
        fails(&site, USAGE, args);
    }
    assert!(opens(&site, &password) && !opens(&site, "given-as-argument"));
}

#[test]
fn without_a_terminal_or_the_option_nothing_is_asked() {
    let site = Site::new("no_terminal");
    for args in [&["account", "create", "alice"][..], &["account", "create", "alice", "--uid", "1000"]] {
        let said = fails(&site, USAGE, args);
        assert!(said.contains("--password-stdin"), "{said}");
    }
    drop(site.account("alice"));
    assert!(fails(&site, USAGE, &["account", "password", "alice"]).contains("--password-stdin"));
}

#[test]
fn at_a_terminal_it_asks_twice_and_shows_nothing_of_the_answers() {
    let site = Site::new("terminal");
    let _posternd = site.posternd();
    let (first, other) = (secret(), secret());
    let (code, screen) = at_a_terminal(&site, &["account", "create", "alice"], &[&first, &first]);
    assert_eq!(code, 0, "{screen}");
    assert!(screen.contains("New main password: ") && screen.contains("The same again: "), "{screen}");
    assert!(screen.contains("created account alice") && !screen.contains(&first), "{screen}");
    assert!(opens(&site, &first));
    let (code, screen) = at_a_terminal(&site, &["account", "password", "alice"], &[&other, &first]);
    assert_eq!(code, i64::from(DATA), "{screen}");
    assert!(screen.contains("the two passwords differ; nothing was changed"), "{screen}");
    assert!(opens(&site, &first) && !opens(&site, &other));
    let (code, _) = at_a_terminal(&site, &["account", "password", "alice"], &[&other, &other]);
    assert!(code == 0 && opens(&site, &other) && !opens(&site, &first));
}

#[test]
fn colours_are_for_terminals_and_on_request() {
    let site = Site::new("colours");
    let (_, screen) = at_a_terminal(&site, &["check"], &[]);
    assert!(screen.contains("\u{1b}["), "{screen}");
    let (_, screen) = at_a_terminal(&site, &["--json", "check"], &[]);
    assert!(!screen.contains('\u{1b}'), "{screen}");
    let config = site.config().display().to_string();
    let program = host::program("postern").display().to_string();
    let mut python = Command::new("/usr/bin/python3");
    python.args(["-I", "-c", TERMINAL]).env("NO_COLOR", "1").current_dir("/");
    let input = json!({ "command": [program, "--config", config, "check"], "answers": [] }).to_string();
    let seen: Value = Ran::of(&mut python, input.as_bytes(), Duration::from_secs(30)).json();
    assert!(!seen["screen"].as_str().unwrap().contains('\u{1b}'), "{seen}");
}

/// Types each answer once a prompt stands on the screen and the terminal has stopped to echo, and tells how the command ended and
/// what was to be seen.
const TERMINAL: &str = r#"
import json, os, pty, sys, termios, time
asked = json.load(sys.stdin)
pid, terminal = pty.fork()
if pid == 0:
    os.execv(asked["command"][0], asked["command"])
screen, answered = b"", 0
while True:
    try:
        piece = os.read(terminal, 4096)
    except OSError:
        break
    if not piece:
        break
    screen += piece
    if answered < len(asked["answers"]) and screen.count(b": ") > answered:
        give_up = time.monotonic() + 10
        while termios.tcgetattr(terminal)[3] & termios.ECHO and time.monotonic() < give_up:
            time.sleep(0.001)
        os.write(terminal, asked["answers"][answered].encode() + b"\n")
        answered += 1
_, status = os.waitpid(pid, 0)
json.dump({"code": os.waitstatus_to_exitcode(status), "screen": screen.decode()}, sys.stdout)
"#;
