//! What mail programs are set up with, from `[mail_settings]` to what they read.

use postern_ipc::Secret;
use postern_tests::courier_host::CourierHost;
use postern_tests::host;
use postern_tests::mail_programs::{read_autoconfig, read_property_list};
use postern_tests::self_service::{Said, Visit};
use postern_web::client_setup::{MailServers, NewMailAccount, Uuid, mobileconfig, thunderbird_qr};
use serde_json::{Value, json};

use crate::browsers::{Heard, logged_in, web, with_session};
use crate::on_both;

on_both!(
    the_web_server_alone_hears_the_mail_settings_and_needs_no_session,
    a_mail_program_reads_them_from_postern_web,
    a_new_app_password_comes_with_all_that_a_device_is_set_up_with,
);

fn asks(host: &CourierHost, uid: u32, arguments: &Value) -> Heard {
    let begin = json!({
        "version": 1, "flow": "mail_settings", "service": "", "user": "", "arguments": arguments,
    });
    Heard::of(Visit::begin_with(&host.site.socket(), uid, &begin), &[])
}

fn the_web_server_alone_hears_the_mail_settings_and_needs_no_session(host: &CourierHost) {
    let heard = asks(host, web(), &json!({}));
    assert_eq!(heard.end, Said::Accept);
    let servers: Vec<&str> = heard.all("mail_setting").map(|one| one["protocol"].as_str().unwrap()).collect();
    assert_eq!(servers, ["IMAP", "POP3", "SMTP"]);
    let smtp = heard.all("mail_setting").last().unwrap();
    assert_eq!(
        json!(smtp),
        json!({ "protocol": "SMTP", "host": "smtp.example.org", "port": 587, "tls": "starttls" })
    );
    let site = heard.all("mail_site").last().unwrap();
    assert_eq!(
        (&site["domains"], &site["app_password_help"]),
        (&json!([]), &json!("postern my app-passwords create"))
    );
    for uid in [0, host::ids("mallory").0.as_raw(), host::ids("dovecot").0.as_raw()] {
        let refused = asks(host, uid, &json!({}));
        assert_eq!((refused.reason(), refused.all("mail_setting").count()), ("not_permitted", 0), "{uid}");
    }
    assert!(matches!(asks(host, web(), &json!({ "account": "x" })).end, Said::Error(_)));
}

fn a_mail_program_reads_them_from_postern_web(host: &CourierHost) {
    let reply = host.web.get("/.well-known/autoconfig/mail/config-v1.1.xml?emailaddress=anna@example.org");
    assert_eq!(reply.status, 200, "{reply:?}");
    let read = read_autoconfig(&reply.body);
    assert_eq!((&read["root"], &read["version"]), (&json!("clientConfig"), &json!("1.1")));
    let servers: Vec<_> = read["servers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (&one["type"], &one["port"], &one["socketType"]))
        .collect();
    let expected = [("imap", "993", "SSL"), ("pop3", "995", "SSL"), ("smtp", "587", "STARTTLS")];
    let expected = expected.map(|(kind, port, socket)| (json!(kind), json!(port), json!(socket)));
    let expected: Vec<_> = expected.iter().map(|(kind, port, socket)| (kind, port, socket)).collect();
    assert_eq!(servers, expected);
}

fn a_new_app_password_comes_with_all_that_a_device_is_set_up_with(host: &CourierHost) {
    let anna = host.user("anna");
    let token = logged_in(host, &anna);
    let made = Heard::of(with_session(host, &token, "app_password_create", &[("label", "Phone")]), &[]);
    assert_eq!(made.end, Said::Accept);
    let account = made.all("mail_account").last().unwrap();
    let (user, address) = (account["user"].as_str().unwrap(), account["address"].as_str());
    assert_eq!((user, address), (anna.unix.name.as_str(), Some(anna.address().as_str())));
    let servers = MailServers::of_records(made.all("mail_setting")).unwrap();
    let record = made.all("app_password").last().unwrap();
    let password = Secret::new(record["password"].as_str().unwrap().replace(' ', ""));
    let label = record["label"].as_str().unwrap();
    let new = NewMailAccount { user, address, name: user, label, password: &password, servers: &servers };
    let uuids = [Uuid::random().unwrap(), Uuid::random().unwrap()];
    let profile = read_property_list(mobileconfig(&new, "Example", uuids).unwrap().expose());
    let payload = &profile["PayloadContent"][0];
    assert_eq!(
        (&payload["IncomingMailServerUsername"], &payload["IncomingMailServerPortNumber"]),
        (&json!(user), &json!(993))
    );
    let code: Value = serde_json::from_str(thunderbird_qr(&new).unwrap().expose()).unwrap();
    assert_eq!((&code[2][1], &code[3][0][1][0]), (&json!("imap.example.org"), &json!(address)));
    let imap = [("label", "POP"), ("scope", "pop3")];
    let made = Heard::of(with_session(host, &token, "app_password_create", &imap), &[]);
    let servers = MailServers::of_records(made.all("mail_setting")).unwrap();
    assert!(servers.incoming().is_some() && servers.outgoing().is_none(), "of what it opens");
}
