//! Requests the pages of accounts, and the settings of mail programs, as their clients would.

use std::path::Path;

use postern_core::config::{HttpUrl, Web};
use postern_courier::{NoPage, Page};
use postern_guarded_file::{FileError, read_trusted};
use serde::Deserialize;

use super::page::{self, open};
use super::remark::Remark;

/// What `web.toml` says about where postern-web is reached. `postern-web --check` judges the rest of it.
#[derive(Debug, Deserialize)]
struct WebToml {
    url: Option<String>,
    account_url: Option<String>,
    applications: Option<serde::de::IgnoredAny>,
    #[serde(default)]
    autoconfig_hosts: Vec<String>,
}

/// Examines what the `web.toml` in `file` names; `posternd` is `[web]` of `postern.toml`. Without the file there is nothing.
pub(super) async fn examine(file: &Path, posternd: Option<&Web>) -> Vec<Remark> {
    let path = file.display();
    let text = match read_trusted(file) {
        Ok(text) => text,
        Err(FileError::Missing) => return Vec::new(),
        Err(error) => {
            return vec![Remark::warn(format!(
                "{path}: {error}; so the pages that it names were not looked at: it holds no secret, and user postern may read it"
            ))];
        }
    };
    let web: WebToml = match toml::from_str(&text) {
        Ok(web) => web,
        Err(error) => {
            let what = error.message().to_owned();
            return vec![Remark::fail(format!("{path}: {what}; see: postern-web --check"))];
        }
    };
    let mut remarks = Vec::new();
    if let Some(account) = &web.account_url {
        remarks.extend(same_phones(file, web.url.as_deref(), posternd.map(|web| &web.url)));
        remarks.extend(same_account(file, account, posternd));
        remarks.extend(same_applications(file, web.applications.is_some(), posternd));
        match account.parse() {
            Ok(url) => remarks.extend(account_pages(&url).await),
            Err(_) => remarks.push(Remark::fail(format!(
                "{path}: account_url \"{account}\" is not the address of a site; see: postern-web --check"
            ))),
        }
    }
    for host in &web.autoconfig_hosts {
        remarks.push(mail_settings(host).await);
    }
    remarks
}

/// Both programs have to mean the same page for phones, as postern-web refuses requests for any other host.
fn same_phones(file: &Path, ours: Option<&str>, posternd: Option<&HttpUrl>) -> Option<Remark> {
    let path = file.display();
    let Some(theirs) = posternd else {
        return Some(Remark::fail(format!(
            "{path} has account_url, and postern.toml has no [web], so posternd lets nobody log in with a browser: add [web] with url"
        )));
    };
    let ours = ours.unwrap_or_default();
    (!is_same_site(ours, theirs)).then(|| {
        Remark::fail(format!(
            "{path} has url \"{ours}\", and [web] url of postern.toml is {theirs}: phones are sent to the second, which postern-web refuses; make them the same"
        ))
    })
}

/// Passkeys are made for the address that posternd knows, and answer at the one where the pages are.
fn same_account(file: &Path, ours: &str, posternd: Option<&Web>) -> Option<Remark> {
    let path = file.display();
    let Some(theirs) = &posternd?.account_url else {
        return Some(Remark::warn(format!(
            "{path} has account_url, and [web] of postern.toml has none, so people cannot set up passkeys: add account_url = \"{ours}\" there"
        )));
    };
    (!is_same_site(ours, theirs)).then(|| {
        Remark::fail(format!(
            "{path} has account_url \"{ours}\", and [web] account_url of postern.toml is {theirs}: passkeys are made for the second, and work at no other; make them the same"
        ))
    })
}

/// A web mail that is configured needs a place to ask at, and none can ask that is not.
fn same_applications(file: &Path, has_listener: bool, posternd: Option<&Web>) -> Option<Remark> {
    let (path, web) = (file.display(), posternd?);
    match (has_listener, web.applications.keys().next()) {
        (false, Some(name)) => Some(Remark::warn(format!(
            "postern.toml has [web.applications.{name}], and {path} no [applications]: that web mail cannot ask postern-web; add [applications] with listen, if it is on this host"
        ))),
        (true, None) => Some(Remark::warn(format!(
            "{path} has [applications], and postern.toml no [web.applications]: every web mail is refused; add [web.applications.NAME] with url"
        ))),
        (true, Some(_)) | (false, None) => None,
    }
}

fn is_same_site(ours: &str, theirs: &HttpUrl) -> bool {
    ours.parse::<HttpUrl>().is_ok_and(|ours| ours.origin() == theirs.origin())
}

async fn account_pages(url: &HttpUrl) -> Vec<Remark> {
    let log_in = HttpUrl { target: "/log-in".to_owned(), ..url.clone() };
    let page = match open(&log_in, None).await {
        Ok(page) => page,
        Err(no_page) => return vec![not_opened(no_page, "people cannot log in there")],
    };
    let problems = problems(&log_in, &page);
    if !problems.is_empty() {
        return problems.into_iter().map(Remark::fail).collect();
    }
    // A certificate keeps browsers from such a host, and what answers to any name is a mistake all the same.
    let for_any = open(&log_in, Some(STRANGER)).await;
    if for_any.is_ok_and(|page| page.status == 200 && page.body.contains(LOG_IN)) {
        return vec![Remark::warn(format!(
            "{log_in} is shown to a request for the host {STRANGER} as well: have the proxy answer other names elsewhere, by a default server that returns 421"
        ))];
    }
    vec![Remark::ok(format!(
        "{url} shows the pages of accounts, with their headers, and to no other host name"
    ))]
}

/// What keeps people from the page, or takes its protection away.
fn problems(url: &HttpUrl, page: &Page) -> Vec<String> {
    let wrong = match page.status {
        200 if page.body.contains(LOG_IN) => None,
        200 if page.body.contains(page::MARK) => Some(format!(
            "{url} shows the page for phones; the proxy has to send this site's own host in Host: {}",
            url.authority()
        )),
        200 => Some(format!(
            "{url} shows another page than Postern's; look at the proxy in front of postern-web, and at account_url"
        )),
        421 => Some(format!(
            "{url} answers with status 421, as postern-web does for hosts that are not its own; the proxy has to send Host: {}",
            url.authority()
        )),
        502..=504 => Some(format!(
            "{url} answers with status {}: the proxy is there, and postern-web does not answer it; see: systemctl status postern-web",
            page.status
        )),
        status => Some(format!(
            "{url} answers with status {status}; look at the proxy in front of postern-web, and at account_url"
        )),
    };
    if let Some(wrong) = wrong {
        return vec![wrong];
    }
    let lacks = |(name, part, why): &(&str, &str, &str)| {
        // A proxy that keeps a client at one postern-web may set a cookie, too; other fields come once.
        let is_there = match *name {
            "set-cookie" => page.values(name).any(|value| value.starts_with(COOKIES) && value.contains(part)),
            _ => page.header(name).is_some_and(|value| value.contains(part)),
        };
        (!is_there).then(|| {
            format!(
                "{url} arrives without \"{name}: …{part}…\", or with it twice, so {why}; have the proxy pass the headers of postern-web on as they are"
            )
        })
    };
    HEADERS.iter().filter_map(lacks).collect()
}

async fn mail_settings(host: &str) -> Remark {
    let address = format!("https://{host}/mail/config-v1.1.xml");
    let Ok(url) = address.parse() else {
        return Remark::fail(format!(
            "autoconfig_hosts: \"{host}\" is no host's name; see: postern-web --check"
        ));
    };
    match open(&url, None).await {
        Err(no_page) => not_opened(no_page, "mail programs do not find their settings there"),
        Ok(page) if page.status == 200 && page.body.contains("<clientConfig") => {
            Remark::ok(format!("{url} has the settings of mail programs"))
        }
        Ok(page) if page.status == 200 => {
            Remark::fail(format!("{url} is not Postern's; have the proxy pass this path on to postern-web"))
        }
        Ok(page) if page.status == 503 => Remark::fail(format!(
            "{url} answers with status 503: postern-web does not reach posternd; see: systemctl status posternd"
        )),
        Ok(page) => Remark::fail(format!(
            "{url} answers with status {}; have the proxy pass this path and its Host on to postern-web, and fill in [mail_settings]",
            page.status
        )),
    }
}

fn not_opened(no_page: NoPage, so: &str) -> Remark {
    match no_page {
        NoPage::Wrong(what) => Remark::fail(format!(
            "{what}; so {so}: look at the proxy in front of postern-web, and at its certificate"
        )),
        NoPage::Unreachable(what) => Remark::warn(format!(
            "{what}: not reached from this host; see that the name is in DNS, that postern-web and the proxy in front of it run, and that people get there"
        )),
    }
}

/// A part of the form for name and main password.
const LOG_IN: &str = "action=\"/log-in";
/// How the names of the pages' own cookies begin.
const COOKIES: &str = "__Host-postern-";
/// A name that no site has (RFC 6761, section 6.4).
const STRANGER: &str = "postern-check.invalid";
/// Fields of the header, a part of each, and what they are for.
const HEADERS: [(&str, &str, &str); 4] = [
    (
        "strict-transport-security",
        "max-age=",
        "browsers may try http first, which anybody on the way can answer",
    ),
    ("content-security-policy", "default-src 'none'", "a script that got into a page would run"),
    ("cache-control", "no-store", "pages with passwords may be kept on the way"),
    ("set-cookie", "; Secure; HttpOnly", "forms are refused: the cookie is missing or changed"),
];
