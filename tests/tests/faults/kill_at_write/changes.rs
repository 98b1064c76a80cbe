use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use postern_tests::login_host::{CodeApp, LoginHost};
use postern_tests::self_service::{Said, Visit};
use postern_tests::{Authenticator, canary, guard, host};
use serde_json::json;

use super::person::Person;

/// A change that posternd makes for a person, or the command line for an admin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Enrol,
    Replace,
    Remove,
    RecoveryCodes,
    CreateAppPassword,
    RevokeAppPassword,
    SignIn,
    EndSessions,
    AdminEnrol,
    AdminRemove,
    AdminRecoveryCodes,
    AdminCreateAppPassword,
    AdminRevoke,
    AdminEndSessions,
    Import,
}

/// Who is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Maker {
    Daemon,
    CommandLine,
}

/// A change that is being made.
pub(super) enum Making {
    Conversation(JoinHandle<Said>),
    Command(Child),
}

impl Change {
    pub(super) const OF_DAEMON: [Self; 8] = [
        Self::Enrol,
        Self::Replace,
        Self::Remove,
        Self::RecoveryCodes,
        Self::CreateAppPassword,
        Self::RevokeAppPassword,
        Self::SignIn,
        Self::EndSessions,
    ];
    pub(super) const OF_COMMAND_LINE: [Self; 7] = [
        Self::AdminEnrol,
        Self::AdminRemove,
        Self::AdminRecoveryCodes,
        Self::AdminCreateAppPassword,
        Self::AdminRevoke,
        Self::AdminEndSessions,
        Self::Import,
    ];

    pub(super) fn maker(self) -> Maker {
        if Self::OF_DAEMON.contains(&self) { Maker::Daemon } else { Maker::CommandLine }
    }

    /// Whether it is one of sessions, which are in the ledger.
    pub(super) fn is_of_sessions(self) -> bool {
        matches!(self, Self::SignIn | Self::EndSessions | Self::AdminEndSessions)
    }

    /// Makes it, which has to succeed; later, where a store does not answer in time because the machine is busy.
    pub(super) fn make(self, host: &LoginHost, person: &mut Person) {
        guard::wait_for(&format!("{self:?}"), LIMIT, || match self.begin(host, person, &[]) {
            Making::Conversation(thread) => match thread.join().unwrap() {
                Said::Accept => Some(()),
                Said::Defer(_) => None,
                said => panic!("{self:?}: {said:?}"),
            },
            Making::Command(child) => {
                let done = child.wait_with_output().unwrap();
                let said = String::from_utf8_lossy(&done.stderr);
                assert!(done.status.success() || done.status.code() == Some(TEMPFAIL), "{self:?}: {said}");
                done.status.success().then_some(())
            }
        });
    }

    /// Begins it. `env` is for the command line.
    pub(super) fn begin(self, host: &LoginHost, person: &mut Person, env: &[(String, String)]) -> Making {
        let name = person.user.unix.name.clone();
        match self {
            Self::Enrol => converse(host, person, "enrol", &[("kind", "totp"), ("label", "new")]),
            Self::Replace => {
                let id = person.factor.clone();
                converse(host, person, "replace", &[("id", &id), ("kind", "totp"), ("label", "new")])
            }
            Self::Remove => {
                let id = person.factor.clone();
                converse(host, person, "remove", &[("id", &id)])
            }
            Self::RecoveryCodes => converse(host, person, "recovery_codes", &[]),
            Self::CreateAppPassword => converse(host, person, "app_password_create", &[("label", "new")]),
            Self::RevokeAppPassword => {
                let id = person.app_password.clone();
                converse(host, person, "app_password_revoke", &[("id", &id)])
            }
            Self::SignIn => sign_in(host, person),
            Self::EndSessions => converse(host, person, "session_end", &[("all", "true")]),
            Self::AdminEnrol => command(host, env, &["totp", "enrol", &name, "--unproved", "--label", "new"]),
            Self::AdminRemove => command(host, env, &["factor", "remove", &name, &person.factor]),
            Self::AdminRecoveryCodes => command(host, env, &["recovery", "create", &name]),
            Self::AdminCreateAppPassword => {
                command(host, env, &["app-password", "create", &name, "--label", "new"])
            }
            Self::AdminRevoke => command(host, env, &["app-password", "revoke", &name, &person.app_password]),
            Self::AdminEndSessions => command(host, env, &["session", "end", &name, "--all"]),
            Self::Import => {
                let file = uris(host, &name);
                let file = file.display().to_string();
                command(host, env, &["import", "otpauth", &file, "--account", &name, "--issuer", "Old"])
            }
        }
    }
}

/// A file with two apps of an account. It is the same each time.
fn uris(host: &LoginHost, name: &str) -> PathBuf {
    let path = host.site.dir().join(format!("uris-{name}"));
    if !path.exists() {
        let line = |_| {
            let seed = Authenticator::random().base32();
            canary::register(&seed);
            format!("otpauth://totp/Old:{name}?secret={seed}&issuer=Old\n")
        };
        fs::write(&path, [1, 2].map(line).concat()).unwrap();
        host::own(&path, (0.into(), 0.into()), 0o600);
    }
    path
}

fn command(host: &LoginHost, env: &[(String, String)], args: &[&str]) -> Making {
    let mut command = Command::new(host::program("postern"));
    command.arg("--config").arg(host.site.config()).args(args).current_dir("/");
    command.envs(env.iter().cloned()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    Making::Command(command.spawn().unwrap())
}

/// A conversation of the person about their own account.
fn converse(host: &LoginHost, person: &mut Person, flow: &str, arguments: &[(&str, &str)]) -> Making {
    let visit = host.visit(&person.user, flow, arguments);
    answering(visit, person)
}

/// A login at a browser, up to its session.
fn sign_in(host: &LoginHost, person: &mut Person) -> Making {
    let begin = json!({
        "version": 2, "flow": "login", "service": "web", "user": person.user.unix.name, "interactive": true,
        "rhost": "192.0.2.7", "secret": person.user.password,
    });
    let web = host::ids("postern-web").0.as_raw();
    answering(Visit::begin_with(&host.site.socket(), web, &begin), person)
}

/// Answers with the main password and a code, and with the first code of an app that is bound.
fn answering(mut visit: Visit, person: &mut Person) -> Making {
    let password = person.user.password.clone();
    let code = person.user.app.code();
    Making::Conversation(std::thread::spawn(move || {
        let mut new = None::<CodeApp>;
        loop {
            match visit.hear() {
                Said::Ask { is_hidden: true, .. } => visit.answer(&password),
                Said::Ask { .. } => match &mut new {
                    Some(app) => visit.answer(&app.code()),
                    None => visit.answer(&code),
                },
                Said::Record { name, value } if name == "key" => {
                    let app = Authenticator::from_uri(value["uri"].as_str().unwrap()).unwrap();
                    new = Some(CodeApp::of(app));
                }
                Said::Record { .. } | Said::Tell { .. } => {}
                end => return end,
            }
        }
    }))
}

/// sysexits(3): later it may work.
pub(super) const TEMPFAIL: i32 = 75;
pub(super) const LIMIT: Duration = Duration::from_secs(60);
