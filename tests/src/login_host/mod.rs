//! A host whose users log in by ssh, sudo, su and at the console.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use crate::self_service::{Said, Visit};
use crate::slapd::PEOPLE;
use crate::terminal_user::TerminalUser;
use crate::{
    Authenticator, Listen, Posternd, Ran, Redis, Site, Slapd, Ssh, Sshd, UnixUser, canary, host, syslog,
    unix_users,
};

mod app;

pub use app::CodeApp;

/// A host with its posternd and the servers that it needs.
#[derive(Debug)]
pub struct LoginHost {
    sshds: Mutex<BTreeMap<String, Arc<Sshd>>>,
    /// The daemon.
    pub posternd: Posternd,
    /// Its files.
    pub site: Site,
    /// The directory, where accounts are in LDAP.
    pub slapd: Option<Slapd>,
    /// The ledger, where it is in Redis.
    pub redis: Option<Redis>,
    name: String,
}

/// Which stores a host has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stores {
    /// The embedded directory and ledger.
    Embedded,
    /// A directory in LDAP and a ledger in Redis.
    LdapAndRedis,
}

/// A person with an account and a Unix user.
#[derive(Debug)]
pub struct LoginUser {
    /// The user of the host.
    pub unix: UnixUser,
    /// The main password.
    pub password: String,
    /// The authenticator app, if one was bound.
    pub app: CodeApp,
}

/// A host of each kind that tests share.
#[derive(Debug)]
pub struct Shared<T>([Mutex<Weak<T>>; 2]);

impl<T> Shared<T> {
    /// None is started yet.
    #[must_use]
    #[allow(clippy::new_without_default, reason = "it is made in a static")]
    pub const fn new() -> Self {
        Self([Mutex::new(Weak::new()), Mutex::new(Weak::new())])
    }

    /// The host with these stores, which `start` starts under a name. It ends once no test uses it any more.
    pub fn host(&self, stores: Stores, start: impl FnOnce(&str) -> T) -> Arc<T> {
        let (shared, name) = match stores {
            Stores::Embedded => (&self.0[0], "embedded"),
            Stores::LdapAndRedis => (&self.0[1], "ldap"),
        };
        let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let host = Arc::new(start(name));
            *shared = Arc::downgrade(&host);
            host
        })
    }
}

impl LoginHost {
    /// The host that tests share that change only their own people.
    #[must_use]
    pub fn shared(stores: Stores) -> Arc<Self> {
        static SHARED: Shared<LoginHost> = Shared::new();
        SHARED.host(stores, |name| Self::new(name, stores, SERVICES))
    }

    /// A host with these services, whose ledger has been complete for an hour: it takes every code at once.
    #[must_use]
    pub fn new(name: &str, stores: Stores, services: &str) -> Self {
        let host = Self::young(name, stores, services);
        host.age_ledger();
        host
    }

    /// A host whose ledger has just begun and does not know which codes were spent before.
    #[must_use]
    pub fn young(name: &str, stores: Stores, services: &str) -> Self {
        Self::with(name, stores, |site| site.edit_config(|text| text + services))
    }

    /// The same; `configure` edits the configuration before posternd starts.
    #[must_use]
    pub fn with(name: &str, stores: Stores, configure: impl FnOnce(&Site)) -> Self {
        syslog::listen();
        let (site, slapd, redis) = match stores {
            Stores::Embedded => (Site::new(name), None, None),
            Stores::LdapAndRedis => {
                let slapd = Slapd::builder(name).start();
                let site = Site::builder(name).ldap(&slapd).build();
                let redis = Redis::start(name, Listen::Tcp);
                redis.join(&site);
                (site, Some(slapd), Some(redis))
            }
        };
        configure(&site);
        Self::of(name, site, slapd, redis)
    }

    /// A host of a site that is configured for these servers.
    #[must_use]
    pub fn of(name: &str, site: Site, slapd: Option<Slapd>, redis: Option<Redis>) -> Self {
        syslog::listen();
        let posternd = site.posternd();
        Self { sshds: Mutex::default(), posternd, site, slapd, redis, name: name.to_owned() }
    }

    /// Makes the ledger look as if it had been complete for an hour.
    pub fn age_ledger(&self) {
        match &self.redis {
            Some(redis) => redis.age(),
            None => self.site.age_ledger(),
        }
    }

    /// A PAM stack in which Postern asks for everything, as `service`.
    #[must_use]
    pub fn stack(&self, service: &str) -> String {
        pam_stack(&self.site, service)
    }

    /// The stack `packaging/pam/FILE` as `service`, with our module and configuration in the place of the installed ones.
    #[must_use]
    pub fn packaged(&self, file: &str, service: &str) -> String {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/pam").join(file);
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        text.replace("pam_postern.so", &self.module(service))
    }

    /// The module and its arguments.
    #[must_use]
    pub fn module(&self, service: &str) -> String {
        module(&self.site, service)
    }

    /// An sshd with [`stack`](Self::stack) and these `AuthenticationMethods`. Tests that want the same one share it.
    #[must_use]
    pub fn sshd(&self, service: &str, methods: &str) -> Arc<Sshd> {
        let mut all = self.sshds.lock().unwrap_or_else(PoisonError::into_inner);
        let start = || Arc::new(Sshd::builder(&self.name).pam(&self.stack(service)).methods(methods).start());
        Arc::clone(all.entry(format!("{service} {methods}")).or_insert_with(start))
    }

    /// `user` at an ssh prompt that asks for all that Postern asks for.
    #[must_use]
    pub fn ssh(&self, service: &str, user: &LoginUser) -> Ssh {
        let sshd = self.sshd(service, "keyboard-interactive");
        ssh_prompt(&sshd, user)
    }

    /// A person without a factor.
    #[must_use]
    pub fn user(&self, name: &str) -> LoginUser {
        self.user_with(name, &[])
    }

    /// The same with further attributes of the account.
    #[must_use]
    pub fn user_with(&self, name: &str, attributes: &[(&str, &str)]) -> LoginUser {
        let unix = unix_users::fresh(name);
        self.account_of(&unix, &unix.name, unix.uid, attributes)
    }

    /// Gives `unix` an account, whose name and number may differ from those of the user.
    #[must_use]
    pub fn account_of(
        &self,
        unix: &UnixUser,
        name: &str,
        uid: u32,
        attributes: &[(&str, &str)],
    ) -> LoginUser {
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
        LoginUser { unix: unix.clone(), password, app: CodeApp::none() }
    }

    /// Sets a main password.
    pub fn set_password(&self, user: &LoginUser, password: &str) {
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

    /// A person with an app.
    #[must_use]
    pub fn enrolled(&self, name: &str) -> LoginUser {
        self.enrolled_with(name, &[])
    }

    /// The same with further attributes of the account.
    #[must_use]
    pub fn enrolled_with(&self, name: &str, attributes: &[(&str, &str)]) -> LoginUser {
        let mut user = self.user_with(name, attributes);
        self.enrol(&mut user);
        user
    }

    /// Binds a person's first app.
    pub fn enrol(&self, user: &mut LoginUser) {
        user.app = self.enrol_another(user, "authenticator");
    }

    /// Binds an app with this label, none of whose codes is spent.
    #[must_use]
    pub fn enrol_another(&self, user: &LoginUser, label: &str) -> CodeApp {
        let mut command = Command::new(host::program("postern"));
        command.arg("--config").arg(self.site.config()).current_dir("/");
        command.args(["totp", "enrol", &user.unix.name, "--label", label, "--unproved", "--uri"]);
        // Not by the site, which keeps what the command line shows.
        let shown = Ran::of(&mut command, b"", LIMIT).succeeded().stdout;
        CodeApp::of(Authenticator::from_uri(shown.trim()).expect("a URI"))
    }

    /// Makes recovery codes for a person who has an app.
    #[must_use]
    pub fn recovery_codes(&self, user: &mut LoginUser) -> Vec<String> {
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
    #[must_use]
    pub fn at_code(&self, user: &LoginUser) -> TerminalUser {
        let mut person = self.ssh("sshd", user).batch().start();
        person.expect("Password: ");
        person.answer_hidden(&user.password);
        // Under the label of this host's tests, or the default one.
        drop(person.expect_one_of(&["Code from authenticator: ", "Code from Authenticator app: "]));
        person
    }

    /// A self-service conversation of `user`.
    #[must_use]
    pub fn visit(&self, user: &LoginUser, flow: &str, arguments: &[(&str, &str)]) -> Visit {
        Visit::begin(&self.site.socket(), user.unix.uid, flow, arguments)
    }

    /// What the audit log says of the last login of this name, once it says so.
    #[must_use]
    pub fn logged(&self, user: &LoginUser, parts: &[&str]) -> String {
        let name = format!("user={}", user.unix.name);
        self.posternd.logged(&[&[name.as_str()], parts].concat())
    }
}

/// A PAM stack in which Postern asks for everything, as `service`.
#[must_use]
pub fn pam_stack(site: &Site, service: &str) -> String {
    format!("auth required {0}\naccount required {0}\n{ACCOUNT}", module(site, service))
}

/// `user` at an ssh prompt of `sshd` that asks for all that Postern asks for.
#[must_use]
pub fn ssh_prompt(sshd: &Sshd, user: &LoginUser) -> Ssh {
    // When sshd has given up on PAM, ssh would go on to a password, which sshd does not take.
    Ssh::to(sshd).unix_user(&user.unix).prefer("keyboard-interactive")
}

/// The text on a terminal, without the `(user@host)` that ssh puts before each question.
#[must_use]
pub fn without_ssh_prefix(person: &TerminalUser) -> String {
    let text = person.text().replace('\r', "");
    let mut left = String::new();
    for line in text.split_inclusive('\n') {
        let asked = line.strip_prefix('(').and_then(|rest| rest.split_once("@127.0.0.1) "));
        left.push_str(asked.map_or(line, |(_, question)| question));
    }
    left
}

fn module(site: &Site, service: &str) -> String {
    format!("{{module}} config={} service={service}", site.client_config().display())
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
