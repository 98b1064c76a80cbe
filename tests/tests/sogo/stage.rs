//! A host with SOGo behind the gate, and the people who read their mail there.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use postern_tests::account_host::AccountHost;
use postern_tests::gate_proxy::{GateProxy, Webmail};
use postern_tests::login_host::{LoginUser, Shared, Stores};
use postern_tests::postfix::Postfix;
use postern_tests::sogo::{Servers, Sogo};
use postern_tests::{Attempt, Browser, Dovecot, Outcome, canary, host};
use serde_json::json;

/// What a mail goes through, in the order in which it is stopped.
pub(crate) struct Stage {
    _nginx: GateProxy,
    pub(crate) sogo: Sogo,
    _postfix: Postfix,
    pub(crate) dovecot: Dovecot,
    pub(crate) host: AccountHost,
}

impl Stage {
    /// The one that all tests share.
    pub(crate) fn shared() -> Arc<Self> {
        static SHARED: Shared<Stage> = Shared::new();
        SHARED.host(Stores::LdapAndRedis, Self::new)
    }

    fn new(name: &str) -> Self {
        let host = AccountHost::new(name, Stores::LdapAndRedis);
        let (logs, dovecot) = (host::output_dir("servers"), host.site.dovecot());
        let postfix = Postfix::submission(host.site.dir(), &logs, &dovecot, &host.mailbox);
        let slapd = host.slapd.as_ref().unwrap();
        let servers = Servers { slapd, imap: dovecot.imap_port(), submission: postfix.port() };
        let sogo = Sogo::start("servers", servers);
        let (webmail, asked) = (webmail(&sogo), host.web.applications());
        let nginx = GateProxy::nginx("servers", host.sogo, &asked, webmail, host.certs());
        Self { _nginx: nginx, sogo, _postfix: postfix, dovecot, host }
    }

    /// A person with an app and with one mail of this subject.
    pub(crate) fn person(&self, name: &str, subject: &str) -> LoginUser {
        let user = self.host.enrolled(name);
        let maildir = user.unix.home.join("Maildir");
        let owner = (user.unix.uid.into(), user.unix.uid.into());
        for folder in ["", "cur", "new", "tmp"] {
            host::make_dir(&maildir.join(folder), owner, 0o700);
        }
        let mail = format!(
            "From: Bob <bob@example.org>\r\nTo: {}@example.org\r\nSubject: {subject}\r\nMessage-ID: <1@example.org>\r\n\
             Date: Sat, 28 Nov 2026 09:00:00 +0000\r\n\r\nAt noon, by the river.\r\n",
            user.unix.name
        );
        let path: &Path = &maildir.join("new/1.1.mail");
        fs::write(path, mail).unwrap();
        host::own(path, owner, 0o600);
        user
    }

    /// Goes to SOGo, and through the login on the way.
    pub(crate) fn log_in(&self, browser: &Browser, user: &mut LoginUser) {
        browser.open(&self.host.sogo_url().replace("/SOGo/", "/"));
        self.give_proofs(browser, user);
    }

    /// Types name, main password and code at the page that asks for them.
    pub(crate) fn give_proofs(&self, browser: &Browser, user: &mut LoginUser) {
        browser.type_into("#user", &user.unix.name);
        browser.type_into("#password", &user.password);
        browser.click("form[action='/log-in?to=application'] button");
        browser.type_into("input[name='answer']", &user.app.code());
        browser.press("Enter");
    }

    /// Whether Dovecot opens a service from this host.
    pub(crate) fn opens(&self, service: &str, user: &str, password: &str) -> bool {
        let attempt = Attempt::new(service, user, password).from("127.0.0.1");
        self.dovecot.auth_client().login(&attempt).outcome == Outcome::Accepted
    }

    /// What the browser has of its session, as a cookie.
    pub(crate) fn key(&self, browser: &Browser) -> String {
        let cookies = browser.cdp("Network.getCookies", &json!({"urls": [self.host.sogo_url()]}));
        let all = cookies["cookies"].as_array().unwrap();
        let key = all.iter().find(|cookie| cookie["name"] == KEY).expect("a session at the gate");
        let key = key["value"].as_str().unwrap();
        canary::register(key);
        format!("{KEY}={key}")
    }

    /// What SOGo gets with each request of this browser: the name, and the session mail password.
    pub(crate) fn credential(&self, browser: &Browser) -> (String, String) {
        let question = self.host.web.applications().request("GET", "/gate?application=sogo");
        let reply = question.header("Cookie", &self.key(browser)).header("X-Original-URI", "/SOGo/").send();
        assert_eq!(reply.status, 200, "{}", reply.body);
        let basic = reply.header("authorization").unwrap().strip_prefix("Basic ").unwrap().to_owned();
        let pair = String::from_utf8(STANDARD.decode(&basic).unwrap()).unwrap();
        let (user, password) = pair.split_once(':').unwrap();
        canary::register(password);
        canary::register(&basic);
        (user.to_owned(), password.to_owned())
    }
}

/// What is behind the gate.
pub(crate) fn webmail(sogo: &Sogo) -> Webmail<'static> {
    Webmail { application: "sogo", port: sogo.port }
}

const KEY: &str = "__Host-postern-application";
