//! Mail logins by PAM: a real Dovecot with `passdb pam` and the stack of packaging/pam, and saslauthd; and the main password
//! with a code behind it, by PAM and by checkpassword alike.

mod combined;
mod dovecot;
mod saslauthd;

use std::sync::{Mutex, MutexGuard, PoisonError};

use postern_tests::mail_host::SERVICES;
use postern_tests::{Account, Attempt, Authenticator, Binder, Dovecot, Outcome, PamService, Posternd, Site};

/// A mail host: Dovecot before its PAM services before posternd before the site's files, and stopped in that order.
struct PamMailHost {
    dovecot: Dovecot,
    services: Vec<PamService>,
    posternd: Posternd,
    site: Site,
    /// Enrolled.
    anna: Account,
    app: Authenticator,
    /// Not enrolled.
    bert: Account,
    _turn: MutexGuard<'static, ()>,
}

impl PamMailHost {
    fn new(name: &str) -> Self {
        Self::of(Site::new(name))
    }

    fn of(site: Site) -> Self {
        // The services have the names that Dovecot gives them, and so there is one of each.
        static TURN: Mutex<()> = Mutex::new(());
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let (anna, bert) = (site.account("anna"), site.account("bert"));
        let app = Authenticator::random();
        let _ = Binder::of(&site).bind("anna", &app);
        let posternd = site.posternd();
        let services = site.mail_pam_services();
        Self { dovecot: site.dovecot_by_pam(), services, posternd, site, anna, app, bert, _turn: turn }
    }

    /// A login through Dovecot's auth socket, as Postfix or ManageSieve would ask.
    fn login(&self, service: &str, user: &str, password: &str) -> Outcome {
        self.login_from(service, user, password, "127.0.0.1")
    }

    fn login_from(&self, service: &str, user: &str, password: &str, address: &str) -> Outcome {
        let attempt = Attempt::new(service, user, password).from(address);
        self.dovecot.auth_client().login(&attempt).outcome
    }

    /// The services that let this in.
    fn opened(&self, user: &str, password: &str) -> Vec<&'static str> {
        let opens = |service: &&str| self.login(service, user, password) == Outcome::Accepted;
        SERVICES.into_iter().filter(opens).collect()
    }
}
