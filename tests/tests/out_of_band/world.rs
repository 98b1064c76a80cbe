//! A host with couriers: mail, SMS and push notifications.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use postern_tests::mailbox::{Mail, Over};
use postern_tests::{
    Gateway, Listen, Mailbox, Ntfy, Posternd, Redis, Site, Slapd, Ssh, Sshd, Web, guard, syslog,
};

use crate::people::User;

/// A host with its posternd and what that needs.
pub(crate) struct World {
    sshds: Mutex<BTreeMap<String, Arc<Sshd>>>,
    pub(crate) posternd: Posternd,
    pub(crate) web: Web,
    pub(crate) site: Site,
    pub(crate) slapd: Option<Slapd>,
    pub(crate) redis: Option<Redis>,
    pub(crate) mailbox: Mailbox,
    pub(crate) gateway: Gateway,
    pub(crate) ntfy: Ntfy,
    name: String,
}

/// The stores of accounts and of short-lived state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    /// In one SQLite file.
    Embedded,
    /// In LDAP and Redis.
    Ldap,
}

impl World {
    /// The host that tests share if they change only their own users.
    pub(crate) fn shared(kept: Kept) -> Arc<Self> {
        static SHARED: [Mutex<Weak<World>>; 2] = [Mutex::new(Weak::new()), Mutex::new(Weak::new())];
        let (shared, name) = match kept {
            Kept::Embedded => (&SHARED[0], "embedded"),
            Kept::Ldap => (&SHARED[1], "ldap"),
        };
        let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let world = Arc::new(Self::new(name, kept, SHORT));
            *shared = Arc::downgrade(&world);
            world
        })
    }

    /// One with these limits.
    pub(crate) fn new(name: &str, kept: Kept, limits: &str) -> Self {
        Self::with(name, kept, limits, Mailbox::section)
    }

    /// The same where `email` writes the section that says how mail is sent.
    pub(crate) fn with(
        name: &str,
        kept: Kept,
        limits: &str,
        email: impl FnOnce(&Mailbox, Over) -> String,
    ) -> Self {
        syslog::listen();
        let (slapd, redis) = match kept {
            Kept::Embedded => (None, None),
            Kept::Ldap => (Some(Slapd::builder(name).start()), Some(Redis::start(name, Listen::Tcp))),
        };
        let site = match &slapd {
            None => Site::builder(name).build(),
            Some(slapd) => Site::builder(name).ldap(slapd).build(),
        };
        if let Some(redis) = &redis {
            redis.join(&site);
        }
        let etc = site.dir().join("etc");
        let (mailbox, gateway, ntfy) =
            (Mailbox::start(site.dir(), site.output()), Gateway::start(&etc), Ntfy::start(&etc));
        let web = Web::start(name, &site.socket());
        let sections = [
            SERVICES.to_owned(),
            format!("[limits]\n{limits}\n"),
            email(&mailbox, Over::Starttls),
            gateway.section(),
            ntfy.section(),
            format!("[web]\nurl = \"{}\"\n", web.url()),
        ];
        site.edit_config(|text| format!("{text}\n{}", sections.join("\n")));
        let posternd = site.posternd();
        match &redis {
            Some(redis) => redis.age(),
            None => site.age_ledger(),
        }
        let sshds = Mutex::default();
        Self { sshds, posternd, web, site, slapd, redis, mailbox, gateway, ntfy, name: name.to_owned() }
    }

    /// An sshd that asks all that Postern asks as `service`, with these `AuthenticationMethods`, for all who want the same.
    pub(crate) fn sshd(&self, service: &str, methods: &str) -> Arc<Sshd> {
        let mut all = self.sshds.lock().unwrap_or_else(PoisonError::into_inner);
        let start = || {
            let builder = Sshd::builder(&self.name).pam(&stack(&self.site, service));
            Arc::new(builder.methods(methods).start())
        };
        Arc::clone(all.entry(format!("{service} {methods}")).or_insert_with(start))
    }

    /// `user` on the way to an ssh prompt, who says at once as whom they are in.
    pub(crate) fn ssh(&self, service: &str, user: &User) -> Ssh {
        to(&self.sshd(service, "keyboard-interactive"), user)
    }

    /// The next mail to this address whose subject holds `part`.
    pub(crate) fn mail(&self, address: &str, part: &str) -> Mail {
        loop {
            let mail = self.mailbox.next_to(address);
            if mail.subject.contains(part) {
                return mail;
            }
        }
    }

    /// What the audit log says of this name, once it says so.
    pub(crate) fn logged(&self, user: &User, parts: &[&str]) -> String {
        let name = format!("user={}", user.unix.name);
        self.posternd.logged(&[&[name.as_str()], parts].concat())
    }

    /// The number of messages and push notifications to a user so far, after pending ones have arrived.
    pub(crate) fn sent(&self, user: &User, topic: &str) -> (usize, usize, usize) {
        guard::pause(std::time::Duration::from_millis(500));
        let mails = self.mailbox.count_to(&user.backup()) + self.mailbox.count_to(&user.address());
        (mails, self.gateway.count_to(&user.number()), self.ntfy.count_to(topic))
    }
}

/// The challenges of a user in Redis, including taken ones: the key of the hash and the id, with which its fields begin.
pub(crate) fn kept(redis: &Redis, user: &User) -> Vec<(String, String)> {
    let name = format!("\"user\":\"{}\"", user.unix.name);
    let found = redis.cli(&["EVAL", FIND, "0", &name]);
    let pairs = found.lines().filter_map(|line| line.split_once(' '));
    pairs.map(|(key, id)| (key.to_owned(), id.to_owned())).collect()
}

/// `user` on the way to this sshd.
pub(crate) fn to(sshd: &Sshd, user: &User) -> Ssh {
    // Where sshd will hear no more of PAM, ssh would go on to a password that sshd does not take.
    Ssh::to(sshd).unix_user(&user.unix).prefer("keyboard-interactive").batch()
}

/// A PAM stack in which Postern asks for everything, as `service`.
pub(crate) fn stack(site: &Site, service: &str) -> String {
    let module = format!("{{module}} config={} service={service}", site.client_config().display());
    format!(
        "auth required {module}\naccount required {module}\naccount required pam_unix.so\n\
         session required pam_permit.so\n"
    )
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
/// High limits, so that tests do not have to wait for a minute between them.
pub(crate) const SHORT: &str = "resend_after = \"0s\"\nsent_codes_per_hour = 100\nsent_codes_per_source = 10000\n\
                     sent_code_lifetime = \"1m\"\npush_lifetime = \"20s\"";
const SERVICES: &str = r#"
[services.required]
class = "login"
second_factor = "required"

[services.sshd-key]
class = "login"
first = "stack"
"#;
