//! A host that reaches people by mail, by text message and on their phones.

mod people;

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use crate::login_host::{LoginHost, LoginUser, Shared, Stores};
use crate::mailbox::{Mail, Over};
use crate::{Gateway, Mailbox, Ntfy, Redis, Web, guard};

pub use people::{another, at_the_number, begins_a_login, bind_phone, number, place, types_password, wrong};

/// A [`LoginHost`] with couriers and the page for phones.
#[derive(Debug)]
pub struct CourierHost {
    host: LoginHost,
    /// The page for phones.
    pub web: Web,
    /// Takes mail.
    pub mailbox: Mailbox,
    /// Takes text messages.
    pub gateway: Gateway,
    /// Takes pushes.
    pub ntfy: Ntfy,
}

impl Deref for CourierHost {
    type Target = LoginHost;

    fn deref(&self) -> &LoginHost {
        &self.host
    }
}

impl DerefMut for CourierHost {
    fn deref_mut(&mut self) -> &mut LoginHost {
        &mut self.host
    }
}

impl CourierHost {
    /// The host that tests share that change only their own people.
    #[must_use]
    pub fn shared(stores: Stores) -> Arc<Self> {
        static SHARED: Shared<CourierHost> = Shared::new();
        SHARED.host(stores, |name| Self::new(name, stores, SHORT))
    }

    /// A host with these limits.
    #[must_use]
    pub fn new(name: &str, stores: Stores, limits: &str) -> Self {
        Self::with(name, stores, limits, Mailbox::section)
    }

    /// The same; `email` writes the section that says how mail is sent.
    #[must_use]
    pub fn with(
        name: &str,
        stores: Stores,
        limits: &str,
        email: impl FnOnce(&Mailbox, Over) -> String,
    ) -> Self {
        Self::with_web(name, stores, limits, email, ("", ""))
    }

    /// The same with more lines of `web.toml` (see [`Web::with`]), and of `[web]` in `postern.toml`.
    #[must_use]
    pub fn with_web(
        name: &str,
        stores: Stores,
        limits: &str,
        email: impl FnOnce(&Mailbox, Over) -> String,
        (web_toml, more): (&str, &str),
    ) -> Self {
        let mut parts = None;
        let host = LoginHost::with(name, stores, |site| {
            let etc = site.dir().join("etc");
            let mailbox = Mailbox::start(site.dir(), site.output());
            let (gateway, ntfy) = (Gateway::start(&etc), Ntfy::start(&etc));
            let web = Web::with(name, &site.socket(), web_toml);
            let sections = [
                SERVICES.to_owned(),
                format!("[limits]\n{limits}\n"),
                email(&mailbox, Over::Starttls),
                gateway.section(),
                ntfy.section(),
                web_section(&web, web_toml, more),
            ];
            site.edit_config(|text| {
                format!("host_title = \"{HOST_TITLE}\"\n{text}\n{}", sections.join("\n"))
            });
            parts = Some((web, mailbox, gateway, ntfy));
        });
        host.age_ledger();
        let (web, mailbox, gateway, ntfy) = parts.expect("what it was configured with");
        Self { host, web, mailbox, gateway, ntfy }
    }

    /// The next mail to this address whose subject contains `part`.
    #[must_use]
    pub fn mail(&self, address: &str, part: &str) -> Mail {
        loop {
            let mail = self.mailbox.next_to(address);
            if mail.subject.contains(part) {
                return mail;
            }
        }
    }

    /// Waits until so many pushes have come for a topic.
    pub fn wait_for_pushes(&self, topic: &str, count: usize) {
        guard::wait_for(&format!("{count} pushes"), std::time::Duration::from_secs(10), || {
            (self.ntfy.count_to(topic) >= count).then_some(())
        });
    }

    /// How many mails, text messages and pushes a person has got, after a moment for those on their way.
    #[must_use]
    pub fn sent(&self, user: &LoginUser, topic: &str) -> (usize, usize, usize) {
        guard::pause(std::time::Duration::from_millis(500));
        let mails = self.mailbox.count_to(&user.backup()) + self.mailbox.count_to(&user.address());
        (mails, self.gateway.count_to(&user.number()), self.ntfy.count_to(topic))
    }
}

/// A person's challenges in Redis, also those that were taken: the key of the hash, and the id that its fields begin with.
#[must_use]
pub fn stored_challenges(redis: &Redis, user: &LoginUser) -> Vec<(String, String)> {
    let name = format!("\"user\":\"{}\"", user.unix.name);
    let found = redis.cli(&["EVAL", FIND, "0", &name]);
    let pairs = found.lines().filter_map(|line| line.split_once(' '));
    pairs.map(|(key, id)| (key.to_owned(), id.to_owned())).collect()
}

const FIND: &str = "local found = {}
    for _, key in ipairs(redis.call('KEYS', 'postern:*challenges:*')) do
        local fields = redis.call('HGETALL', key)
        for i = 1, #fields, 2 do
            local id = string.match(fields[i], '^(%x+):value$')
            if id and string.find(fields[i + 1], ARGV[1], 1, true) then table.insert(found, key .. ' ' .. id) end
        end
    end
    return found";
/// What people call the host.
const HOST_TITLE: &str = "mail.example.org";
/// Limits that count everything and make no test wait for a minute.
pub const SHORT: &str = "resend_after = \"0s\"\nsent_codes_per_hour = 100\nsent_codes_for_changes_per_hour = 100\nsent_codes_per_source = 10000\n\
                     sent_code_lifetime = \"1m\"\npush_lifetime = \"20s\"";
const SERVICES: &str = r#"
[services.required]
class = "login"
second_factor = "required"

[services.sshd-key]
class = "login"
first = "stack"
"#;

/// `[web]` of postern.toml: the addresses of the sites, as postern-web has them.
fn web_section(web: &Web, web_toml: &str, more: &str) -> String {
    let account = web_toml.lines().find(|line| line.starts_with("account_url")).unwrap_or_default();
    format!("[web]\nurl = \"{}\"\n{account}\n{more}\n", web.url())
}
