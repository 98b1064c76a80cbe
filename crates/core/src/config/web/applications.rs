//! `[web.applications.NAME]`: the web mails that people log in to by the account's pages.

use std::collections::BTreeMap;

use crate::app_password::{Networks, Scope};
use crate::config::http_url::HttpUrl;
use crate::config::reader::Section;
use crate::session::Application;

/// Reads all of them. `taken` are the hosts of our own pages.
pub(super) fn read(web: &mut Section<'_, '_>, taken: &[&str]) -> BTreeMap<String, Application> {
    let mut all = web.section("applications");
    let mut found = BTreeMap::new();
    for name in all.names() {
        if !is_name(&name) {
            all.complain(&name, "is no name: 1 to 32 small letters, digits, - and _");
            all.know(&name);
            continue;
        }
        if let Some(application) = application(all.section(&name), &name, taken) {
            found.insert(name, application);
        }
    }
    all.done();
    found
}

fn application(mut section: Section<'_, '_>, name: &str, taken: &[&str]) -> Option<Application> {
    let url: Option<HttpUrl> = section.needed("url", "\"https://webmail.example.org/\"");
    if let Some(url) = &url {
        if !url.is_tls || !url.target.ends_with('/') || url.target.contains('?') {
            section.complain(
                "url",
                "is not an address such as https://webmail.example.org/ that ends in a slash",
            );
        }
        if taken.contains(&&*url.server.host) {
            let what = "has the host of our own pages; it needs one of its own, because whatever shares a host with those can read what \
                        they show";
            section.complain("url", what);
        }
    }
    let scope = match section.strings("services") {
        Some(services) => services.join(",").parse(),
        None => SERVICES.parse(),
    };
    let scope: Option<Scope> = scope.map_err(|error| section.complain("services", error)).ok();
    let networks = section.strings("networks");
    if networks.as_ref().is_some_and(Vec::is_empty) {
        section.complain(
            "networks",
            "is empty; name the addresses from which the application connects to the mail servers",
        );
    }
    let networks = networks.unwrap_or_else(|| LOOPBACK.map(ToOwned::to_owned).to_vec());
    let networks = Networks::parse(&networks).map_err(|error| section.complain("networks", error)).ok();
    section.done();
    Some(Application { name: name.to_owned(), url: url?.to_string(), scope: scope?, networks: networks? })
}

/// It stands in addresses and in records.
fn is_name(name: &str) -> bool {
    (1..=32).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_'))
}

/// What a web mail needs.
const SERVICES: &str = "imap,smtp,sieve";
/// A web mail on the host of the mail servers.
const LOOPBACK: [&str; 2] = ["127.0.0.0/8", "::1"];
