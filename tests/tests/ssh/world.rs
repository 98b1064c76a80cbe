//! A host whose people log in by ssh, sudo, su and at the console.

use postern_tests::otp::now;
use postern_tests::own::{Said, Visit};
use postern_tests::{Authenticator, Posternd, Site, UnixUser, canary, guard, unix_users};

/// A host with its posternd and what that needs.
pub(crate) struct World {
    pub(crate) posternd: Posternd,
    pub(crate) site: Site,
}

/// Somebody with an account and a user of the host.
pub(crate) struct User {
    pub(crate) unix: UnixUser,
    pub(crate) password: String,
    pub(crate) app: App,
}

/// Their authenticator app, which shows no code twice.
pub(crate) struct App {
    authenticator: Authenticator,
    last: u64,
}

impl World {
    pub(crate) fn new(name: &str) -> Self {
        let site = Site::builder(name).postern_toml(|text| text + SERVICES).build();
        let posternd = site.posternd();
        Self { posternd, site }
    }

    /// A PAM stack in which Postern asks for everything, as `service`.
    pub(crate) fn stack(&self, service: &str) -> String {
        format!(
            "auth required {module}\naccount required {module}\naccount required pam_unix.so\n\
             session required pam_permit.so\n",
            module = self.module(service)
        )
    }

    fn module(&self, service: &str) -> String {
        format!("{{module}} config={} service={service}", self.site.client_config().display())
    }

    /// Somebody with an app.
    pub(crate) fn enrolled(&self, name: &str) -> User {
        let unix = unix_users::fresh(name);
        let account = self.site.account_of(&unix);
        canary::register(&account.password);
        let mut user = User { unix, password: account.password, app: App::none() };
        user.app = self.enrol(&user);
        user
    }

    /// Binds an app over the socket, as its owner.
    pub(crate) fn enrol(&self, user: &User) -> App {
        let mut app = App::none();
        let mut visit = Visit::begin(&self.site.socket(), user.unix.uid, "enrol", &[]);
        loop {
            match visit.hear() {
                Said::Ask { text, .. } if text.starts_with("Main password") => visit.answer(&user.password),
                Said::Ask { text, .. } if text.starts_with("Code that the app shows") => {
                    visit.answer(&app.code())
                }
                Said::Record { name, value } if name == "key" => {
                    app = App::of(Authenticator::from_uri(value["uri"].as_str().unwrap()).unwrap());
                }
                Said::Tell { .. } | Said::Record { .. } => {}
                Said::Accept => return app,
                other => panic!("{other:?}"),
            }
        }
    }
}

impl App {
    fn none() -> Self {
        Self { authenticator: Authenticator::new(&[0; 20]), last: 0 }
    }

    pub(crate) fn of(authenticator: Authenticator) -> Self {
        Self { authenticator, last: 0 }
    }

    /// A code that was not shown before: of now, or one step early or late. Where all three are used up it waits.
    pub(crate) fn code(&mut self) -> String {
        loop {
            let (at, period) = (now(), self.authenticator.period);
            let (step, left) = (at / period, period - at % period);
            let first = if left >= ENOUGH { step - 1 } else { step };
            let wanted = first.max(self.last + 1);
            if wanted <= step + 1 {
                self.last = wanted;
                return self.authenticator.code_at(wanted * period);
            }
            guard::pause(std::time::Duration::from_millis(200));
        }
    }
}

const SERVICES: &str = "";
/// Seconds from the code to its check.
const ENOUGH: u64 = 6;
