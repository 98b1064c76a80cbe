//! The site behind the proxies.

use std::path::Path;

use crate::account_host::AccountPages;
use crate::certs::Certs;
use crate::fault_proxy::FaultProxy;
use crate::guard::free_port;
use crate::http_double::{HttpDouble, Mood};
use crate::login_host::LoginHost;
use crate::pam::PamService;
use crate::{Dovecot, Listen, Mailbox, Redis, Site, Slapd, Web, host};

use super::Party;
use super::people::People;

/// Every server, every door, and the people.
pub(super) struct Scene {
    pub(super) people: People,
    pub(super) checkpassword: Dovecot,
    pub(super) lua: Dovecot,
    pub(super) pam: Dovecot,
    _pam_services: Vec<PamService>,
    pub(super) pages: AccountPages,
    pub(super) web: Web,
    pub(super) host: LoginHost,
    pub(super) mailbox: Mailbox,
    pub(super) push: HttpDouble,
    proxies: Proxies,
}

/// The ways to the parties.
pub(super) struct Proxies {
    ldap: FaultProxy,
    redis: FaultProxy,
    posternd: FaultProxy,
    smtp: FaultProxy,
    pub(super) push: FaultProxy,
}

impl Scene {
    pub(super) fn start() -> Self {
        let dir = host::test_dir().join("fault-certs");
        host::make_dir(&dir, (0.into(), 0.into()), 0o755);
        let (certs, expired) = Certs::make_with_expired(&dir);
        let slapd = Slapd::builder(NAME).person("mary").start();
        let redis = Redis::start(NAME, Listen::Tcp);
        let push = HttpDouble::plain();
        push.set(Mood::Answers(201, String::new(), String::new()));
        let before = |port: u16| FaultProxy::tls(port, &certs, &expired);
        let (ldap, ledger, push_proxy) = (before(slapd.ports().0), before(redis.port), before(push.port()));
        let site = site(&slapd, &ldap, &certs, &web_push(&dir.join("vapid.pem"), &push_proxy, &certs));
        redis.join(&site);
        let (direct, ca) = (redis.url(), certs.ca.display().to_string());
        let proxied = format!("rediss://127.0.0.1:{}\"\nca_file = \"{ca}", ledger.port());
        site.edit_config(|text| text.replace(&direct, &proxied));
        let mailbox = Mailbox::start(site.dir(), site.output());
        let smtp = before(mailbox.port());
        let posternd = FaultProxy::unix(&site.dir().join("run").join(DOOR), &site.socket());
        let account = free_port();
        let account_url = format!("https://localhost:{account}/");
        let lines = format!(
            "url = \"https://{{host}}/\"\naccount_url = \"{account_url}\"\n[applications]\nlisten = \"unix:{{dir}}/applications.sock\"\n"
        );
        let web = Web::with(NAME, &site.dir().join("run").join(DOOR), &lines);
        let sections = format!(
            "[limits]\n{}\n[courier.email]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"implicit\"\nca_file = \"{ca}\"\n\
             from = \"Example Login <login@example.org>\"\n[web]\nurl = \"{}\"\naccount_url = \"{account_url}\"\n\
             [web.applications.gated]\nurl = \"{GATED}\"\nservices = [\"imap\"]\n",
            crate::courier_host::SHORT,
            smtp.port(),
            web.url(),
        );
        site.edit_config(|text| text + &sections);
        let host = LoginHost::of(NAME, site, Some(slapd), Some(redis));
        host.age_ledger();
        let pages = AccountPages::of(&web, &format!("localhost:{account}"));
        let proxies = Proxies { ldap, redis: ledger, posternd, smtp, push: push_proxy };
        let people = People::make(&host, &web, &pages, &mailbox, &proxies);
        let pam_services = host.site.mail_pam_services();
        let (checkpassword, lua, pam) =
            (host.site.dovecot(), host.site.dovecot_by_lua(), host.site.dovecot_by_pam());
        // The first login by ssh should not pay for the server's start.
        drop(host.sshd("sshd", "keyboard-interactive"));
        Self {
            people,
            checkpassword,
            lua,
            pam,
            _pam_services: pam_services,
            pages,
            web,
            host,
            mailbox,
            push,
            proxies,
        }
    }

    /// The way to a party.
    pub(super) fn proxy(&self, party: Party) -> &FaultProxy {
        match party {
            Party::Ldap => &self.proxies.ldap,
            Party::Redis => &self.proxies.redis,
            Party::Posternd => &self.proxies.posternd,
            Party::Smtp => &self.proxies.smtp,
            Party::Push => &self.proxies.push,
        }
    }
}

/// A site that asks its LDAP server by the proxy, and whose front doors ask posternd by another one.
fn site(slapd: &Slapd, ldap: &FaultProxy, certs: &Certs, web_push: &str) -> Site {
    let (direct, proxied) = (slapd.ldaps_uri(), format!("ldaps://127.0.0.1:{}", ldap.port()));
    let (ca, web_push) = (certs.ca.display().to_string(), web_push.to_owned());
    let of_proxy = move |line: &str| {
        if line.starts_with("ca_file = ") { format!("ca_file = \"{ca}\"\n") } else { format!("{line}\n") }
    };
    Site::builder(NAME)
        .ldap(slapd)
        .postern_toml(move |text| {
            text.replace(&direct, &proxied).lines().map(&of_proxy).collect::<String>() + &web_push
        })
        .client_toml(|text| text.replace("posternd.sock", DOOR))
        .build()
}

fn web_push(key: &Path, proxy: &FaultProxy, certs: &Certs) -> String {
    format!(
        "\n[courier.web_push]\nkey_file = \"{}\"\ncontact = \"mailto:postmaster@example.org\"\nhosts = [\"127.0.0.1:{}\"]\n\
         ca_file = \"{}\"\n",
        key.display(),
        proxy.port(),
        certs.ca.display()
    )
}

/// The address of the web mail behind the gate. Nothing is there: the gate is asked without a web server.
pub(super) const GATED: &str = "https://gated.localhost/";
const NAME: &str = "faults";
const DOOR: &str = "door.sock";
