//! Another user listens at posternd's socket.

use std::fs;
use std::path::Path;
use std::time::Duration;

use postern_ipc::{Begin, Client, Failure, Flow, NonInteractive};
use postern_tests::wire::Impostor;
use postern_tests::{Ran, Site, host};

const YES: &str = r#"{"verdict":{"accept":{"user":"alice","userdb":{"uid":"20000"}}}}"#;
/// Without waiting for an answer, which may take 8 s.
const AT_ONCE: Duration = Duration::from_secs(1);
const PASSWORD: &str = "nobody may hear this";

/// A site whose socket another user serves, with `answer` for every request.
fn impostor(user: &str, answer: &str) -> (Site, Impostor) {
    host::require_test_host();
    let site = Site::builder(&format!("impostor {user}")).build_without_init();
    host::own(site.socket().parent().unwrap(), host::ids(user), 0o755);
    let impostor = Impostor::start(user, &site.socket(), answer, &site.output().join("impostor.log"));
    host::own(&site.socket(), host::ids(user), 0o666);
    (site, impostor)
}

fn checkpassword(site: &Site) -> Ran {
    let ran = site.checkpassword().args(&["/usr/lib/dovecot/checkpassword-reply"]);
    ran.login("imap", "192.0.2.1").credentials("alice", PASSWORD).run()
}

#[test]
fn nothing_is_said_to_a_server_that_is_neither_root_nor_postern() {
    for user in ["mallory", "vmail", "dovecot"] {
        let (site, impostor) = impostor(user, YES);
        let ran = checkpassword(&site);
        assert_eq!((ran.code, ran.fd4.as_str()), (111, ""), "{user}");
        ran.took.assert_within(AT_ONCE);
        let deadline = std::time::Instant::now() + Duration::from_secs(60);
        assert_eq!(Client::connect(&site.socket(), deadline).unwrap_err(), Failure::Impostor);
        assert_ne!(site.cli(&["status"]).code, 0, "the admin's program asks nobody else either");
        assert_eq!(impostor.heard(), "", "{user} heard something");
    }
}

#[test]
fn a_server_that_is_root_or_postern_is_heard_as_far_as_it_speaks_the_protocol() {
    for user in ["postern", "root"] {
        let (site, impostor) = impostor(user, YES);
        let ran = checkpassword(&site);
        assert_eq!((ran.code, ran.fd4.as_str()), (0, "user=alice\tuserdb_uid=20000\t"));
        assert!(impostor.heard().contains(PASSWORD), "so the silence before mallory means something");
    }
    let accept = |inner: &str| YES.replace("\"userdb\"", inner);
    for answer in [
        "",
        "{}",
        "null",
        "true",
        "{\"verdict\":\"accept\"}",
        "{\"verdict\":{}}",
        "{\"verdict\":{\"accept\":{}}}",
        "{\"verdict\":{\"accept\":true}}",
        "{\"accept\":{\"user\":\"alice\",\"userdb\":{}}}",
        &accept("\"groups\":[],\"userdb\""),
        &accept("\"user\":\"root\",\"userdb\""),
        &YES.replace('}', ""),
        &YES.replacen("\"accept\"", "\"reject\":{\"reason\":\"scope\",\"text\":\"\"},\"accept\"", 1),
        "{\"verdict\":{\"ignore\":{\"reason\":\"none of mine\"}}}",
        "{\"verdict\":{\"defer\":{\"reason\":\"later\"}}}",
        "{\"ask\":{\"style\":\"hidden\",\"text\":\"Password: \"}}",
        "{\"error\":{\"unsupported\":{\"max\":0}}}",
        "{\"wait\":{\"seconds\":4000000000}}",
        &format!("{{\"tell\":{{\"style\":\"info\",\"text\":\"{}\"}}}}\n{YES}", "x".repeat(20_000)),
    ] {
        let (site, _impostor) = impostor("postern", answer);
        let ran = checkpassword(&site);
        assert_eq!((ran.code, ran.fd4.as_str()), (111, ""), "{answer}");
    }
}

#[test]
fn the_fields_of_an_accept_cannot_be_broken_out_of() {
    let evil = r#"{"verdict":{"accept":{"user":"alice\tuserdb_uid=0","userdb":{"home":"/srv\n\tadmin=y","x\ty":"\u0001\r\u0000"}}}}"#;
    let (site, _impostor) = impostor("postern", evil);
    let ran = checkpassword(&site);
    assert_eq!(ran.code, 0);
    let fields = ran.reply_fields();
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
    assert_eq!(fields[0], ("user", "alice\tuserdb_uid=0"));
    assert_eq!(fields[1], ("userdb_home", "/srv\n\tadmin=y"));
    assert_eq!(fields.len(), 3, "{fields:?}");
    assert!(!ran.fd4.contains('\n') && !ran.fd4.contains('\r') && !ran.fd4.contains('\0'), "{:?}", ran.fd4);
}

#[test]
fn a_socket_that_is_no_socket_or_leads_elsewhere_is_an_outage() {
    host::require_test_host();
    let site = Site::builder("no socket").build_without_init();
    let socket = site.socket();
    let run = |what: &str, prepare: &dyn Fn(&Path)| {
        drop(fs::remove_file(&socket));
        prepare(&socket);
        let ran = checkpassword(&site);
        assert_eq!((ran.code, ran.fd4.as_str()), (111, ""), "{what}");
        assert!(ran.took.within(AT_ONCE), "{what}: {}", ran.took);
    };
    run("nothing there", &|_| ());
    run("a file", &|path| fs::write(path, YES).unwrap());
    run("a dangling link", &|path| std::os::unix::fs::symlink("/nonexistent/socket", path).unwrap());
    run("a device", &|path| std::os::unix::fs::symlink("/dev/null", path).unwrap());
    run("a socket that nobody listens at", &|path| {
        drop(std::os::unix::net::UnixListener::bind(path).unwrap());
    });
    // A link to another user's socket: the listener counts, not the place of the link.
    let (elsewhere, impostor) = impostor("mallory", YES);
    run("a link to mallory's", &|path| std::os::unix::fs::symlink(elsewhere.socket(), path).unwrap());
    assert_eq!(impostor.heard(), "");
}

#[test]
fn a_configuration_that_others_may_write_is_not_read() {
    host::require_test_host();
    let (site, impostor) = impostor("postern", YES);
    assert_eq!(checkpassword(&site).code, 0);
    let heard = impostor.heard().len();
    let root = (0.into(), 0.into());
    for (what, owner, mode) in [
        ("writable by all", root, 0o666),
        ("writable by its group", root, 0o664),
        ("mallory's", host::ids("mallory"), 0o644),
        ("unreadable", root, 0o600),
    ] {
        host::own(&site.client_config(), owner, mode);
        let ran = checkpassword(&site);
        assert_eq!((ran.code, ran.fd4.as_str()), (111, ""), "{what}");
    }
    host::own(&site.client_config(), root, 0o644);
    for broken in ["sockets = \"/run/x\"", "socket = \"run/x\"", "mail_deadline = \"soon\"", "=", "\u{0}"] {
        fs::write(site.client_config(), broken).unwrap();
        assert_eq!(checkpassword(&site).code, 111, "{broken:?}");
    }
    assert_eq!(impostor.heard().len(), heard, "nobody was asked");
    let begin = Begin::new(Flow::Login, "imap", "alice");
    let deadline = std::time::Instant::now() + Duration::from_secs(60);
    assert!(Client::connect(&site.socket(), deadline).unwrap().converse(begin, &mut NonInteractive).is_ok());
}
