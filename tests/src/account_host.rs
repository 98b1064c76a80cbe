//! A host with the account's pages behind nginx and TLS, and people with browsers.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use crate::browser::BrowserBuilder;
use crate::certs::Certs;
use crate::courier_host::{CourierHost, SHORT};
use crate::guard::free_port;
use crate::http::{Place, Request};
use crate::login_host::{LoginUser, Shared, Stores};
use crate::mailbox::Mailbox;
use crate::nginx::{Nginx, Security};
use crate::{Browser, Web};

mod second;

pub use second::SecondHost;
/// A [`CourierHost`] whose postern-web has account pages.
#[derive(Debug)]
pub struct AccountHost {
    host: CourierHost,
    nginx: Nginx,
    certs: Certs,
    pages: AccountPages,
    /// The port where a web mail with a plugin may be put, as [`webmail_url`](Self::webmail_url) says.
    pub webmail: u16,
    /// The port where one behind the gate may be put, as [`gated_url`](Self::gated_url) says.
    pub gated: u16,
    /// The port where SOGo may be put, as [`sogo_url`](Self::sogo_url) says.
    pub sogo: u16,
    _dir: tempfile::TempDir,
}

/// Where the pages are, for clients without a browser.
#[derive(Debug, Clone)]
pub struct AccountPages {
    place: Place,
    authority: String,
}

impl AccountPages {
    /// The account pages of a postern-web.
    #[must_use]
    pub fn of(web: &Web, authority: &str) -> Self {
        Self::at(web.place().clone(), authority)
    }

    /// Those behind something else.
    #[must_use]
    pub fn at(place: Place, authority: &str) -> Self {
        Self { place, authority: authority.to_owned() }
    }

    /// A request as nginx would pass it on.
    #[must_use]
    pub fn request(&self, method: &str, path: &str) -> Request {
        self.place
            .request(method, path)
            .header("Host", &self.authority)
            .header("X-Forwarded-For", CLIENT)
            .header("X-Forwarded-Proto", "https")
    }
}

impl Deref for AccountHost {
    type Target = CourierHost;

    fn deref(&self) -> &CourierHost {
        &self.host
    }
}

impl DerefMut for AccountHost {
    fn deref_mut(&mut self) -> &mut CourierHost {
        &mut self.host
    }
}

impl AccountHost {
    /// The host that tests share that change only their own people.
    #[must_use]
    pub fn shared(stores: Stores) -> Arc<Self> {
        static SHARED: Shared<AccountHost> = Shared::new();
        SHARED.host(stores, |name| Self::new(name, stores))
    }

    /// A host of its own.
    #[must_use]
    pub fn new(name: &str, stores: Stores) -> Self {
        let [account, webmail, gated, sogo] = [(); 4].map(|()| free_port());
        let lines = web_toml(account);
        let applications = format!(
            "[web.applications.roundcube]\nurl = \"{}\"\n[web.applications.gated]\nurl = \"{}\"\nservices = [\"imap\"]\n\
             [web.applications.sogo]\nurl = \"{}SOGo/\"\nservices = [\"imap\", \"smtp\"]\n",
            application_url("webmail", webmail),
            application_url("gated", gated),
            application_url("sogo", sogo)
        );
        let host = CourierHost::with_web(name, stores, SHORT, Mailbox::section, (&lines, &applications));
        let dir = tempfile::Builder::new()
            .prefix("certs.")
            .tempdir_in(crate::host::test_dir())
            .expect("a directory");
        let certs = Certs::make(dir.path());
        let nginx = Nginx::start(name, &host.web, account, Security::Tls(&certs));
        let pages = AccountPages::of(&host.web, &format!("localhost:{account}"));
        Self { host, nginx, certs, pages, webmail, gated, sogo, _dir: dir }
    }

    /// Its pages without nginx.
    #[must_use]
    pub fn pages(&self) -> &AccountPages {
        &self.pages
    }

    /// The certificate of its nginx, and its authority.
    #[must_use]
    pub fn certs(&self) -> &Certs {
        &self.certs
    }

    /// What another postern-web of the same pages has in its configuration.
    #[must_use]
    pub fn web_toml(&self) -> String {
        web_toml(self.nginx.account)
    }

    /// The address of the application `roundcube`.
    #[must_use]
    pub fn webmail_url(&self) -> String {
        application_url("webmail", self.webmail)
    }

    /// The address of the application `gated`, which opens IMAP alone.
    #[must_use]
    pub fn gated_url(&self) -> String {
        application_url("gated", self.gated)
    }

    /// The address of the application `sogo`, which opens IMAP and SMTP.
    #[must_use]
    pub fn sogo_url(&self) -> String {
        format!("{}SOGo/", application_url("sogo", self.sogo))
    }

    /// The address of a page, by its path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.authority())
    }

    /// Host and port of the account's pages.
    #[must_use]
    pub fn authority(&self) -> String {
        format!("localhost:{}", self.nginx.account)
    }

    /// A request to postern-web as nginx would pass it on.
    #[must_use]
    pub fn request(&self, method: &str, path: &str) -> Request {
        self.pages.request(method, path)
    }

    /// A browser at the login.
    #[must_use]
    pub fn browser(&self, builder: BrowserBuilder) -> Browser {
        let browser = builder.start();
        browser.open(&self.url("/"));
        browser
    }

    /// Types name and main password, and sends them.
    #[track_caller]
    pub fn log_in(&self, browser: &Browser, user: &LoginUser) {
        browser.open(&self.url("/log-in"));
        browser.type_into("#user", &user.unix.name);
        browser.type_into("#password", &user.password);
        browser.click("form[action='/log-in'] button");
    }
}

fn web_toml(account: u16) -> String {
    format!(
        "url = \"https://{{host}}/\"\naccount_url = \"https://localhost:{account}/\"\n\
         [applications]\nlisten = \"unix:{{dir}}/applications.sock\"\nrefresh = {{ gated = [\"/poll\"], sogo = {SOGO_REFRESH:?} }}\n"
    )
}

/// Browsers find every name below localhost at this host (RFC 6761, section 6.3).
fn application_url(name: &str, port: u16) -> String {
    format!("https://{name}.localhost:{port}/")
}

/// Texts in the addresses of requests that an open page of SOGo makes by itself, as the manual has them.
pub const SOGO_REFRESH: [&str; 9] = [
    "/unseenCount",
    "/changes",
    "/folderDrafts/",
    "/alarmslist",
    "resetAlarm=",
    "/eventslist",
    "/eventsblocks",
    "/taskslist",
    "/Contacts/",
];
/// The address of the clients without a browser.
const CLIENT: &str = "192.0.2.77";
