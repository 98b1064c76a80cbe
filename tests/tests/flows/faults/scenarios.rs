//! Logins of every kind: of people who are let in, and of people who never are.

use std::time::Duration;

use postern_core::app_password::Scope;
use postern_core::flows::{self, Outcome};
use postern_core::name::LoginName;
use postern_core::policy::{ForcedEnrolment, SecondFactor};

use super::End;
use crate::harness::{App, MAIN_PASSWORD, Script, Setup, Site, Someone, SshKey, Visit};

/// By what somebody is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Secret {
    AppPassword,
    /// The main password at a mail service.
    MailPassword,
    /// The main password at a login service.
    LoginPassword,
    /// The same, after too many wrong ones.
    LimitedPassword,
    /// An app password that a replica has not heard the revocation of.
    OldAppPassword,
    /// The main password at a mail service, where a replica has not heard of a first factor.
    OldMailPassword,
    /// A code of an app, after a first factor.
    Code,
    RecoveryCode,
    TrustedDevice,
    /// The first code of an app that is being bound.
    FirstCode,
    /// Main password and code in one field.
    Combined,
    /// That an accept was a moment ago.
    Proof,
    /// None is needed, as Postern has nothing to say.
    Nothing,
}

impl Secret {
    pub(super) const ALL: &[Self] = &[
        Self::AppPassword,
        Self::OldAppPassword,
        Self::MailPassword,
        Self::LoginPassword,
        Self::LimitedPassword,
        Self::OldMailPassword,
        Self::Code,
        Self::RecoveryCode,
        Self::TrustedDevice,
        Self::FirstCode,
        Self::Combined,
    ];
    /// Those before which, or as which, a main password is checked.
    pub(super) const PASSWORDS: &[Self] = &[
        Self::MailPassword,
        Self::LoginPassword,
        Self::LimitedPassword,
        Self::OldMailPassword,
        Self::Code,
        Self::RecoveryCode,
        Self::TrustedDevice,
        Self::FirstCode,
        Self::Combined,
        Self::Nothing,
    ];
}

/// A kind of login.
pub(super) struct Scenario {
    pub(super) name: &'static str,
    /// How it ends without a fault.
    pub(super) end: End,
    pub(super) with: Secret,
    /// What opens it opens it once.
    pub(super) is_once_only: bool,
    pub(super) setup: fn(&mut Setup),
    pub(super) prepare: fn(&Site, String) -> Preparing<'_>,
}

pub(super) type Preparing<'a> = std::pin::Pin<Box<dyn Future<Output = Attempt> + 'a>>;

impl Scenario {
    /// What it may end in where somebody comes in by it.
    pub(super) fn opens(&self) -> End {
        match self.with {
            Secret::LimitedPassword | Secret::OldAppPassword | Secret::OldMailPassword => End::Accept,
            Secret::AppPassword
            | Secret::MailPassword
            | Secret::LoginPassword
            | Secret::Code
            | Secret::RecoveryCode
            | Secret::TrustedDevice
            | Secret::FirstCode
            | Secret::Combined
            | Secret::Proof
            | Secret::Nothing => self.end,
        }
    }
}

/// One login that is ready to be made.
pub(super) enum Attempt {
    Login { visit: Visit, answers: Vec<String>, enrols: bool },
    Account { service: &'static str, name: String, proof: Option<String> },
}

impl Attempt {
    fn new(visit: Visit, answers: &[&str]) -> Self {
        let answers = answers.iter().map(|answer| (*answer).to_owned()).collect();
        Self::Login { visit, answers, enrols: false }
    }

    fn enrolling(visit: Visit, answers: &[&str]) -> Self {
        let answers = answers.iter().map(|answer| (*answer).to_owned()).collect();
        Self::Login { visit, answers, enrols: true }
    }

    pub(super) async fn run(&self, site: &Site) -> Outcome {
        match self {
            Self::Login { visit, answers, enrols } => {
                let answers: Vec<&str> = answers.iter().map(String::as_str).collect();
                let mut script = Script::new(&answers);
                if *enrols {
                    let clock = site.clock.clone();
                    script = script.enrols(move |key| App::of_key(key, &clock).code());
                }
                visit.clone().at(&site.engine).with(&mut script).await
            }
            Self::Account { service, name, proof } => {
                let name = LoginName::new(name).unwrap();
                flows::account(&site.engine, service, &name, proof.as_deref()).await
            }
        }
    }
}

/// Writes one scenario; the body makes the attempt of somebody of that name.
macro_rules! scenario {
    ($name:literal $(once $once:literal)?, $secret:ident, $end:ident, $setup:expr, |$site:ident, $who:ident| $body:expr) => {
        Scenario {
            name: $name,
            end: End::$end,
            with: Secret::$secret,
            is_once_only: false $(|| $once)?,
            setup: $setup,
            prepare: |$site, $who| Box::pin(async move { $body }),
        }
    };
}

async fn enrolled(site: &Site, name: &str) -> (Someone, App) {
    let person = site.person(name).await;
    let app = site.bind(&person, "phone").await;
    (person, app)
}

/// Somebody whose key 1 is trusted, with an app whose codes are not spent.
async fn trusting(site: &Site, name: &str) -> (Someone, App) {
    let (person, app) = enrolled(site, name).await;
    let visit = site.visit("sshkey", name).key(SshKey(1));
    assert!(visit.says(&[&app.code(), "y"]).await.is_accept());
    site.clock.advance(90);
    (person, app)
}

fn required(setup: &mut Setup) {
    setup.policy.second_factor = SecondFactor::Required;
}

fn with_tickets(setup: &mut Setup) {
    required(setup);
    setup.policy.forced_enrolment = ForcedEnrolment::Ticket;
}

async fn ticket(site: &Site, who: &Someone) -> String {
    let hour = Duration::from_secs(3600);
    let made = flows::invite(&site.authority(), &site.engine.keyring, &who.id, hour).await.unwrap();
    made.0.grouped().to_string()
}

/// Every scenario. The second half never lets anybody in.
pub(super) const SCENARIOS: &[Scenario] = &[
    scenario!("app-password", AppPassword, Accept, |_| {}, |site, name| {
        let person = site.person(&name).await;
        let password = site.app_password(&person, Scope::All).await;
        Attempt::new(site.visit("imap", &name).secret(&password), &[])
    }),
    scenario!("mail-password", MailPassword, Accept, |_| {}, |site, name| {
        drop(site.person(&name).await);
        Attempt::new(site.visit("imap", &name).secret(MAIN_PASSWORD), &[])
    }),
    scenario!("login-password", LoginPassword, Accept, |_| {}, |site, name| {
        drop(site.person(&name).await);
        Attempt::new(site.visit("sshd", &name), &[MAIN_PASSWORD])
    }),
    scenario!("code" once true, Code, Accept, |_| {}, |site, name| {
        let (_, app) = enrolled(site, &name).await;
        Attempt::new(site.visit("sshd", &name), &[MAIN_PASSWORD, &app.code()])
    }),
    scenario!("code-at-second-try" once true, Code, Accept, |_| {}, |site, name| {
        let (_, app) = enrolled(site, &name).await;
        drop(site.bind(&site.known(&name).await, "token").await);
        Attempt::new(site.visit("sshd", &name), &[MAIN_PASSWORD, "2", &app.wrong_code(1), &app.code()])
    }),
    scenario!("key-and-code" once true, Code, Accept, |_| {}, |site, name| {
        let (_, app) = enrolled(site, &name).await;
        Attempt::new(site.visit("sshkey", &name).key(SshKey(1)), &[&app.code(), "n"])
    }),
    scenario!("hearsay-and-code" once true, Code, Accept, |_| {}, |site, name| {
        let (_, app) = enrolled(site, &name).await;
        Attempt::new(site.visit("sshkey", &name).secret("of another kind"), &[&app.code()])
    }),
    scenario!("code-and-trust", Code, Accept, |_| {}, |site, name| {
        let (_, app) = enrolled(site, &name).await;
        Attempt::new(site.visit("sshd", &name).key(SshKey(1)), &[MAIN_PASSWORD, &app.code(), "y"])
    }),
    scenario!("recovery-code" once true, RecoveryCode, Accept, |_| {}, |site, name| {
        let (person, _) = enrolled(site, &name).await;
        let codes = site.recovery_codes(&person, 1).await;
        Attempt::new(site.visit("sshd", &name), &[MAIN_PASSWORD, &codes[0]])
    }),
    scenario!("recovery-code-with-key" once true, RecoveryCode, Accept, |_| {}, |site, name| {
        let (person, _) = enrolled(site, &name).await;
        let codes = site.recovery_codes(&person, 1).await;
        Attempt::new(site.visit("sshkey", &name).key(SshKey(1)), &[&codes[0], "n"])
    }),
    scenario!("trusted-device", TrustedDevice, Accept, |_| {}, |site, name| {
        drop(trusting(site, &name).await);
        Attempt::new(site.visit("sshd", &name).key(SshKey(1)), &[MAIN_PASSWORD])
    }),
    scenario!("forced-enrolment" once true, FirstCode, Accept, required, |site, name| {
        drop(site.person(&name).await);
        Attempt::enrolling(site.visit("sshd", &name), &[MAIN_PASSWORD])
    }),
    scenario!("enrolment-by-ticket" once true, FirstCode, Accept, with_tickets, |site, name| {
        let person = site.person(&name).await;
        let ticket = ticket(site, &person).await;
        Attempt::enrolling(site.visit("sshkey", &name).key(SshKey(1)), &[MAIN_PASSWORD, &ticket])
    }),
    scenario!("combined" once true, Combined, Accept, |_| {}, |site, name| {
        let (_, app) = enrolled(site, &name).await;
        Attempt::new(site.visit("webmail", &name).secret(&format!("{MAIN_PASSWORD}{}", app.code())), &[])
    }),
    scenario!("account-with-proof", Proof, Accept, |_| {}, |site, name| {
        let (_, app) = enrolled(site, &name).await;
        let login = site.visit("sshd", &name).says(&[MAIN_PASSWORD, &app.code()]).await;
        let proof = login.proof().map(|proof| proof.expose().to_owned());
        assert!(proof.is_some());
        Attempt::Account { service: "sshd", name, proof }
    }),
    scenario!("account-without-factor", Nothing, Ignore, |_| {}, |site, name| {
        drop(site.person(&name).await);
        Attempt::Account { service: "sshd", name, proof: None }
    }),
    scenario!("stack-without-factor", Nothing, Ignore, |_| {}, |site, name| {
        drop(site.person(&name).await);
        Attempt::new(site.visit("sshkey", &name).secret(MAIN_PASSWORD), &[])
    }),
    scenario!("stranger-at-sudo", Nothing, Ignore, |_| {}, |site, name| {
        Attempt::new(site.visit("sudo", &name), &[])
    }),
    // From here on nobody is let in.
    scenario!("wrong-app-password", Nothing, Reject, |_| {}, |site, name| {
        let person = site.person(&name).await;
        let password = site.app_password(&person, Scope::All).await;
        let wrong = format!("{} aaaa bbbb cccc", &password[..4]);
        Attempt::new(site.visit("imap", &name).secret(&wrong), &[])
    }),
    scenario!("revoked-app-password", Nothing, Reject, |_| {}, |site, name| {
        let person = site.person(&name).await;
        let password = site.app_password(&person, Scope::All).await;
        drop(flows::revoke_app_passwords(&site.authority(), &person.id, None).await.unwrap());
        Attempt::new(site.visit("imap", &name).secret(&password), &[])
    }),
    scenario!("main-password-of-enrolled-at-mail", Nothing, Reject, |_| {}, |site, name| {
        drop(enrolled(site, &name).await);
        Attempt::new(site.visit("imap", &name).secret(MAIN_PASSWORD), &[])
    }),
    scenario!("wrong-mail-password", Nothing, Reject, |_| {}, |site, name| {
        drop(site.person(&name).await);
        Attempt::new(site.visit("imap", &name).secret("wrong"), &[])
    }),
    scenario!("wrong-login-password", Nothing, Reject, |_| {}, |site, name| {
        drop(site.person(&name).await);
        Attempt::new(site.visit("sshd", &name), &["wrong"])
    }),
    scenario!("no-code", Nothing, Reject, |_| {}, |site, name| {
        drop(enrolled(site, &name).await);
        Attempt::new(site.visit("sshd", &name), &[MAIN_PASSWORD])
    }),
    scenario!("wrong-codes", Nothing, Reject, |_| {}, |site, name| {
        let (_, app) = enrolled(site, &name).await;
        let wrong = app.wrong_code(1);
        Attempt::new(site.visit("sshd", &name), &[MAIN_PASSWORD, &wrong, &wrong, &wrong])
    }),
    scenario!("spent-code", Nothing, Reject, |_| {}, |site, name| {
        let (_, app) = enrolled(site, &name).await;
        let code = app.code();
        assert!(site.visit("sshd", &name).says(&[MAIN_PASSWORD, &code]).await.is_accept());
        Attempt::new(site.visit("sshd", &name), &[MAIN_PASSWORD, &code, &code, &code])
    }),
    scenario!(
        "hundredth-wrong-code",
        Nothing,
        Reject,
        |setup| setup.limits.codes.in_a_row = 1,
        |site, name| {
            let (_, app) = enrolled(site, &name).await;
            Attempt::new(site.visit("sshd", &name), &[MAIN_PASSWORD, &app.wrong_code(1)])
        }
    ),
    scenario!("code-of-a-locked-factor", Nothing, Reject, |_| {}, |site, name| {
        let (person, app) = enrolled(site, &name).await;
        let now = site.now_plus(0);
        site.edit(&person, |data| data.factors[0].locked = Some(now)).await;
        Attempt::new(site.visit("sshd", &name), &[MAIN_PASSWORD, &app.code()])
    }),
    scenario!("code-past-the-limit", Nothing, Reject, |_| {}, |site, name| {
        let (_, app) = enrolled(site, &name).await;
        let wrong = app.wrong_code(1);
        for _ in 0..2 {
            drop(site.visit("sshd", &name).says(&[MAIN_PASSWORD, &wrong, &wrong, &wrong]).await);
        }
        Attempt::new(site.visit("sshd", &name), &[MAIN_PASSWORD, &app.code()])
    }),
    scenario!("wrong-recovery-code", Nothing, Reject, |_| {}, |site, name| {
        let (person, _) = enrolled(site, &name).await;
        let codes = site.recovery_codes(&person, 1).await;
        let wrong = format!("{}-bbbb-cccc-dddd-eeee", &codes[0][..4]);
        Attempt::new(site.visit("sshd", &name), &[MAIN_PASSWORD, &wrong, &wrong, &wrong])
    }),
    scenario!("spent-recovery-code", Nothing, Reject, |_| {}, |site, name| {
        let (person, _) = enrolled(site, &name).await;
        let codes = site.recovery_codes(&person, 2).await;
        assert!(site.visit("sshd", &name).says(&[MAIN_PASSWORD, &codes[0]]).await.is_accept());
        Attempt::new(site.visit("sshd", &name), &[MAIN_PASSWORD, &codes[0], &codes[0], &codes[0]])
    }),
    scenario!("revoked-device", Nothing, Reject, |_| {}, |site, name| {
        let (person, _) = trusting(site, &name).await;
        let records = site.ledger.devices(&person.id, site.now_plus(0)).await.unwrap();
        let keyring = &site.engine.keyring;
        drop(flows::revoke_devices(&site.authority(), keyring, &person.id, |_| true).await.unwrap());
        site.ledger.put_device(&person.id, &records[0], site.now_plus(0)).await.unwrap();
        Attempt::new(site.visit("sshd", &name).key(SshKey(1)), &[MAIN_PASSWORD])
    }),
    scenario!("another-key", Nothing, Reject, |_| {}, |site, name| {
        drop(trusting(site, &name).await);
        Attempt::new(site.visit("sshkey", &name).key(SshKey(2)), &[])
    }),
    scenario!("no-enrolment", Nothing, Reject, required, |site, name| {
        drop(site.person(&name).await);
        Attempt::new(site.visit("sshd", &name), &[MAIN_PASSWORD])
    }),
    scenario!("enrolment-without-password", Nothing, Reject, required, |site, name| {
        drop(site.person(&name).await);
        Attempt::enrolling(site.visit("sshkey", &name).key(SshKey(1)), &["wrong"])
    }),
    scenario!("wrong-ticket", Nothing, Reject, with_tickets, |site, name| {
        let person = site.person(&name).await;
        drop(ticket(site, &person).await);
        Attempt::enrolling(site.visit("sshd", &name), &[MAIN_PASSWORD, "aaaa-bbbb-cccc-dddd-eeee"])
    }),
    scenario!("combined-with-wrong-code", Nothing, Reject, |_| {}, |site, name| {
        let (_, app) = enrolled(site, &name).await;
        let secret = format!("{MAIN_PASSWORD}{}", app.wrong_code(1));
        Attempt::new(site.visit("webmail", &name).secret(&secret), &[])
    }),
    scenario!("combined-with-spent-code", Nothing, Reject, |_| {}, |site, name| {
        let (_, app) = enrolled(site, &name).await;
        let secret = format!("{MAIN_PASSWORD}{}", app.code());
        assert!(site.visit("webmail", &name).secret(&secret).says(&[]).await.is_accept());
        Attempt::new(site.visit("webmail", &name).secret(&secret), &[])
    }),
    scenario!("disabled", Nothing, Reject, |_| {}, |site, name| {
        let (person, app) = enrolled(site, &name).await;
        site.edit(&person, |data| data.policy.disabled = true).await;
        Attempt::new(site.visit("sshd", &name), &[MAIN_PASSWORD, &app.code()])
    }),
    scenario!("another-uid", Nothing, Reject, |_| {}, |site, name| {
        let (person, app) = enrolled(site, &name).await;
        site.set_host_user(&name, Some(person.uid + 100_000));
        Attempt::new(site.visit("sshd", &name), &[MAIN_PASSWORD, &app.code()])
    }),
    scenario!("stranger-at-sshd", Nothing, Reject, |_| {}, |site, name| {
        Attempt::new(site.visit("sshd", &name), &[MAIN_PASSWORD])
    }),
    scenario!("account-without-proof", Nothing, Reject, |_| {}, |site, name| {
        drop(enrolled(site, &name).await);
        Attempt::Account { service: "sshd", name, proof: None }
    }),
    // What a replica has not heard of yet.
    scenario!("enrolled-since", Nothing, Reject, |_| {}, |site, name| {
        let person = site.person(&name).await;
        site.lag(&person).await;
        drop(site.bind(&person, "phone").await);
        Attempt::new(site.visit("sshd", &name), &[MAIN_PASSWORD])
    }),
    scenario!("enrolled-since-at-the-stack", Nothing, Reject, |_| {}, |site, name| {
        let person = site.person(&name).await;
        site.lag(&person).await;
        drop(site.bind(&person, "phone").await);
        Attempt::new(site.visit("sshkey", &name).key(SshKey(1)), &[])
    }),
    scenario!("disabled-since", Nothing, Reject, |_| {}, |site, name| {
        let person = site.person(&name).await;
        site.lag(&person).await;
        site.edit(&person, |data| data.policy.disabled = true).await;
        Attempt::new(site.visit("sshd", &name), &[MAIN_PASSWORD])
    }),
    scenario!("revoked-since", Nothing, Reject, |_| {}, |site, name| {
        let (person, _) = trusting(site, &name).await;
        site.lag(&person).await;
        site.edit(&person, postern_core::account::AccountData::forget_trust).await;
        Attempt::new(site.visit("sshd", &name).key(SshKey(1)), &[MAIN_PASSWORD])
    }),
    scenario!("enrolled-since-at-mail", OldMailPassword, Reject, |_| {}, |site, name| {
        let person = site.person(&name).await;
        site.lag(&person).await;
        drop(site.bind(&person, "phone").await);
        Attempt::new(site.visit("imap", &name).secret(MAIN_PASSWORD), &[])
    }),
    scenario!("app-password-revoked-since", OldAppPassword, Reject, |_| {}, |site, name| {
        let person = site.person(&name).await;
        let password = site.app_password(&person, Scope::All).await;
        site.lag(&person).await;
        drop(flows::revoke_app_passwords(&site.authority(), &person.id, None).await.unwrap());
        Attempt::new(site.visit("imap", &name).secret(&password), &[])
    }),
    scenario!("password-past-the-limit", LimitedPassword, Reject, |_| {}, |site, name| {
        drop(site.person(&name).await);
        for number in 0..10 {
            drop(site.visit("sshd", &name).says(&[&format!("wrong {number}")]).await);
        }
        Attempt::new(site.visit("sshd", &name), &[MAIN_PASSWORD])
    }),
    scenario!("factor-removed-since", Nothing, Reject, |_| {}, |site, name| {
        let (person, app) = enrolled(site, &name).await;
        drop(site.bind(&person, "token").await);
        site.lag(&person).await;
        drop(flows::unbind_factor(&site.authority(), &person.id, app.id.unwrap(), false).await.unwrap());
        Attempt::new(site.visit("sshd", &name), &[MAIN_PASSWORD, &app.code()])
    }),
];
