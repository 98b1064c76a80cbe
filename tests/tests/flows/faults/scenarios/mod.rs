//! Logins of every kind: accepted and refused ones.

/// Defines one scenario. The body makes the attempt of a user of that name.
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

mod let_in;
mod out_of_band;
mod refused;

use std::time::Duration;

use postern_core::changes;
use postern_core::exchange::Outcome;
use postern_core::flows;
use postern_core::name::LoginName;
use postern_core::policy::{ForcedEnrolment, SecondFactor};

pub(in crate::faults) use let_in::LET_IN;
pub(in crate::faults) use refused::REFUSED;

use self::out_of_band::OutOfBandAnswer;
use super::End;
use crate::harness::{App, Script, Setup, Site, Someone, SshKey, Visit};

/// The credential that lets a user in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::faults) enum Secret {
    AppPassword,
    /// The main password at a mail service.
    MailPassword,
    /// The main password at a login service.
    LoginPassword,
    /// The same, after too many wrong ones.
    LimitedPassword,
    /// An app password whose revocation has not reached a replica.
    OldAppPassword,
    /// The main password at a mail service, when the first factor has not reached a replica.
    OldMailPassword,
    /// A code of an app, after a first factor.
    Code,
    RecoveryCode,
    TrustedDevice,
    /// The first code of an app that is being bound.
    FirstCode,
    /// Main password and code in one field.
    Combined,
    /// The proof of a recent accept.
    Proof,
    /// None is needed, because Postern leaves the login to other modules.
    Nothing,
}

impl Secret {
    pub(in crate::faults) const ALL: &[Self] = &[
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
    /// The credentials for which a main password is checked.
    pub(in crate::faults) const PASSWORDS: &[Self] = &[
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
pub(in crate::faults) struct Scenario {
    pub(in crate::faults) name: &'static str,
    /// How it ends without a fault.
    pub(in crate::faults) end: End,
    pub(in crate::faults) with: Secret,
    /// Its credential works only once.
    pub(in crate::faults) is_once_only: bool,
    pub(in crate::faults) setup: fn(&mut Setup),
    pub(in crate::faults) prepare: fn(&Site, String) -> Preparing<'_>,
}

pub(in crate::faults) type Preparing<'a> = std::pin::Pin<Box<dyn Future<Output = Attempt> + 'a>>;

impl Scenario {
    /// The verdicts that let a user in.
    pub(in crate::faults) fn opens(&self) -> End {
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
pub(in crate::faults) enum Attempt {
    Login {
        visit: Visit,
        answers: Vec<String>,
        enrols: bool,
    },
    Account {
        service: &'static str,
        name: String,
        proof: Option<String>,
    },
    /// A login with an out-of-band second factor.
    OutOfBandAnswer {
        visit: Visit,
        by: OutOfBandAnswer,
    },
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

    pub(in crate::faults) async fn run(&self, site: &Site) -> Outcome {
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
                flows::account(&site.engine, site.engine.service(service), &name, proof.as_deref()).await
            }
            Self::OutOfBandAnswer { visit, by } => {
                visit.clone().at(&site.engine).with(&mut by.person(site)).await
            }
        }
    }
}

async fn enrolled(site: &Site, name: &str) -> (Someone, App) {
    let person = site.person(name).await;
    let app = site.bind(&person, "phone").await;
    (person, app)
}

/// A user whose key 1 is trusted, with an app whose codes are not spent.
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
    let made = changes::invite(&site.authority(), &site.engine.keyring, &who.id, hour).await.unwrap();
    made.0.grouped().to_string()
}
