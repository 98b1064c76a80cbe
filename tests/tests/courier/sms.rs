use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use postern_core::courier::{Channel, CourierError, Message};
use postern_tests::guard::wait_for;
use postern_tests::http_double::Mood;
use postern_tests::{Gateway, HttpDouble, Stopwatch, host};

use crate::{NUMBER, code, config, deed, folder, open, sms};

const DOCS: &str = include_str!("../../../docs/couriers.md");
const TEXT: &str = "123456 is your code for ssh login on mail1, good for 5 min. Tell it to no one. If it was not you, someone knows your password: change it.";
/// The text as RFC 3986 has it.
const TEXT_ENCODED: &str = "123456%20is%20your%20code%20for%20ssh%20login%20on%20mail1%2C%20good%20for%205%20min.%20Tell%20it%20to%20no%20one.%20If%20it%20was%20not%20you%2C%20someone%20knows%20your%20password%3A%20change%20it.";

fn secret(folder: &Path, text: &str) -> PathBuf {
    let file = folder.join("secret");
    fs::write(&file, text).unwrap();
    host::own(&file, (0.into(), 0.into()), 0o640);
    file
}

#[test]
fn the_documented_request_reaches_the_gateway() {
    let gateway = Gateway::start(&folder("gateway"));
    let courier = open(&gateway.section());
    assert!(courier.carries(Channel::Sms) && !courier.carries(Channel::Email));
    sms(&courier, &code()).unwrap();
    let got = gateway.next();
    assert_eq!((got.to.as_str(), got.text.as_str()), (NUMBER, TEXT));
    assert_eq!(got.code(), "123456");
}

#[test]
fn each_encoding_is_written_byte_for_byte() {
    let http = HttpDouble::plain();
    let file = secret(&folder("encodings"), "user:pa\"ss&wörd\n");
    let common = format!(
        "[courier.sms]\nallowed_prefixes = [\"+44\"]\nurl = \"{}/a/b?key=1\"\nsecret_file = \"{}\"\n",
        http.url(),
        file.display()
    );
    for (settings, method, target, kind, body) in [
        (
            "body = '{\"m\":[{\"to\":\"{to_digits}\",\"text\":\"{text}\",\"key\":\"{secret}\"}]}'",
            "POST",
            "/a/b?key=1".to_owned(),
            Some("application/json"),
            format!(
                "{{\"m\":[{{\"to\":\"442079460123\",\"text\":\"{TEXT}\",\"key\":\"user:pa\\\"ss&wörd\"}}]}}"
            ),
        ),
        (
            "encoding = \"form\"\nbody = \"To={to}&Body={text}&Key={secret}\"",
            "POST",
            "/a/b?key=1".to_owned(),
            Some("application/x-www-form-urlencoded"),
            format!("To=%2B442079460123&Body={TEXT_ENCODED}&Key=user%3Apa%22ss%26w%C3%B6rd"),
        ),
        (
            "encoding = \"plain\"\nmethod = \"PUT\"\nbody = \"{to}\\n{text}\\n\"",
            "PUT",
            "/a/b?key=1".to_owned(),
            Some("text/plain; charset=utf-8"),
            format!("{NUMBER}\n{TEXT}\n"),
        ),
    ] {
        let courier = open(&format!(
            "{common}{settings}\nheaders = {{ Authorization = \"Basic {{secret_as_basic}}\" }}\n"
        ));
        sms(&courier, &code()).unwrap();
        let seen = http.next();
        assert_eq!((seen.method.as_str(), seen.target.as_str()), (method, target.as_str()));
        assert_eq!(seen.header("content-type"), kind);
        assert_eq!(seen.header("authorization"), Some("Basic dXNlcjpwYSJzcyZ3w7ZyZA=="));
        assert_eq!(seen.text(), body);
    }
}

/// The section of docs/couriers.md that sends to this host, sent to `http` with a secret of `folder` in its place.
fn documented(host: &str, http: &HttpDouble, text: &str, folder: &Path) -> (String, String) {
    let blocks = DOCS.split("```toml\n").skip(1).filter_map(|rest| rest.split_once("\n```"));
    let block = blocks.map(|(block, _)| block).find(|block| block.contains(host)).expect("it is documented");
    drop(config(block));
    let line = block.lines().find(|line| line.starts_with("secret_file")).expect("a secret");
    let file = secret(folder, text);
    let section = block
        .replace(&format!("https://{host}"), &http.url())
        .replace(line, &format!("secret_file = \"{}\"", file.display()));
    sms(&open(&section), &code()).unwrap();
    let seen = http.next();
    assert_eq!(seen.method, "POST");
    let fields = ["content-type", "authorization"].map(|name| seen.header(name).unwrap().to_owned());
    (format!("{} {}", seen.target, fields.join(" ")), seen.text())
}

#[test]
fn the_gateways_of_the_documentation_get_what_they_ask_for() {
    let (http, folder) = (HttpDouble::plain(), folder("documented"));
    let (head, body) = documented("api.twilio.com", &http, "AC0:token", &folder);
    assert_eq!(
        head,
        "/2010-04-01/Accounts/AC00000000000000000000000000000000/Messages.json application/x-www-form-urlencoded Basic QUMwOnRva2Vu"
    );
    assert_eq!(body, format!("To=%2B442079460123&From=%2B15005550006&Body={TEXT_ENCODED}"));

    http.set(Mood::Answers(202, String::new(), "{\"message_uuid\":\"aaaaaaaa-bbbb\"}".to_owned()));
    let (head, body) = documented("api.nexmo.com", &http, "key:secret", &folder);
    assert_eq!(head, "/v1/messages application/json Basic a2V5OnNlY3JldA==");
    assert_eq!(
        body,
        format!(
            "{{\"message_type\":\"text\",\"channel\":\"sms\",\"from\":\"Example\",\"to\":\"442079460123\",\"text\":\"{TEXT}\"}}"
        )
    );

    http.set(Mood::Answers(201, String::new(), "{\"id\":\"1\"}".to_owned()));
    let (head, body) = documented("rest.messagebird.com", &http, "live_key", &folder);
    assert_eq!(head, "/messages application/json AccessKey live_key");
    assert_eq!(
        body,
        format!(
            "{{\"originator\":\"Example\",\"recipients\":[\"442079460123\"],\"body\":\"{TEXT}\",\"datacoding\":\"auto\"}}"
        )
    );
}

#[test]
fn a_message_in_the_url_is_percent_encoded() {
    let http = HttpDouble::plain();
    let courier = open(&format!(
        "[courier.sms]\nallowed_prefixes = [\"+44\"]\nurl = \"{}/send?to={{to}}&text={{text}}\"\nmethod = \"GET\"\n",
        http.url()
    ));
    sms(&courier, &code()).unwrap();
    let seen = http.next();
    assert_eq!(seen.target, format!("/send?to=%2B442079460123&text={TEXT_ENCODED}"));
    assert_eq!((seen.method.as_str(), seen.body.len(), seen.header("content-type")), ("GET", 0, None));
}

#[test]
fn values_that_look_like_json_forms_or_templates_arrive_as_text() {
    let texts = folder("sms_texts");
    fs::write(texts.join("sms.en.txt"), "{account}|{service}|{code}\n").unwrap();
    let nasty = "eve\",\"to\":\"+1\\ &to=%2B1;{text}{secret}{code}\r\n";
    let deed = &deed("ssh login", "203.0.113.7");
    let message = Message::Code { code: "123456", minutes: 5, account: nasty, deed };
    let said = "eve\",\"to\":\"+1\\ &to=%2B1;{text}{secret}{code}\u{fffd}\u{fffd}|ssh login|123456";
    let gateway = Gateway::start(&folder("nasty_gateway"));
    sms(&open(&format!("{}templates = \"{}\"\n", gateway.section(), texts.display())), &message).unwrap();
    let got = gateway.next();
    assert_eq!((got.to.as_str(), got.text.as_str()), (NUMBER, said));

    let http = HttpDouble::plain();
    let section = format!(
        "[courier.sms]\nallowed_prefixes = [\"+44\"]\nurl = \"{}/{{text}}\"\nencoding = \"form\"\nbody = \"to={{to}}&text={{text}}\"\ntemplates = \"{}\"\n",
        http.url(),
        texts.display()
    );
    sms(&open(&section), &message).unwrap();
    let seen = http.next();
    let encoded = postern_core::config::percent_encoded(said);
    assert_eq!(seen.target, format!("/{encoded}"));
    assert_eq!(seen.text(), format!("to=%2B442079460123&text={encoded}"));
    assert!(encoded.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~%".contains(&b)), "{encoded}");
}

fn program(folder: &Path, script: &str) -> PathBuf {
    let path = folder.join("send-sms");
    fs::write(&path, format!("#!/bin/bash\n{script}\n")).unwrap();
    host::own(&path, (0.into(), 0.into()), 0o755);
    path
}

#[test]
fn a_command_gets_the_number_as_an_argument_and_the_text_on_its_input_and_nothing_else() {
    let folder = folder("command");
    let out = folder.join("out").display().to_string();
    let script =
        format!("{{ printf '%s\\n' \"$#\" \"$@\"; env; pwd; cat; }} >{out}.part\nmv {out}.part {out}");
    let path = program(&folder, &script);
    let courier = open(&format!(
        "[courier.sms]\nallowed_prefixes = [\"+44\"]\ncommand = [\"{}\", \"--to={{to}}\", \"$(touch {out}.shell); {{to_digits}}\"]\n",
        path.display()
    ));
    sms(&courier, &code()).unwrap();
    let got = fs::read_to_string(&out).unwrap();
    // bash itself sets these three.
    let lines: Vec<&str> = got
        .lines()
        .filter(|line| !["PWD=/", "SHLVL=0", "SHLVL=1", "_=/usr/bin/env"].contains(line))
        .collect();
    let shell = format!("$(touch {out}.shell); 442079460123");
    assert_eq!(lines, ["2", format!("--to={NUMBER}").as_str(), shell.as_str(), "/", TEXT]);
    assert!(!Path::new(&format!("{out}.shell")).exists(), "there is no shell");
}

#[test]
fn the_exit_status_of_a_command_decides() {
    let folder = folder("command_status");
    for (script, is_refusal) in
        [("exit 65", true), ("exit 67", true), ("exit 1", false), ("exit 75", false), ("kill -9 $$", false)]
    {
        let path = program(&folder, script);
        let result = sms(
            &open(&format!(
                "[courier.sms]\nallowed_prefixes = [\"+44\"]\ncommand = [\"{}\"]\n",
                path.display()
            )),
            &code(),
        );
        match result {
            Err(CourierError::Refused(_)) => assert!(is_refusal, "{script}"),
            // It ran: what it may have sent has to count.
            Err(CourierError::Unsure(_)) => assert!(["exit 1", "kill -9 $$"].contains(&script), "{script}"),
            Err(CourierError::Down(_)) => assert_eq!(script, "exit 75"),
            Err(CourierError::Gone) | Ok(()) => panic!("{script}: {result:?}"),
        }
    }
}

#[test]
fn a_command_that_does_not_end_is_killed_with_its_children() {
    let folder = folder("command_slow");
    let pids = folder.join("pids").display().to_string();
    let path = program(&folder, &format!("sleep 60 & echo $! >{pids}\necho $$ >>{pids}\nwait"));
    let start = Stopwatch::start();
    let result = sms(
        &open(&format!("[courier.sms]\nallowed_prefixes = [\"+44\"]\ncommand = [\"{}\"]\n", path.display())),
        &code(),
    );
    assert!(matches!(result, Err(CourierError::Unsure(_) | CourierError::Down(_))), "{result:?}");
    start.assert_within(Duration::from_secs(5));
    for pid in fs::read_to_string(&pids).unwrap().lines() {
        wait_for("its end", Duration::from_secs(10), || {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            (stat.is_empty() || stat.contains(") Z ")).then_some(())
        });
    }
}

#[test]
fn a_command_or_a_secret_that_is_not_as_it_should_be_is_found_at_the_start() {
    let folder = folder("command_wrong");
    let path = program(&folder, "true");
    let command =
        format!("[courier.sms]\nallowed_prefixes = [\"+44\"]\ncommand = [\"{}\"]\n", path.display());
    for (mode, what) in [(0o644, "is not a program"), (0o777, "may be written by others")] {
        host::own(&path, (0.into(), 0.into()), mode);
        let error = postern_courier::open(&config(&command)).unwrap_err().to_string();
        assert!(
            error.starts_with("courier.sms: ") && error.contains(what) && error.contains("chmod 0755"),
            "{error}"
        );
    }
    host::own(&path, host::ids("mallory"), 0o755);
    let error = postern_courier::open(&config(&command)).unwrap_err().to_string();
    assert!(error.contains("chown root"), "{error}");
    let file = secret(&folder, "secret");
    let gateway = format!(
        "[courier.sms]\nallowed_prefixes = [\"+44\"]\nurl = \"https://g.example.org/{{to}}/{{text}}/{{secret}}\"\nsecret_file = \"{}\"\n",
        file.display()
    );
    assert!(postern_courier::open(&config(&gateway)).is_ok());
    host::own(&file, (0.into(), 0.into()), 0o644);
    let error = postern_courier::open(&config(&gateway)).unwrap_err().to_string();
    assert!(error.contains("chmod 0640"), "{error}");
    fs::remove_file(&file).unwrap();
    let error = postern_courier::open(&config(&gateway)).unwrap_err().to_string();
    assert!(error.contains("does not exist; write it, root:postern 0640"), "{error}");
}
