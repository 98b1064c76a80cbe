//! Reads the `[courier]` sections.
//!
//! This file is long because a third of it tests every key beside the function that reads it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;

use crate::config::http_url::{HttpUrl, is_loopback};
use crate::config::reader::{CA_FILE, Section};
use crate::config::redis::HostPort;
use crate::config::template::Template;
use crate::factor::EmailAddress;
use crate::sms_rules::{DEFAULT_DAILY_BUDGET, DEFAULT_HOURLY_BUDGET, NumberPrefix, SmsRules};

use super::{
    Couriers, EmailCourier, Encoding, HttpMethod, MailTls, NtfyCourier, SmsCourier, SmsGateway, SmsWay, Web,
    WebPushCourier,
};

pub(in crate::config) fn couriers(mut section: Section<'_, '_>) -> Couriers {
    let email = email(section.section("email"));
    let couriers = Couriers {
        sms: sms(section.section("sms"), email.as_ref()),
        email,
        web_push: web_push(section.section("web_push")),
        ntfy: ntfy(section.section("ntfy")),
    };
    section.done();
    couriers
}

pub(in crate::config) fn web(mut section: Section<'_, '_>) -> Option<Web> {
    if !section.is_present() {
        return None;
    }
    let mut url: Option<HttpUrl> = needed(&mut section, "url", "\"https://2fa.example.org/\"");
    if let Some(url) = &mut url {
        if url.target.is_empty() {
            url.target.push('/');
        }
        if url.target != "/" {
            section.complain("url", "has a path or a query; the page needs a host name of its own");
        }
    }
    let user = section.string("user").unwrap_or_else(|| WEB_USER.to_owned());
    if user.is_empty() || user == "root" {
        section.complain(
            "user",
            format!("\"{user}\" may not be the user of a web server; create one, {WEB_USER}"),
        );
    }
    section.done();
    Some(Web { url: url?, user })
}

fn email(mut section: Section<'_, '_>) -> Option<EmailCourier> {
    if !section.is_present() {
        return None;
    }
    let words = [("implicit", MailTls::Implicit), ("starttls", MailTls::Starttls), ("none", MailTls::None)];
    let host = section.required("host", "\"smtp.example.org\"");
    let tls = section.word("tls", &words).unwrap_or(MailTls::Implicit);
    let port = section.number("port", 1..=65_535).and_then(|port| u16::try_from(port).ok());
    let host = host.and_then(|host| {
        let alone = if host.contains(':') { format!("[{host}]") } else { host };
        let server = HostPort::parse(&alone, port.unwrap_or_else(|| tls.port())).ok();
        if server.is_none() {
            section.complain("host", "is not the name or the address of a server");
        }
        server
    });
    if let Some(server) = host.as_ref().filter(|server| tls == MailTls::None && !is_loopback(&server.host)) {
        let what = format!("would send codes in the clear to {}; use implicit or starttls", server.host);
        section.complain("tls", what);
    }
    let from = needed(&mut section, "from", "\"Example Login <login@example.org>\"");
    let ca_file = ca_file(&mut section);
    let credentials_file = section.absolute_path("credentials_file");
    let tells_of_changes = section.boolean("changes").unwrap_or(true);
    let templates = section.absolute_path("templates");
    section.done();
    Some(EmailCourier {
        server: host?,
        tls,
        ca_file,
        credentials_file,
        from: from?,
        tells_of_changes,
        templates,
    })
}

fn sms(mut section: Section<'_, '_>, email: Option<&EmailCourier>) -> Option<SmsCourier> {
    if !section.is_present() {
        return None;
    }
    let command = section.strings("command");
    let way = match (section.has("url"), command) {
        (true, Some(_)) => {
            section.complain("command", "stands beside url; keep one of them");
            None
        }
        (false, None) => {
            section
                .complain("url", "is missing; add url = \"https://…\", or command = [\"/path\", \"{to}\"]");
            None
        }
        (true, None) => gateway(&mut section).map(|gateway| SmsWay::Gateway(Box::new(gateway))),
        (false, Some(command)) => sms_command(&mut section, &command),
    };
    let rules = sms_rules(&mut section, email);
    let templates = section.absolute_path("templates");
    // Keys of the gateway are known to commands, too, so that they are reported as keys of the gateway.
    let of_gateway = ["url", "method", "encoding", "headers", "body", "secret_file", "expect", "ca_file"];
    if let Some(SmsWay::Command { .. }) = way {
        for key in of_gateway.into_iter().filter(|key| section.has(key)) {
            section.complain(key, "is for a gateway, but a command is configured");
        }
    }
    of_gateway.into_iter().for_each(|key| section.know(key));
    section.done();
    Some(SmsCourier { way: way?, rules: rules?, templates })
}

fn sms_rules(section: &mut Section<'_, '_>, email: Option<&EmailCourier>) -> Option<SmsRules> {
    let allowed_prefixes = section.list::<NumberPrefix>("allowed_prefixes");
    let hourly = section.number("hourly_budget", 1..=10_000).unwrap_or(DEFAULT_HOURLY_BUDGET);
    let daily = section.number("daily_budget", 1..=100_000).unwrap_or(DEFAULT_DAILY_BUDGET);
    let warn_address = section.parsed::<EmailAddress>("warn_address");
    if warn_address.is_some() && email.is_none() {
        section.complain("warn_address", "needs [courier.email], which sends the warnings");
    }
    if allowed_prefixes.as_ref().is_none_or(Vec::is_empty) {
        let what = "is missing or empty; text messages are off without the prefixes of the countries that they go to: \
                    allowed_prefixes = [\"+44\"]";
        section.complain("allowed_prefixes", what);
    }
    Some(SmsRules {
        allowed_prefixes: allowed_prefixes?,
        hourly_budget: hourly,
        daily_budget: daily,
        // RFC 5321, section 4.5.1: every domain that accepts mail has this address.
        warn_address: warn_address.or_else(|| postmaster(email?)),
    })
}

fn postmaster(email: &EmailCourier) -> Option<EmailAddress> {
    let (_, domain) = email.from.address.as_str().rsplit_once('@')?;
    format!("postmaster@{domain}").parse().ok()
}

fn gateway(section: &mut Section<'_, '_>) -> Option<SmsGateway> {
    let methods = [("GET", HttpMethod::Get), ("POST", HttpMethod::Post), ("PUT", HttpMethod::Put)];
    let encodings = [("json", Encoding::Json), ("form", Encoding::Form), ("plain", Encoding::Plain)];
    let url: Option<HttpUrl> = section.parsed("url");
    let method = section.word("method", &methods).unwrap_or(HttpMethod::Post);
    let encoding = section.word("encoding", &encodings).unwrap_or(Encoding::Json);
    let target = url.as_ref().and_then(|url| template(section, "url", &url.target, BODY_PLACES));
    let body = section.string("body");
    let body = body.and_then(|body| template(section, "body", &body, BODY_PLACES));
    let mut headers = BTreeMap::new();
    for (name, value) in section.string_map("headers").unwrap_or_default() {
        if !is_token(&name) || value.chars().any(char::is_control) {
            section.complain("headers", format!("\"{name}\" is not a header field"));
        } else if OWN_FIELDS.iter().any(|own| name.eq_ignore_ascii_case(own)) {
            section.complain("headers", format!("\"{name}\" is set by Postern itself"));
        } else if let Some(value) = template(section, "headers", &value, HEADER_PLACES) {
            headers.insert(name, value);
        }
    }
    if let Some(body) = body.as_ref().filter(|_| encoding == Encoding::Json) {
        // This value makes the body invalid JSON wherever a placeholder is outside of quotes.
        let filled = body.fill(|_| encoding.escaped("\"\\ +1"));
        if serde_json::from_str::<serde_json::Value>(&filled).is_err() {
            section.complain("body", "is not JSON; put each placeholder in quotes: {\"to\":\"{to}\"}");
        }
    }
    let secret_file = section.absolute_path("secret_file");
    let parts = || headers.values().chain(&body).chain(&target);
    if secret_file.is_none() && parts().any(|part| part.has("secret") || part.has("secret_as_basic")) {
        section.complain("secret_file", "is missing, but {secret} is used");
    }
    for place in ["to", "text"] {
        let is_there = parts().any(|part| part.has(place) || (place == "to" && part.has("to_digits")));
        if !is_there && target.is_some() {
            section.complain("body", format!("has no {{{place}}}, and neither has the url"));
        }
    }
    Some(SmsGateway {
        url: url?,
        target: target?,
        method,
        encoding,
        headers,
        body,
        secret_file,
        expect: section.string("expect"),
        ca_file: ca_file(section),
    })
}

fn sms_command(section: &mut Section<'_, '_>, command: &[String]) -> Option<SmsWay> {
    let mut words = command.iter();
    let program = words.next().map(PathBuf::from).filter(|program| program.is_absolute());
    if program.is_none() {
        section.complain("command", "does not begin with the absolute path of a program");
    }
    let arguments = words.filter_map(|word| template(section, "command", word, COMMAND_PLACES)).collect();
    Some(SmsWay::Command { program: program?, arguments })
}

fn web_push(mut section: Section<'_, '_>) -> Option<WebPushCourier> {
    if !section.is_present() {
        return None;
    }
    let key_file = section.absolute_path("key_file").unwrap_or_else(|| PathBuf::from(VAPID_PATH));
    let contact = section.required("contact", "\"mailto:postmaster@example.org\"");
    if let Some(contact) = &contact {
        let is_mail =
            contact.strip_prefix("mailto:").is_some_and(|mail| mail.parse::<EmailAddress>().is_ok());
        if !is_mail && contact.parse::<HttpUrl>().map_or(true, |url| !url.is_tls) {
            section.complain(
                "contact",
                format!("\"{contact}\" is neither mailto:name@example.org nor https://…"),
            );
        }
    }
    let hosts = section.list("hosts");
    if hosts.as_ref().is_some_and(Vec::is_empty) {
        section.complain("hosts", "is empty; leave it out for the push services of the common browsers");
    }
    let usual = || PUSH_SERVICES.iter().filter_map(|host| host.parse().ok()).collect();
    let ca_file = ca_file(&mut section);
    section.done();
    Some(WebPushCourier { key_file, contact: contact?, hosts: hosts.unwrap_or_else(usual), ca_file })
}

fn ntfy(mut section: Section<'_, '_>) -> Option<NtfyCourier> {
    if !section.is_present() {
        return None;
    }
    let url: Option<HttpUrl> = needed(&mut section, "url", "\"https://ntfy.example.org\"");
    if url.as_ref().is_some_and(|url| url.target != "/") {
        section.complain("url", "has a path; give the root of the server, as topics are added to it");
    }
    let token_file = section.absolute_path("token_file");
    let ca_file = ca_file(&mut section);
    section.done();
    Some(NtfyCourier { url: url?, token_file, ca_file })
}

fn needed<T: FromStr<Err: std::fmt::Display>>(
    section: &mut Section<'_, '_>,
    key: &str,
    example: &str,
) -> Option<T> {
    if section.has(key) { section.parsed(key) } else { section.required(key, example).and(None) }
}

fn ca_file(section: &mut Section<'_, '_>) -> PathBuf {
    section.absolute_path("ca_file").unwrap_or_else(|| PathBuf::from(CA_FILE))
}

fn template(section: &Section<'_, '_>, key: &str, text: &str, known: &[&str]) -> Option<Template> {
    Template::parse(text, known).map_err(|error| section.complain(key, error)).ok()
}

/// RFC 9110, section 5.6.2.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

const BODY_PLACES: &[&str] = &["to", "to_digits", "text", "secret"];
const HEADER_PLACES: &[&str] = &["to", "to_digits", "secret", "secret_as_basic"];
const COMMAND_PLACES: &[&str] = &["to", "to_digits"];
const OWN_FIELDS: [&str; 4] = ["host", "content-length", "transfer-encoding", "connection"];
const PUSH_SERVICES: [&str; 4] =
    ["fcm.googleapis.com", "*.push.services.mozilla.com", "web.push.apple.com", "*.notify.windows.com"];
const VAPID_PATH: &str = "/etc/postern/vapid.pem";
const WEB_USER: &str = "postern-web";

#[cfg(test)]
mod tests {
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
        for text in [
            "Login",
            "a@b",
            "A <a@example.org",
            "A\r\nBcc: b@example.org <a@example.org>",
            "<> <a@example.org>",
        ] {
            assert!(from(text).is_err(), "{text}");
        }
    }

    const GATEWAY: &str =
        "[courier.sms]\nallowed_prefixes = [\"+44\"]\nurl = \"https://g.example.org/send\"\n";

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
        for url in
            ["https://fcm.googleapis.com/fcm/send/x", "https://wns2-par02p.notify.windows.com/w/?token=x"]
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
}
