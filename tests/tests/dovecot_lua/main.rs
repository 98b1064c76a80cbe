//! Mail logins and lookups by Lua: a real Dovecot with the passdb and userdb that are shipped, and the module without Dovecot.

mod logins;
mod module;
mod outages;
mod parallel;
mod strangers;

use postern_tests::mail_host::SERVICES;
use postern_tests::{Attempt, Dovecot, Outcome, Posternd, Site};

/// A mail host: Dovecot before posternd before the site's files, and stopped in that order.
struct LuaHost {
    dovecot: Dovecot,
    posternd: Posternd,
    site: Site,
}

impl LuaHost {
    fn new(name: &str) -> Self {
        Self::with(name, "")
    }

    /// `more` are lines of dovecot.conf.
    fn with(name: &str, more: &str) -> Self {
        let site = Site::new(name);
        let posternd = site.posternd();
        let mut config = site.dovecot_by_lua_config();
        config.more = more.to_owned();
        Self { dovecot: Dovecot::start(&config), posternd, site }
    }

    /// A login through Dovecot's auth socket, as Postfix or ManageSieve would ask.
    fn login(&self, service: &str, user: &str, password: &str) -> Outcome {
        self.dovecot.auth_client().login(&Attempt::new(service, user, password)).outcome
    }

    /// The services that let this in.
    fn opened(&self, user: &str, password: &str) -> Vec<&'static str> {
        let opens = |service: &&str| self.login(service, user, password) == Outcome::Accepted;
        SERVICES.into_iter().filter(opens).collect()
    }
}
