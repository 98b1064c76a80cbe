//! Logins to mail services, through a real Dovecot: accepted and refused ones, and the traces that they leave.

mod app_passwords;
mod limits;
mod policy;
mod postfix;
mod refusals;
mod trail;

use postern_tests::{Attempt, Dovecot, Outcome, Posternd, Site, canary, site};

/// A mail host: Dovecot before posternd before the site's files, and stopped in that order.
struct Host {
    dovecot: Dovecot,
    posternd: Posternd,
    site: Site,
}

impl Host {
    fn new(name: &str) -> Self {
        Self::of(Site::new(name))
    }

    fn of(site: Site) -> Self {
        let posternd = site.posternd();
        Self { dovecot: site.dovecot(), posternd, site }
    }

    /// A login through Dovecot's auth socket, as Postfix or ManageSieve would ask, from 127.0.0.1.
    fn login(&self, service: &str, user: &str, password: &str) -> Outcome {
        self.login_from(service, user, password, "127.0.0.1")
    }

    fn login_from(&self, service: &str, user: &str, password: &str, address: &str) -> Outcome {
        let attempt = Attempt::new(service, user, password).from(address);
        self.dovecot.auth_client().login(&attempt).outcome
    }

    /// The services of [`SERVICES`] that accept this password. All are asked at once, because Dovecot takes half a second to
    /// refuse one.
    fn opened(&self, user: &str, password: &str) -> Vec<&'static str> {
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

/// A random wrong password, which must not appear in any log.
fn wrong_password() -> String {
    let password = site::random_password();
    canary::register(&password);
    password
}

/// Every service that the test site trusts Dovecot with.
const SERVICES: [&str; 4] = ["imap", "pop3", "smtp", "sieve"];
