//! A mail host: a Dovecot that asks posternd by checkpassword.

use crate::{Attempt, Dovecot, LdapPerson, Outcome, Posternd, Site, Slapd};

/// Dovecot before posternd before the site's files, and stopped in that order.
#[derive(Debug)]
pub struct MailHost {
    /// Its Dovecot.
    pub dovecot: Dovecot,
    /// Its posternd.
    pub posternd: Posternd,
    /// Its configuration and its accounts.
    pub site: Site,
}

impl MailHost {
    /// One whose accounts are in SQLite.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self::of(Site::new(name))
    }

    /// One whose users are in LDAP.
    #[must_use]
    pub fn with_ldap(name: &str, slapd: &Slapd) -> Self {
        Self::of(Site::builder(name).ldap(slapd).build())
    }

    /// One of a site that is configured.
    #[must_use]
    pub fn of(site: Site) -> Self {
        let posternd = site.posternd();
        Self { dovecot: site.dovecot(), posternd, site }
    }

    /// A user of `slapd`, with a home for mail.
    #[must_use]
    pub fn person(&self, slapd: &Slapd, name: &str) -> LdapPerson {
        let person = slapd.person(name);
        self.site.make_home(&person);
        person
    }

    /// A login through Dovecot's auth socket from 127.0.0.1, as Postfix or ManageSieve would ask.
    #[must_use]
    pub fn login(&self, service: &str, user: &str, password: &str) -> Outcome {
        self.login_from(service, user, password, "127.0.0.1")
    }

    /// The same from another address.
    #[must_use]
    pub fn login_from(&self, service: &str, user: &str, password: &str, address: &str) -> Outcome {
        let attempt = Attempt::new(service, user, password).from(address);
        self.dovecot.auth_client().login(&attempt).outcome
    }

    /// The services of [`SERVICES`] that accept this password. All are asked at once, because Dovecot takes half a second to
    /// refuse one.
    #[must_use]
    pub fn opened(&self, user: &str, password: &str) -> Vec<&'static str> {
        let mut auth = self.dovecot.auth_client();
        let asked = SERVICES.map(|service| (auth.send(&Attempt::new(service, user, password)), service));
        let answers = SERVICES.map(|_| auth.receive().expect("dovecot auth answers"));
        let outcome = |id| answers.iter().find(|reply| reply.id == id).expect("an answer to each").outcome;
        let is_open = |id, service| match outcome(id) {
            Outcome::Accepted => true,
            Outcome::Refused => false,
            Outcome::Unavailable => panic!("{service}: unavailable\n{}", self.dovecot.log()),
        };
        asked.into_iter().filter(|(id, service)| is_open(*id, *service)).map(|(_, service)| service).collect()
    }
}

/// Every service that the test site trusts Dovecot with.
pub const SERVICES: [&str; 4] = ["imap", "pop3", "smtp", "sieve"];
