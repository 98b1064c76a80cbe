//! A host whose users log in by ssh, sudo, su and at the console.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use postern_tests::own::{Said, Visit};
use postern_tests::person::Person;
use postern_tests::slapd::PEOPLE;
use postern_tests::{
    Authenticator, Listen, Posternd, Ran, Redis, Site, Slapd, Ssh, Sshd, UnixUser, canary, host, syslog,
    unix_users,
};

use crate::app::App;
use crate::packaged::shipped;

/// A host with its posternd and what that needs.
pub(crate) struct World {
    sshds: Mutex<BTreeMap<String, Arc<Sshd>>>,
    pub(crate) posternd: Posternd,
    pub(crate) site: Site,
    pub(crate) slapd: Option<Slapd>,
    pub(crate) redis: Option<Redis>,
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

/// A user with an account and a uid on the host.
pub(crate) struct User {
    pub(crate) unix: UnixUser,
    pub(crate) password: String,
    pub(crate) app: App,
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
            let world = Arc::new(Self::new(name, kept, SERVICES));
            *shared = Arc::downgrade(&world);
            world
        })
    }

    /// One with these services, whose ledger has been there for an hour.
    pub(crate) fn new(name: &str, kept: Kept, services: &'static str) -> Self {
        let world = Self::young(name, kept, services);
        match &world.redis {
            Some(redis) => redis.age(),
            None => world.site.age_ledger(),
        }
        world
    }

    /// One with a new ledger, so that it is unknown which codes were spent before.
    pub(crate) fn young(name: &str, kept: Kept, services: &'static str) -> Self {
        syslog::listen();
        let builder = Site::builder(name).postern_toml(|text| text + services);
        let (site, slapd, redis) = match kept {
            Kept::Embedded => (builder.build(), None, None),
            Kept::Ldap => {
                let slapd = Slapd::builder(name).start();
                let site = builder.ldap(&slapd).build();
                let redis = Redis::start(name, Listen::Tcp);
                redis.join(&site);
                (site, Some(slapd), Some(redis))
            }
        };
        let posternd = site.posternd();
        Self { sshds: Mutex::default(), posternd, site, slapd, redis, name: name.to_owned() }
    }

    /// A PAM stack in which Postern asks for everything, as `service`.
    pub(crate) fn stack(&self, service: &str) -> String {
        format!("auth required {0}\naccount required {0}\n{ACCOUNT}", self.module(service))
    }

    /// A file of `packaging/pam`, as `service`.
    pub(crate) fn packaged(&self, file: &str, service: &str) -> String {
        let text = fs::read_to_string(shipped("pam").join(file)).expect("a stack");
        text.replace("pam_postern.so", &self.module(service))
    }

    /// The module and its arguments.
    pub(crate) fn module(&self, service: &str) -> String {
        format!("{{module}} config={} service={service}", self.site.client_config().display())
    }

    /// An sshd with [`World::stack`] and these `AuthenticationMethods`, for all who want the same.
    pub(crate) fn sshd(&self, service: &str, methods: &str) -> Arc<Sshd> {
        let mut all = self.sshds.lock().unwrap_or_else(PoisonError::into_inner);
        let start = || Arc::new(Sshd::builder(&self.name).pam(&self.stack(service)).methods(methods).start());
        Arc::clone(all.entry(format!("{service} {methods}")).or_insert_with(start))
    }

    /// `user` at an ssh prompt that asks for all that Postern asks for.
    pub(crate) fn ssh(&self, service: &str, user: &User) -> Ssh {
        let sshd = self.sshd(service, "keyboard-interactive");
        // Where sshd will hear no more of PAM, ssh would go on to a password that sshd does not take.
        Ssh::to(&sshd).unix_user(&user.unix).prefer("keyboard-interactive")
    }

    /// A user without a factor.
    pub(crate) fn user(&self, name: &str) -> User {
        self.user_with(name, &[])
    }

    /// The same with further attributes of the account.
    pub(crate) fn user_with(&self, name: &str, attributes: &[(&str, &str)]) -> User {
        let unix = unix_users::fresh(name);
        self.account_of(&unix, &unix.name, unix.uid, attributes)
    }

    /// `unix`, whose account has a name and a number that need not be theirs.
    pub(crate) fn account_of(
        &self,
        unix: &UnixUser,
        name: &str,
        uid: u32,
        attributes: &[(&str, &str)],
    ) -> User {
        let numbered = UnixUser { uid, ..unix.clone() };
        let password = match &self.slapd {
            Some(slapd) => {
                let lines = attributes.iter().map(|(name, value)| format!("{name}: {value}\n"));
                slapd.add_person_as(name, &numbered, &lines.collect::<String>()).password
            }
            None => {
                let pair = |&(name, value): &(&str, &str)| match name {
                    "mail" => ["--mail".to_owned(), value.to_owned()],
                    _ => ["--attribute".to_owned(), format!("{name}={value}")],
                };
                let more: Vec<String> = attributes.iter().flat_map(pair).collect();
                let more: Vec<&str> = more.iter().map(String::as_str).collect();
                self.site.account_as_with(name, &numbered, &more).password
            }
        };
        canary::register(&password);
        User { unix: unix.clone(), password, app: App::none() }
    }

    /// Sets a user's main password.
    pub(crate) fn set_password(&self, user: &User, password: &str) {
        match &self.slapd {
            Some(slapd) => {
                let dn = format!("uid={},{PEOPLE}", user.unix.name);
                slapd.set(&dn, &format!("replace: userPassword\nuserPassword: {password}"));
            }
            None => {
                let args = ["account", "password", &user.unix.name, "--password-stdin"];
                drop(self.site.cli_stdin(&args, &format!("{password}\n")).succeeded());
            }
        }
    }

    /// A user with an app.
    pub(crate) fn enrolled(&self, name: &str) -> User {
        self.enrolled_with(name, &[])
    }

    /// The same with further attributes of the account.
    pub(crate) fn enrolled_with(&self, name: &str, attributes: &[(&str, &str)]) -> User {
        let mut user = self.user_with(name, attributes);
        self.enrol(&mut user);
        user
    }

    /// Binds a user's first app.
    pub(crate) fn enrol(&self, user: &mut User) {
        user.app = self.enrol_another(user, "authenticator");
    }

    /// Binds an app with this label, none of whose codes is spent.
    pub(crate) fn enrol_another(&self, user: &User, label: &str) -> App {
        let mut command = Command::new(host::program("postern"));
        command.arg("--config").arg(self.site.config()).current_dir("/");
        command.args(["totp", "enrol", &user.unix.name, "--label", label, "--unproved", "--uri"]);
        // Not by the site, which keeps what the command line shows.
        let shown = Ran::of(&mut command, b"", LIMIT).succeeded().stdout;
        App::of(Authenticator::from_uri(shown.trim()).expect("a URI"))
    }

    /// Makes recovery codes for a user with an app.
    pub(crate) fn recovery_codes(&self, user: &mut User) -> Vec<String> {
        let (mut visit, mut codes) = (self.visit(user, "recovery_codes", &[]), Vec::new());
        loop {
            match visit.hear() {
                Said::Ask { is_hidden: true, .. } => visit.answer(&user.password),
                Said::Ask { is_hidden: false, .. } => visit.answer(&user.app.code()),
                Said::Record { value, .. } => codes.push(value["code"].as_str().expect("a code").to_owned()),
                Said::Tell { .. } => {}
                Said::Accept => return codes,
                other @ (Said::Reject { .. } | Said::Defer(_) | Said::Error(_)) => panic!("{other:?}"),
            }
        }
    }

    /// `user` at the first question for a code, of one app, in a login that leaves at once.
    pub(crate) fn at_code(&self, user: &User) -> Person {
        let mut person = self.ssh("sshd", user).batch().start();
        person.expect("Password: ");
        person.answer_hidden(&user.password);
        person.expect("Code from authenticator: ");
        person
    }

    /// A visit of `user` to their own account.
    pub(crate) fn visit(&self, user: &User, flow: &str, arguments: &[(&str, &str)]) -> Visit {
        Visit::begin(&self.site.socket(), user.unix.uid, flow, arguments)
    }

    /// What the audit log says of the last login of this name, once it says so.
    pub(crate) fn logged(&self, user: &User, parts: &[&str]) -> String {
        let name = format!("user={}", user.unix.name);
        self.posternd.logged(&[&[name.as_str()], parts].concat())
    }
}

/// What the terminal shows, without what ssh puts before the first line of each question: whom it asks for.
pub(crate) fn seen(person: &Person) -> String {
    let text = person.text().replace('\r', "");
    let mut left = String::new();
    for line in text.split_inclusive('\n') {
        let asked = line.strip_prefix('(').and_then(|rest| rest.split_once("@127.0.0.1) "));
        left.push_str(asked.map_or(line, |(_, question)| question));
    }
    left
}

const ACCOUNT: &str = "account required pam_unix.so\nsession required pam_permit.so\n";
const LIMIT: Duration = Duration::from_secs(30);
const SERVICES: &str = r#"
[services.sshd-key]
class = "login"
first = "stack"

[services.required]
class = "login"
second_factor = "required"

[services.required-key]
class = "login"
first = "stack"
second_factor = "required"

[services.lan]
class = "login"
trust_by = ["ssh-key", "rhost"]

[services.strangers-ignored]
class = "login"
not_in_directory = "ignore"

[services.lax]
class = "login"
account = "ignore"
"#;
