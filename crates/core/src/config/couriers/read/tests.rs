//! Tests of the sections of couriers and of the page.

use std::path::Path;

use crate::config::Config;

use super::*;

fn parse(extra: &str) -> Result<Config, String> {
    let text = format!("[directory]\nkind = \"embedded\"\n[ledger]\nkind = \"embedded\"\n{extra}");
    Config::parse(Path::new("p"), &text).map_err(|problems| problems.to_string())
}

#[test]
fn ports_follow_from_tls_and_nothing_goes_over_a_network_in_the_clear() {
    let mail = |extra: &str| {
        parse(&format!("[courier.email]\nfrom = \"A <a@example.org>\"\n{extra}"))
            .map(|config| config.couriers.email.unwrap().server.to_string())
    };
    assert_eq!(mail("host = \"m.example.org\"").unwrap(), "m.example.org:465");
    assert_eq!(mail("host = \"m.example.org\"\ntls = \"starttls\"").unwrap(), "m.example.org:587");
    assert_eq!(mail("host = \"::1\"\ntls = \"none\"").unwrap(), "[::1]:25");
    assert_eq!(mail("host = \"localhost\"\ntls = \"none\"\nport = 2525").unwrap(), "localhost:2525");
    let error = mail("host = \"m.example.org\"\ntls = \"none\"").unwrap_err();
    assert!(error.contains("courier.email.tls: would send codes in the clear"), "{error}");
    for text in [
        "[courier.ntfy]\nurl = \"http://ntfy.example.org\"",
        "[web]\nurl = \"http://2fa.example.org\"",
        "[courier.sms]\nurl = \"http://g.example.org/{to}/{text}\"",
    ] {
        let error = parse(text).unwrap_err();
        assert!(error.contains("would send in the clear; use https"), "{error}");
    }
}

#[test]
fn whom_mail_is_from_is_a_name_and_an_address_or_an_address() {
    let from = |text: &str| text.parse::<super::super::Mailbox>();
    assert_eq!(from("a@example.org").unwrap().name, None);
    assert_eq!(from("\"Login, Example\" <a@example.org>").unwrap().name.unwrap(), "Login, Example");
    assert_eq!(from("登录 <a@example.org>").unwrap().name.unwrap(), "登录");
    for text in
        ["Login", "a@b", "A <a@example.org", "A\r\nBcc: b@example.org <a@example.org>", "<> <a@example.org>"]
    {
        assert!(from(text).is_err(), "{text}");
    }
}

const GATEWAY: &str = "[courier.sms]\nallowed_prefixes = [\"+44\"]\nurl = \"https://g.example.org/send\"\n";

#[test]
fn a_gateway_is_refused_where_a_message_could_not_reach_it_as_it_is() {
    for (extra, problem) in [
        ("", "has no {to}"),
        ("body = '{\"to\":\"{to}\"}'", "has no {text}"),
        ("body = '{\"to\":{to},\"text\":\"{text}\"}'", "is not JSON; put each placeholder in quotes"),
        ("body = '{\"to\":\"{to}\",\"text\":\"{txt}\"}'", "has the placeholder {txt}"),
        ("body = '{\"to\":\"{to}\",\"text\":\"{text}{secret}\"}'", "secret_file: is missing"),
        ("headers = { X = \"{text}\" }", "has the placeholder {text}"),
        ("headers = { Host = \"x\" }", "is set by Postern itself"),
        ("headers = { X = \"a\\nb\" }", "is not a header field"),
        ("headers = { \"X:\" = \"a\" }", "is not a header field"),
        ("command = [\"/bin/true\"]", "stands beside url"),
        ("method = \"get\"", "is none of: GET, POST, PUT"),
        ("bdy = \"x\"", "did you mean body?"),
    ] {
        let error = parse(&format!("{GATEWAY}{extra}\n")).unwrap_err();
        assert!(error.contains(problem), "{extra}: {error}");
    }
    let form = "encoding = \"form\"\nbody = \"to={to_digits}&text={text}\"\n";
    assert!(parse(&format!("{GATEWAY}{form}")).is_ok());
    assert!(
        parse("[courier.sms]\nallowed_prefixes = [\"+44\"]\nurl = \"https://g.example.org/?to={to}&text={text}\"\nmethod = \"GET\"")
            .is_ok()
    );
}

#[test]
fn a_command_is_a_program_whose_arguments_hold_no_text() {
    let command = |text: &str| {
        parse(&format!("[courier.sms]\nallowed_prefixes = [\"+44\"]\ncommand = {text}\n")).map(|_| ())
    };
    assert_eq!(command("[\"/usr/local/bin/send-sms\", \"--to={to}\", \"{to_digits}\"]"), Ok(()));
    for text in ["[]", "[\"send-sms\"]", "[\"/bin/x\", \"{text}\"]", "\"/bin/x\""] {
        assert!(command(text).is_err(), "{text}");
    }
    let error = command("[\"/bin/x\"]\nbody = \"x\"").unwrap_err();
    assert!(error.contains("courier.sms.body: is for a gateway"), "{error}");
}

#[test]
fn text_messages_need_allowed_prefixes() {
    let sms = |extra: &str| {
        parse(&format!("[courier.sms]\ncommand = [\"/bin/true\"]\n{extra}"))
            .map(|config| config.couriers.sms.unwrap().rules)
    };
    for extra in ["", "allowed_prefixes = []"] {
        let error = sms(extra).unwrap_err();
        assert!(error.contains("courier.sms.allowed_prefixes: is missing or empty"), "{error}");
        assert!(error.contains("allowed_prefixes = [\"+44\"]"), "{error}");
    }
    for prefix in ["44", "+", "+0", "*", ""] {
        assert!(sms(&format!("allowed_prefixes = [\"{prefix}\"]")).is_err(), "{prefix}");
    }
    let rules = sms("allowed_prefixes = [\"+44\", \"+8816\"]").unwrap();
    assert_eq!((rules.hourly_budget, rules.daily_budget, rules.warn_address), (50, 200, None));
    let allowed = "allowed_prefixes = [\"+44\"]\n";
    let rules = sms(&format!("{allowed}hourly_budget = 5\ndaily_budget = 20")).unwrap();
    assert_eq!((rules.hourly_budget, rules.daily_budget), (5, 20));
    assert!(sms(&format!("{allowed}hourly_budget = 0")).is_err(), "none at all is no budget");
    let error = sms(&format!("{allowed}warn_address = \"a@example.org\"")).unwrap_err();
    assert!(error.contains("warn_address: needs [courier.email]"), "{error}");
    let mail = "[courier.email]\nhost = \"m.example.org\"\nfrom = \"Login <login@example.org>\"\n";
    let rules = sms(&format!("{allowed}{mail}")).unwrap();
    assert_eq!(rules.warn_address.unwrap().as_str(), "postmaster@example.org");
    let rules = sms(&format!("{allowed}warn_address = \"a@example.org\"\n{mail}")).unwrap();
    assert_eq!(rules.warn_address.unwrap().as_str(), "a@example.org");
}

#[test]
fn inserted_values_are_escaped_in_every_encoding() {
    let text = "\"},{\"a\\b\n& =%é";
    assert_eq!(Encoding::Json.escaped(text), "\\\"},{\\\"a\\\\b\\n& =%é");
    assert_eq!(Encoding::Form.escaped(text), "%22%7D%2C%7B%22a%5Cb%0A%26%20%3D%25%C3%A9");
    assert_eq!(Encoding::Plain.escaped(text), text);
}

#[test]
fn push_services_are_matched_whole() {
    let push = "[courier.web_push]\ncontact = \"mailto:a@example.org\"\n";
    let hosts = |extra: &str| parse(&format!("{push}{extra}")).unwrap().couriers.web_push.unwrap().hosts;
    let is_ours = |hosts: &[super::super::HostPattern], url: &str| {
        hosts.iter().any(|host| host.matches(&url.parse::<HttpUrl>().unwrap().server))
    };
    let usual = hosts("");
    for url in ["https://fcm.googleapis.com/fcm/send/x", "https://wns2-par02p.notify.windows.com/w/?token=x"]
    {
        assert!(is_ours(&usual, url), "{url}");
    }
    for url in [
        "https://notify.windows.com/",
        "https://evilnotify.windows.com/",
        "https://fcm.googleapis.com:22/",
        "https://fcm.googleapis.com.example.org/",
        "https://a.fcm.googleapis.com/",
        "https://127.0.0.1/",
        "https://localhost/",
    ] {
        assert!(!is_ours(&usual, url), "{url}");
    }
    assert!(is_ours(&hosts("hosts = [\"127.0.0.1:8443\"]"), "https://127.0.0.1:8443/x"));
    for bad in ["*.com", "*", "*.127.0.0.1", "https://x", ""] {
        assert!(parse(&format!("{push}hosts = [\"{bad}\"]")).is_err(), "{bad}");
    }
    assert!(parse("[courier.web_push]\ncontact = \"postmaster\"").is_err());
}

#[test]
fn the_url_of_the_page_ends_in_a_slash_and_its_user_is_not_root() {
    let web = |text: &str| parse(&format!("[web]\n{text}")).map(|config| config.web.unwrap());
    assert_eq!(web("url = \"https://a.example.org\"").unwrap().url.to_string(), "https://a.example.org/");
    let page = web("url = \"https://a.example.org\"\nuser = \"www\"").unwrap();
    assert_eq!((page.url.to_string().as_str(), page.user.as_str()), ("https://a.example.org/", "www"));
    for text in [
        "",
        "url = \"https://a.example.org/2fa/\"",
        "url = \"https://a.example.org/?x\"",
        "url = \"https://a.example.org\"\nuser = \"root\"",
    ] {
        assert!(web(text).is_err(), "{text}");
    }
}
