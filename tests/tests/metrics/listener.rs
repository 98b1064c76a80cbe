//! Who can read metrics, and what hostile readers achieve.

use std::io::{Read, Write};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

use postern_tests::guard::{free_port, run, wait_for};
use postern_tests::http::{Place, Stream};
use postern_tests::{MailHost, Outcome, Site, Stopwatch, host};

use crate::text::Scrape;

#[test]
fn the_unix_socket_answers_root_its_own_user_and_the_readers_of_the_configuration() {
    let site = Site::new("metrics socket");
    let path = site.dir().join("run/metrics.sock");
    let section = format!("[metrics]\nlisten = \"unix:{}\"\nreaders = [\"www-data\"]\n", path.display());
    site.edit_config(|text| format!("{text}\n{section}"));
    let mut posternd = site.posternd();
    assert_eq!(Scrape::of(&Place::Unix(path.clone())).value("postern_config_broken"), Some(0.0));
    assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o666);
    let read_as = |user: &str| {
        let (uid, gid) = host::ids(user);
        let program = host::system_program("/usr/bin/python3", "python3");
        let mut command = Command::new(program);
        command.args(["-I", "-c", READ]).arg(&path).uid(uid.as_raw()).gid(gid.as_raw()).current_dir("/");
        let ran = run(&mut command, b"", LIMIT);
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8(ran.stdout).unwrap()
    };
    for reader in ["www-data", "postern"] {
        assert!(read_as(reader).contains("postern_build_info{version="), "{reader}");
    }
    for other in ["mallory", "dovecot"] {
        assert_eq!(read_as(other), "", "{other}");
    }
    site.edit_config(|text| text.replace(&section, ""));
    posternd.reload();
    assert_eq!(posternd.status().restart_needed, ["metrics"]);
    assert!(posternd.stop().success());
    assert!(!path.exists());
    posternd.start_again();
    assert!(!path.exists(), "nothing listens without the section");
}

#[test]
fn readers_that_are_slow_or_many_or_send_much_end_soon_and_no_login_notices() {
    let port = free_port();
    let site = Site::new("metrics flood");
    site.edit_config(|text| format!("{text}\n[metrics]\nlisten = \"127.0.0.1:{port}\"\n"));
    let host = MailHost::of(site);
    let place = Place::Port(port);
    let account = host.site.account("anna");
    assert_eq!(place.request("GET", "/").send().status, 404);
    let posted = place.request("POST", "/metrics").body("x=1").send();
    assert_eq!((posted.status, posted.header("allow")), (405, Some("GET, HEAD")));
    let long = place.request("GET", "/metrics").header("X", &"x".repeat(100_000)).try_send();
    assert!(long.as_ref().map_or(true, |reply| reply.status == 431), "{long:?}");

    let began = Stopwatch::start();
    let mut slow: Vec<Box<dyn Stream>> = (0..PLACES)
        .map(|_| {
            let mut stream = place.connect().unwrap();
            stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\nX-Slow: ").unwrap();
            stream
        })
        .collect();
    wait_for("all places to be taken", LIMIT, || place.request("GET", "/metrics").try_send().err());
    assert_eq!(host.login("imap", "anna", &account.password), Outcome::Accepted, "meanwhile");
    for stream in &mut slow {
        drop(stream.read_to_end(&mut Vec::new()));
    }
    assert!(!began.is_over(Duration::from_secs(20)), "they were ended after {}", began.elapsed());
    let scrape = wait_for("a place", LIMIT, || {
        place.request("GET", "/metrics").try_send().ok().filter(|reply| reply.status == 200)
    });
    let refused = Scrape { text: scrape.body }.value("postern_places_refused_total{kind=\"metrics\"}");
    assert!(refused >= Some(1.0), "{refused:?}");
}

#[test]
fn an_address_that_a_local_user_took_first_keeps_metrics_away_and_no_login() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let site = Site::new("metrics taken");
    site.edit_config(|text| format!("{text}\n[metrics]\nlisten = \"127.0.0.1:{port}\"\n"));
    let host = MailHost::of(site);
    let account = host.site.account("anna");
    assert_eq!(host.login("imap", "anna", &account.password), Outcome::Accepted);
    drop(host.posternd.logged(&["metrics cannot be read", &format!("127.0.0.1:{port}")]));
    let problem = host.posternd.status().metrics_problem.unwrap_or_default();
    assert!(problem.contains("Address already in use"), "{problem}");
    let checked = host.site.cli(&["check"]).stdout;
    assert!(checked.contains("serves no metrics"), "{checked}");
    drop(taken);
    let place = Place::Port(port);
    wait_for("the address", LIMIT, || {
        place.request("GET", "/metrics").try_send().ok().filter(|reply| reply.status == 200)
    });
    assert_eq!(host.posternd.status().metrics_problem, None);
}

/// Prints what comes back; nothing if posternd hangs up.
const READ: &str = "
import socket, sys
with socket.socket(socket.AF_UNIX) as connection:
    connection.settimeout(10)
    connection.connect(sys.argv[1])
    try:
        connection.sendall(b'GET /metrics HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n')
        while part := connection.recv(65536):
            sys.stdout.write(part.decode())
    except (BrokenPipeError, ConnectionResetError):
        pass
";
const PLACES: usize = 8;
const LIMIT: Duration = Duration::from_secs(20);
