use std::os::unix::fs::PermissionsExt;

use postern_tests::{Browser, FakePosternd, Web, host};
use serde_json::json;

use crate::served;

const BODY: &str = r#"{"account":"a","factor":"f","time":"1","signature":"s"}"#;

fn ask(web: &Web) -> (u16, serde_json::Value) {
    let reply = web.api("pending").header("Content-Type", "application/json").body(BODY).send();
    (reply.status, reply.json())
}

#[test]
fn without_posternd_the_page_says_that_it_is_away() {
    let (dir, phone_posternd, web) = served("away", "");
    let browser = Browser::phone("away");
    let address = phone_posternd.qr_code(&web.url());
    drop(phone_posternd);
    browser.open(&address);
    browser.click("Set up this phone");
    browser.wait_for_text("The login service cannot be reached right now.");
    let (status, value) = ask(&web);
    assert_eq!((status, &value["verdict"], &value["reason"]), (503, &json!("defer"), &json!("unavailable")));
    assert!(
        !value["text"].as_str().unwrap().contains("socket"),
        "what exactly is out of order is for the log"
    );
    drop(web.logged(&["posternd is not reachable"]));
    drop(dir);
}

#[test]
fn a_program_at_posternds_socket_is_sent_nothing() {
    let (dir, _desk, _web) = served("impostor_dir", "");
    host::make_dir(&dir.path().join("own"), host::ids("mallory"), 0o755);
    let socket = dir.path().join("own/posternd.sock");
    let mut python = std::process::Command::new(host::system_program("/usr/bin/python3", "python3"));
    let (uid, gid) = host::ids("mallory");
    std::os::unix::process::CommandExt::uid(&mut python, uid.as_raw());
    std::os::unix::process::CommandExt::gid(&mut python, gid.as_raw());
    python.args(["-c", IMPOSTOR]).arg(&socket).current_dir("/");
    let log = host::output_dir("impostor").join("impostor.log");
    let mut impostor = postern_tests::guard::Process::spawn("impostor", &mut python, &log);
    impostor.wait_ready(std::time::Duration::from_secs(10), || socket.exists().then_some(()));
    let web = Web::start("impostor", &socket);
    assert_eq!(ask(&web).0, 503);
    drop(web.logged(&["served by neither root nor postern"]));
    assert!(!impostor.log().contains("account"), "{}", impostor.log());
}

#[test]
fn no_malformed_answer_of_posternd_is_an_accept() {
    for (number, said) in [
        "\n",
        "{}\n",
        "garbage\n",
        "{\"verdict\":{\"accept\":{}}}\n",
        "{\"verdict\":{\"accept\":{\"user\":\"a\",\"userdb\":{}}}",
        "{\"verdict\":{\"ignore\":{\"reason\":\"x\"}}}\n",
        "{\"verdict\":{\"defer\":{\"reason\":\"ldap1.example.org is down\"}}}\n",
        "{\"ask\":{\"style\":\"hidden\",\"text\":\"Password: \"}}\n",
        "{\"error\":{\"malformed\":\"x\"}}\n",
        "",
    ]
    .into_iter()
    .enumerate()
    {
        let (dir, _desk, _web) = served("wrong_dir", "");
        let socket = dir.path().join(format!("{number}.sock"));
        let _fake = FakePosternd::start(&socket, move |line| {
            line.begin();
            line.raw(said.as_bytes());
        });
        std::fs::set_permissions(&socket, std::fs::Permissions::from_mode(0o666)).unwrap();
        let web = Web::start("wrong", &socket);
        let (status, value) = ask(&web);
        assert!([400, 503].contains(&status), "{said}: {status}");
        assert!(value["verdict"] == "defer" || value["verdict"] == "error", "{said}: {value}");
        assert!(!value.to_string().contains("ldap1"), "{value}");
    }
}

#[test]
fn it_stops_on_a_signal_and_completes_open_requests() {
    let (dir, _desk, _web) = served("stop_dir", "");
    let socket = dir.path().join("slow.sock");
    let (begins, begun) = std::sync::mpsc::channel();
    let _fake = FakePosternd::start(&socket, move |line| {
        line.begin();
        begins.send(()).unwrap();
        line.dawdle(std::time::Duration::from_secs(1));
        line.reject("unknown_account", "late, but there");
    });
    std::fs::set_permissions(&socket, std::fs::Permissions::from_mode(0o666)).unwrap();
    let mut web = Web::start("stop", &socket);
    let request = web.api("pending").header("Content-Type", "application/json").body(BODY);
    let idle = web.place().connect().unwrap();
    let asked = std::thread::spawn(move || request.send());
    begun.recv().unwrap();
    let status = web.stop();
    assert!(status.success(), "{status}");
    assert_eq!(asked.join().unwrap().json()["text"], "late, but there");
    assert!(web.log().contains("postern-web stops"));
    drop(idle);
}

const IMPOSTOR: &str = "
import socket, sys
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])
server.listen()
import os
os.chmod(sys.argv[1], 0o666)
while True:
    peer, _ = server.accept()
    print(peer.recv(65536), flush=True)
    peer.close()
";
