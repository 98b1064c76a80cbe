//! Reads the `[courier]` sections.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::config::http_url::{HttpUrl, is_loopback};
use crate::config::reader::{CA_FILE, Section};
use crate::config::redis::HostPort;
use crate::config::template::Template;
use crate::factor::EmailAddress;
use crate::sms_rules::{DEFAULT_DAILY_BUDGET, DEFAULT_HOURLY_BUDGET, NumberPrefix, SmsRules};

use super::{
    Couriers, EmailCourier, Encoding, HttpMethod, MailTls, NtfyCourier, SmsCourier, SmsGateway, SmsWay,
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
    let from = section.needed("from", "\"Example Login <login@example.org>\"");
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
    let signature = section.name("signature");
    if signature.as_ref().is_some_and(|signature| signature.chars().count() > LONGEST_SIGNATURE) {
        section.complain("signature", format!("has more than {LONGEST_SIGNATURE} characters"));
    }
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
    Some(SmsCourier { way: way?, rules: rules?, signature, templates })
}

/// In characters: the rest of a text message needs its place.
const LONGEST_SIGNATURE: usize = 12;

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
    let default_country = section.parsed("default_country");
    Some(SmsRules {
        allowed_prefixes: allowed_prefixes?,
        hourly_budget: hourly,
        daily_budget: daily,
        // RFC 5321, section 4.5.1: every domain that accepts mail has this address.
        warn_address: warn_address.or_else(|| postmaster(email?)),
        default_country,
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
    let url: Option<HttpUrl> = section.needed("url", "\"https://ntfy.example.org\"");
    if url.as_ref().is_some_and(|url| url.target != "/") {
        section.complain("url", "has a path; give the root of the server, as topics are added to it");
    }
    let token_file = section.absolute_path("token_file");
    let ca_file = ca_file(&mut section);
    section.done();
    Some(NtfyCourier { url: url?, token_file, ca_file })
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

#[cfg(test)]
mod tests;
