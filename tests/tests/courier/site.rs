use std::fs;
use std::os::unix::fs::MetadataExt;

use postern_tests::mailbox::Over;
use postern_tests::{Gateway, Mailbox, Ntfy, PushService, Site, host};
use serde_json::{Value, json};

use crate::smtp::{MailServer, Manner};

fn append(site: &Site, sections: &str) {
    let sections = sections.to_owned();
    site.edit_config(move |text| format!("{text}\n{sections}"));
}

/// The findings of `postern check` about the couriers, as `part: text`, by how good they are.
fn findings(site: &Site, result: &str) -> Vec<String> {
    let ran = site.cli(&["--json", "check"]);
    let all: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    let text = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
    all["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["result"] == result && text(one, "part").starts_with("courier."))
        .map(|one| format!("{}: {}", text(one, "part"), text(one, "text")))
        .collect()
}

#[test]
fn init_makes_the_key_of_web_push_once() {
    let site = Site::new("courier_init");
    let service = PushService::start(site.dir());
    append(&site, &service.section());
    assert!(!service.key_file().exists());
    let made = site.cli_ok(&["init"]);
    let path = service.key_file().display().to_string();
    assert!(made.contains(&format!("created {path}")), "{made}");
    let meta = fs::metadata(service.key_file()).unwrap();
    assert_eq!((meta.uid(), meta.gid(), meta.mode() & 0o7777), (0, host::ids("postern").1.as_raw(), 0o640));
    let key = fs::read(service.key_file()).unwrap();
    assert!(key.starts_with(b"-----BEGIN PRIVATE KEY-----\n"));
    let kept = site.cli_ok(&["init"]);
    assert!(kept.contains(&format!("kept    {path}")), "{kept}");
    assert_eq!(fs::read(service.key_file()).unwrap(), key);
    let posternd = site.posternd();
    assert!(!posternd.log().contains("courier"), "{}", posternd.log());
}

#[test]
fn check_tries_each_courier_and_sends_nothing() {
    let site = Site::new("courier_check");
    let mailbox = Mailbox::start(site.dir(), site.output());
    let (gateway, ntfy) = (Gateway::start(site.dir()), Ntfy::start(site.dir()));
    let service = PushService::start(site.dir());
    append(
        &site,
        &format!(
            "{}{}{}{}",
            mailbox.section(Over::Tls),
            gateway.section(),
            ntfy.section(),
            service.section()
        ),
    );
    drop(site.cli_ok(&["init"]));
    let _posternd = site.posternd();
    assert_eq!(findings(&site, "fail"), [""; 0]);
    assert_eq!(findings(&site, "ok").len(), 4);
    assert_eq!((mailbox.count(), gateway.count(), ntfy.count(), service.count()), (0, 0, 0, 0));
}

#[test]
fn check_says_what_is_wrong_with_a_courier() {
    let site = Site::new("courier_check_wrong");
    let original = fs::read_to_string(site.config()).unwrap();
    let file = site.dir().join("smtp.secret");
    fs::write(&file, "user\npassword\n").unwrap();
    host::own(&file, (0.into(), host::ids("postern").1), 0o640);
    let refusing = MailServer::start(Manner::RefusesLogin);
    let with_login = format!("{}credentials_file = \"{}\"\n", refusing.section(), file.display());
    for (section, part, words) in [
        (MailServer::start(Manner::Garbage).section(), "courier.email", "did not answer in SMTP"),
        (MailServer::start(Manner::Silent).section(), "courier.email", "no answer"),
        (with_login, "courier.email", "answered 535"),
        ("[courier.ntfy]\nurl = \"http://127.0.0.1:1\"\n".to_owned(), "courier.ntfy", "refused"),
        ("[courier.ntfy]\nurl = \"https://ntfy.invalid\"\n".to_owned(), "courier.ntfy", "ntfy.invalid"),
        (
            "[courier.sms]\nallowed_prefixes = [\"+44\"]\ncommand = [\"/nowhere/send-sms\"]\n".to_owned(),
            "courier.sms",
            "No such file",
        ),
        (
            "[courier.web_push]\nkey_file = \"/nowhere/vapid.pem\"\ncontact = \"mailto:a@example.org\"\n"
                .to_owned(),
            "courier.web_push",
            "postern init",
        ),
    ] {
        site.edit_config(|_| format!("{original}\n{section}"));
        let faults = findings(&site, "fail");
        assert_eq!(faults.len(), 1, "{section}: {faults:?}");
        assert!(faults[0].starts_with(&format!("{part}: ")) && faults[0].contains(words), "{faults:?}");
        assert!(!faults[0].contains("password"), "{faults:?}");
    }
    assert!(refusing.lines().iter().all(|line| !line.starts_with("MAIL")), "{:?}", refusing.lines());
}

#[test]
fn a_broken_courier_is_a_fault_at_a_reload_and_the_last_good_one_stays() {
    let site = Site::new("courier_reload");
    let gateway = Gateway::start(site.dir());
    append(&site, &gateway.section());
    let posternd = site.posternd();
    let good = fs::read_to_string(site.config()).unwrap();
    site.edit_config(|text| {
        format!("{text}\n[courier.ntfy]\nurl = \"https://a.example\"\ntoken_file = \"/nowhere/token\"\n")
    });
    posternd.hup();
    let line = posternd.logged(&["courier.ntfy", "/nowhere/token", "does not exist; write it"]);
    assert!(!line.contains("panic"), "{line}");
    assert!(posternd.status().config_broken);
    site.edit_config(|_| good.clone());
    posternd.reload();
    assert!(!posternd.status().config_broken);
}

#[test]
fn a_test_message_arrives_as_people_get_it() {
    let site = Site::new("courier_test");
    let mailbox = Mailbox::start(site.dir(), site.output());
    let gateway = Gateway::start(site.dir());
    append(&site, &format!("{}{}", mailbox.section(Over::Tls), gateway.section()));
    let text = site.cli_ok(&["courier", "test", "--email", "carol@example.org", "--language", "zh-CN"]);
    assert!(text.starts_with("sent to carol@example.org"), "{text}");
    let mail = mailbox.next();
    assert_eq!((mail.subject.as_str(), mail.code().as_str()), ("验证码：测试消息", "000000"));
    let sent = site.cli_json(&["courier", "test", "--sms", "+44 20 7946 0123"]);
    assert_eq!(sent["courier"], json!({ "to": "+442079460123", "language": "en" }));
    assert_eq!((gateway.next().to.as_str(), gateway.count()), ("+442079460123", 1));
    for wrong in [
        &["--email", "carol"][..],
        &["--sms", "07946"],
        &["--email", "a@example.org", "--language", "fr"],
        &[],
    ] {
        let ran = site.cli(&[&["courier", "test"], wrong].concat());
        assert_ne!(ran.code, 0, "{wrong:?}: {ran:?}");
    }
    assert_eq!((mailbox.count(), gateway.count()), (1, 1));
}

#[test]
fn a_test_message_for_which_no_server_is_there_may_be_tried_again() {
    let site = Site::new("courier_test_down");
    let port = postern_tests::guard::free_port();
    append(
        &site,
        &format!(
            "[courier.email]\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\nfrom = \"login@example.org\"\n"
        ),
    );
    let ran = site.cli(&["courier", "test", "--email", "carol@example.org"]);
    assert_eq!(ran.code, TEMPFAIL, "{ran:?}");
    assert!(ran.stderr.contains("the courier is out of order"), "{ran:?}");
}

/// sysexits(3): later it may work.
const TEMPFAIL: i32 = 75;
