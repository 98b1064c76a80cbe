//! What mail programs are told, from a stand-in for posternd to a parser of XML.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex};

use postern_ipc::Secret;
use postern_tests::mail_programs::{read_autoconfig, read_property_list};
use postern_tests::{FakePosternd, Web};
use postern_web::client_setup::{
    AUTOCONFIG_TYPE, MailServers, NewMailAccount, Uuid, mobileconfig, thunderbird_qr,
};
use serde_json::{Value, json};

use crate::served;

const PATHS: [&str; 2] = ["/.well-known/autoconfig/mail/config-v1.1.xml", "/mail/config-v1.1.xml"];
const HOSTILE: &str = "a\"b'<c>&d\n\t]]>邮\u{1}";

/// A posternd that tells these records.
fn tells(socket: &Path, records: &Arc<Mutex<Vec<Value>>>) -> FakePosternd {
    let records = Arc::clone(records);
    let fake = FakePosternd::start(socket, move |line| {
        assert_eq!(line.begin()["flow"], "mail_settings");
        for record in &*records.lock().unwrap() {
            line.say(json!({ "record": record }));
        }
        line.accept("");
    });
    std::fs::set_permissions(socket, std::fs::Permissions::from_mode(0o666)).unwrap();
    fake
}

fn server(protocol: &str, host: &str, port: u16, tls: &str) -> Value {
    json!({ "name": "mail_setting", "value": { "protocol": protocol, "host": host, "port": port, "tls": tls } })
}

fn site(help: &str) -> Value {
    let value = json!({ "user_name": "address", "domains": ["example.org"], "app_password_help": help });
    json!({ "name": "mail_site", "value": value })
}

#[test]
fn a_mail_program_finds_its_servers_and_posternd_is_asked_once_a_minute() {
    let (dir, _desk, _web) = served("autoconfig_dir", "");
    let records = Arc::new(Mutex::new(vec![
        server("IMAP", HOSTILE, 993, "implicit"),
        server("POP3", "pop.example.org", 995, "implicit"),
        server("SMTP", "smtp.example.org", 587, "starttls"),
        site("https://account.example.org/?a=1&b=\"2\""),
    ]));
    let socket = dir.path().join("settings.sock");
    let fake = tells(&socket, &records);
    let web = Web::with("autoconfig", &socket, "autoconfig_hosts = [\"autoconfig.example.org\"]");
    for number in 0..20 {
        let path = format!("{}?emailaddress=%3Cevil%3E{number}@example.org", PATHS[number % 2]);
        let host = ["autoconfig.example.org", "account.example.org"][number % 2];
        let reply = web.place().request("GET", &path).header("Host", host).send();
        assert_eq!((reply.status, reply.header("content-type")), (200, Some(AUTOCONFIG_TYPE)), "{reply:?}");
        assert!(!reply.body.contains("evil"), "{}", reply.body);
    }
    assert_eq!(fake.conversations().len(), 1);
    let read = read_autoconfig(&web.get(PATHS[0]).body);
    assert_eq!(
        (&read["root"], &read["version"], &read["id"]),
        (&json!("clientConfig"), &json!("1.1"), &json!("example.org"))
    );
    assert_eq!(read["domains"], json!(["example.org"]));
    let expected = |element: &str, kind: &str, host: &str, port: &str, socket: &str| {
        json!({
            "element": element, "type": kind, "hostname": host, "port": port, "socketType": socket,
            "username": "%EMAILADDRESS%", "authentication": "password-cleartext",
        })
    };
    assert_eq!(
        read["servers"],
        json!([
            expected("incomingServer", "imap", &HOSTILE.replace('\u{1}', "\u{fffd}"), "993", "SSL"),
            expected("incomingServer", "pop3", "pop.example.org", "995", "SSL"),
            expected("outgoingServer", "smtp", "smtp.example.org", "587", "STARTTLS"),
        ])
    );
    let page = json!({ "url": "https://account.example.org/?a=1&b=\"2\"", "languages": ["en", "zh-CN"] });
    assert_eq!(read["documentation"], page);
    let head = web.place().request("HEAD", PATHS[1]).send();
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    let post = web.place().request("POST", PATHS[1]).send();
    assert_eq!((post.status, post.header("allow")), (405, Some("GET, HEAD")));
    assert!(!web.log().contains("evil"), "an address is nobody's business: {}", web.log());
}

#[test]
fn many_who_ask_at_once_share_one_answer_though_the_first_of_them_hangs_up() {
    let (dir, _desk, _web) = served("crowd_dir", "");
    let socket = dir.path().join("slow.sock");
    let (begins, begun) = std::sync::mpsc::channel();
    let fake = FakePosternd::start(&socket, move |line| {
        line.begin();
        begins.send(()).unwrap();
        line.dawdle(std::time::Duration::from_secs(1));
        line.say(json!({ "record": server("IMAP", "imap.example.org", 993, "implicit") }));
        line.say(json!({ "record": site("postern my app-passwords create") }));
        line.accept("");
    });
    std::fs::set_permissions(&socket, std::fs::Permissions::from_mode(0o666)).unwrap();
    let web = Web::start("crowd", &socket);
    let mut first = web.place().connect().unwrap();
    first.write_all(format!("GET {} HTTP/1.1\r\nHost: x\r\n\r\n", PATHS[0]).as_bytes()).unwrap();
    begun.recv().unwrap();
    drop(first);
    std::thread::scope(|scope| {
        for number in 0..30 {
            let web = &web;
            scope.spawn(move || assert_eq!(web.get(PATHS[number % 2]).status, 200));
        }
    });
    assert_eq!(fake.conversations().len(), 1);
}

#[test]
fn a_host_for_mail_programs_serves_nothing_else() {
    let (_dir, phone_posternd, web) =
        served("autoconfig_host", "autoconfig_hosts = [\"autoconfig.example.org\"]");
    let at = |host: &str, method: &str, path: &str| {
        web.place().request(method, path).header("Host", host).send().status
    };
    for host in ["autoconfig.example.org", "AUTOCONFIG.example.org:443", "autoconfig.example.org."] {
        for path in ["/", "/index.html", "/app.js", "/sw.js"] {
            assert_eq!(at(host, "GET", path), 404, "{host}{path}");
        }
        assert_eq!(at(host, "POST", "/api/pending"), 404);
        assert_eq!(at(host, "GET", "/health"), 200);
    }
    assert_eq!(at("2fa.example.org", "GET", "/"), 200);
    assert!(phone_posternd.conversations().is_empty());
}

#[test]
fn without_settings_there_is_no_file_and_without_posternd_it_is_to_be_asked_for_later() {
    let (dir, _desk, _web) = served("no_settings_dir", "");
    let socket = dir.path().join("settings.sock");
    let web = Web::start("no_settings", &socket);
    let reply = web.get(PATHS[1]);
    assert_eq!(reply.status, 503, "{reply:?}");
    assert!(reply.header("retry-after").is_some() && !reply.body.contains("socket"), "{reply:?}");
    let records = Arc::new(Mutex::new(vec![site("postern my app-passwords create")]));
    let fake = tells(&socket, &records);
    let status = postern_tests::guard::wait_for("an answer", std::time::Duration::from_secs(10), || {
        Some(web.get(PATHS[1]).status).filter(|status| *status != 503)
    });
    assert_eq!(status, 404);
    records.lock().unwrap().clear();
    drop((fake, web));
    // What cannot be read is no answer.
    let _fake = tells(&socket, &records);
    let web = Web::start("no_settings_either", &socket);
    assert_eq!(web.get(PATHS[0]).status, 503);
}

#[test]
fn a_profile_and_a_qr_code_come_back_as_they_were_whatever_is_in_them() {
    let records =
        [server("IMAP", HOSTILE, 143, "starttls"), server("SMTP", "smtp.example.org", 465, "implicit")];
    let values = records.iter().map(|record| record["value"].as_object().unwrap());
    let servers = MailServers::of_records(values).unwrap();
    let password = Secret::new("<&\"'>\r\n邮".to_owned());
    let account = NewMailAccount {
        user: HOSTILE,
        address: Some("al&ice@example.org"),
        name: HOSTILE,
        label: HOSTILE,
        password: &password,
        servers: &servers,
    };
    let uuids = || [Uuid::random().unwrap(), Uuid::random().unwrap()];
    let profile = mobileconfig(&account, HOSTILE, uuids()).unwrap();
    let read = read_property_list(profile.expose());
    let hostile = HOSTILE.replace('\u{1}', "\u{fffd}");
    assert_eq!((&read["PayloadType"], &read["PayloadVersion"]), (&json!("Configuration"), &json!(1)));
    assert_eq!(read["PayloadOrganization"], json!(hostile));
    let mut payload = read["PayloadContent"][0].clone();
    assert_eq!(read["PayloadContent"].as_array().unwrap().len(), 1);
    let of_payload = payload.as_object_mut().unwrap();
    let [identifier, uuid] =
        ["PayloadIdentifier", "PayloadUUID"].map(|name| of_payload.remove(name).unwrap());
    assert!(identifier != read["PayloadIdentifier"] && uuid != read["PayloadUUID"]);
    assert_eq!(
        payload,
        json!({
            "PayloadType": "com.apple.mail.managed", "PayloadVersion": 1, "PayloadDisplayName": hostile,
            "EmailAccountType": "EmailTypeIMAP", "EmailAccountDescription": hostile, "EmailAccountName": hostile,
            "EmailAddress": "al&ice@example.org",
            "IncomingMailServerAuthentication": "EmailAuthPassword", "IncomingMailServerHostName": hostile,
            "IncomingMailServerPortNumber": 143, "IncomingMailServerUseSSL": true,
            "IncomingMailServerUsername": hostile, "IncomingPassword": password.expose(),
            "OutgoingMailServerAuthentication": "EmailAuthPassword", "OutgoingMailServerHostName": "smtp.example.org",
            "OutgoingMailServerPortNumber": 465, "OutgoingMailServerUseSSL": true,
            "OutgoingMailServerUsername": hostile, "OutgoingPasswordSameAsIncomingPassword": true,
        })
    );
    let again = read_property_list(mobileconfig(&account, HOSTILE, uuids()).unwrap().expose());
    assert_ne!(again["PayloadUUID"], read["PayloadUUID"], "made anew each time");
    assert_eq!(again["PayloadIdentifier"], read["PayloadIdentifier"], "and replaces the one before");
    let text: Value = serde_json::from_str(thunderbird_qr(&account).unwrap().expose()).unwrap();
    let secret = password.expose();
    assert_eq!(
        text,
        json!([
            1,
            [1, 1],
            [0, HOSTILE, 143, 2, 1, HOSTILE, HOSTILE, secret],
            [[[0, "smtp.example.org", 465, 3, 1, HOSTILE, secret], ["al&ice@example.org", HOSTILE]]],
        ])
    );
}
