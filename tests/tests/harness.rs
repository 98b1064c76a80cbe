//! The harness itself, on a real Dovecot with checkpassword programs that need no Postern.

use std::fs;
use std::path::{Path, PathBuf};

use nix::unistd::{Gid, Uid};
use postern_tests::checkpassword::Checkpassword;
use postern_tests::site::random_password;
use postern_tests::wire::{Impostor, exchange, exchange_as};
use postern_tests::{Attempt, Dovecot, DovecotConfig, Login, Outcome, Protocol, canary, guard, host};

/// A Dovecot that asks `program`, and the home for all users.
fn dovecot(name: &str, program: &str) -> (Dovecot, tempfile::TempDir) {
    host::require_test_host();
    let home = tempfile::Builder::new().tempdir_in(host::test_dir()).unwrap();
    host::own(home.path(), host::ids("vmail"), 0o700);
    let args = format!("{program} {} {}", host::ids("vmail").0, host::ids("vmail").1);
    let args = format!("{args} {}", home.path().display());
    let log = host::output_dir(name).join("dovecot.log");
    (Dovecot::start(&DovecotConfig::new(&args, &log)), home)
}

/// A password that must not turn up in any log.
fn password() -> String {
    let password = random_password();
    canary::register(&password);
    password
}

fn script(text: &str) -> PathBuf {
    let (file, path) =
        tempfile::Builder::new().prefix("script.").tempfile_in(host::test_dir()).unwrap().keep().unwrap();
    drop(file);
    fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    host::own(&path, (Uid::from_raw(0), Gid::from_raw(0)), 0o755);
    path
}

#[test]
fn both_do_nothing_programs_let_mail_clients_in() {
    for name in ["reply_exec", "reply_fd4"] {
        let (dovecot, home) = dovecot(name, &host::c_program(name).display().to_string());
        assert_eq!(dovecot.imap("alice", &password()).text(), "INBOX: 0 messages");
        assert_eq!(dovecot.pop3("alice", &password()).text(), "INBOX: 0 messages");
        assert!(home.path().join("Maildir").is_dir(), "the mailbox is in the home that userdb named");
        let fields = dovecot.user("alice").unwrap();
        assert_eq!(fields["home"], home.path().display().to_string());
        assert_eq!(fields["uid"], host::ids("vmail").0.to_string());
    }
}

#[test]
fn a_mail_client_tells_a_refusal_from_an_outage() {
    let (refusing, _home) = dovecot("refusing", &script("exit 1").display().to_string());
    for answer in [refusing.imap("alice", &password()), refusing.pop3("alice", &password())] {
        assert!(!answer.is_in() && !answer.is_unavailable(), "{answer:?}");
    }
    assert!(matches!(refusing.user("alice"), Err((75 | 67, _))));
    let (failing, _home) = dovecot("failing", &script("exit 111").display().to_string());
    for answer in [failing.imap("alice", &password()), failing.pop3("alice", &password())] {
        assert!(answer.is_unavailable(), "{answer:?}");
    }
    let reply = failing.auth_client().login(&Attempt::new("imap", "alice", &password()));
    assert_eq!(reply.outcome, Outcome::Unavailable);
}

#[test]
fn many_attempts_are_in_flight_on_one_auth_connection() {
    let (dovecot, _home) = dovecot("in_flight", &host::c_program("reply_fd4").display().to_string());
    let mut client = dovecot.auth_client();
    let attempt = Attempt::new("smtp", "alice", &password()).from("203.0.113.7");
    let mut sent: Vec<u32> = (0..20).map(|_| client.send(&attempt)).collect();
    let mut answered: Vec<u32> = Vec::new();
    for _ in 0..20 {
        let reply = client.receive().unwrap();
        assert_eq!((reply.outcome, reply.fields["user"].as_str()), (Outcome::Accepted, "alice"));
        answered.push(reply.id);
    }
    sent.sort_unstable();
    answered.sort_unstable();
    assert_eq!(sent, answered);
}

#[test]
fn a_checkpassword_program_sees_what_a_mail_login_carries() {
    let file = host::test_dir().join("tmp/seen");
    let program = script(&format!("(cat <&3 | tr '\\0' '|'; echo; env) >{}\nexit 1", file.display()));
    let (dovecot, _home) = dovecot("environment", &program.display().to_string());
    let secret = password();
    assert!(!Login::new(&dovecot, Protocol::Imap, "alice", &secret).from("127.0.0.9").run().is_in());
    let seen = fs::read_to_string(&file).unwrap();
    assert!(seen.starts_with(&format!("alice|{secret}||\n")), "{seen}");
    assert!(seen.contains("\nTCPREMOTEIP=127.0.0.9\n"), "{seen}");
    assert!(seen.contains("\nSERVICE=imap\n"), "{seen}");

    // Behind a Dovecot proxy TCPREMOTEIP is the client and AUTH_REAL_RIP the proxy.
    let attempt = Attempt::new("smtp", "alice", &secret).from("203.0.113.7").with("real_rip=192.0.2.1");
    assert_eq!(dovecot.auth_client().login(&attempt).outcome, Outcome::Refused);
    let seen = fs::read_to_string(file).unwrap();
    assert!(seen.contains("\nTCPREMOTEIP=203.0.113.7\n"), "{seen}");
    assert!(seen.contains("\nAUTH_REAL_RIP=192.0.2.1\n"), "{seen}");
}

#[test]
fn a_checkpassword_program_runs_under_both_contracts_without_dovecot() {
    let reply = host::c_program("reply_fd4");
    let dovecot = Checkpassword::new(&reply).args(&["1000", "1001", "/home/a", "/bin/false"]);
    let ran = dovecot.clone().login("imap", "192.0.2.1").credentials("alice", "any").run();
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (0, "", ""));
    let fields: Vec<String> =
        ran.reply_fields().into_iter().map(|(name, value)| name + "=" + &value).collect();
    assert_eq!(fields, ["user=alice", "userdb_home=/home/a", "userdb_uid=1000", "userdb_gid=1001"]);
    assert_eq!(dovecot.clone().lookup().credentials("alice", "").run().code, 2);
    assert_eq!(dovecot.without_fd4().credentials("alice", "any").run().code, 111, "4 is closed");

    let plain = Checkpassword::new(&host::c_program("reply_exec")).without_fd4();
    let ran = plain.args(&["1", "1", "/home/a", "/usr/bin/env"]).credentials("alice", "any").run();
    assert!(ran.stdout.contains("USER=alice\n") && ran.stdout.contains("HOME=/home/a\n"), "{ran:?}");
    ran.took.assert_within(std::time::Duration::from_secs(10));
}

#[test]
fn a_program_runs_as_an_untrusted_user_and_an_impostor_listens_as_one() {
    let dir = host::test_dir().join("mallory");
    host::make_dir(&dir, host::ids("mallory"), 0o755);
    let socket = dir.join("posternd.sock");
    let log = host::output_dir("impostor").join("impostor.log");
    let impostor = Impostor::start("mallory", &socket, "{\"verdict\":{}}", &log);
    assert_eq!(exchange(&socket, b"from root"), "{\"verdict\":{}}\n");
    assert_eq!(impostor.heard(), "from root");
    let other = exchange_as("mallory", &socket, b" and mallory").succeeded();
    assert_eq!(other.stdout, "{\"verdict\":{}}\n");
    assert_eq!(impostor.heard(), "from root and mallory");
    let pid = impostor.pid();
    drop(impostor);
    assert!(!Path::new(&format!("/proc/{pid}")).exists(), "a dropped guard leaves no process");
}

#[test]
fn a_dropped_dovecot_leaves_no_process_and_no_files() {
    let (dovecot, _home) = dovecot("dropped", &host::c_program("reply_fd4").display().to_string());
    let (master, port, socket) = (dovecot.pid(), dovecot.imap_port(), dovecot.auth_socket());
    assert!(guard::memory_kib(master, "VmRSS") > 100);
    drop(dovecot);
    assert!(!Path::new(&format!("/proc/{master}")).exists());
    assert!(!socket.exists());
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err());
}
