use std::fmt::Display;

use postern_core::account::Account;
use postern_core::policy::{
    AccountPolicy, EffectiveLogin, EffectiveMail, ForcedEnrolment, MainPasswordOnMail, SecondFactor,
    ServiceKind, StrictestRule,
};
use serde_json::{Map, Value, json};

use super::{decide, value};
use crate::failure::Failure;
use crate::output::Output;
use crate::site::Site;

/// Sets the parts that are given, and shows the policy in force.
pub(super) async fn run(
    site: &Site,
    name: &str,
    wanted: (Option<&str>, Option<&str>),
    output: Output,
) -> Result<(), Failure> {
    let change = Change::of(wanted.0, wanted.1).map_err(Failure::usage)?;
    let account = if change.is_none() {
        site.account(name).await?
    } else {
        decide(site, name, |policy| change.make(policy)).await?
    };
    // Parts that were not given are shown only if none was.
    let mut text = String::new();
    if wanted.0.is_some() || wanted.1.is_none() {
        text.push_str(&format!("main password on mail: {}\n", mail_text(site, &account)));
    }
    if wanted.1.is_some() || wanted.0.is_none() {
        text.push_str(&format!("second factor at logins: {}\n", login_text(site, &account)));
    }
    output.about(&account).print(&text, "account", value(site, &account).await?)
}

/// A change of a policy: each part keeps its value, returns to the configuration's, or gets a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Change {
    main_password_on_mail: Option<Option<MainPasswordOnMail>>,
    second_factor: Option<Option<SecondFactor>>,
}

impl Change {
    /// Reads the words of the options.
    pub(super) fn of(main_password: Option<&str>, second_factor: Option<&str>) -> Result<Self, String> {
        Ok(Self {
            main_password_on_mail: main_password
                .map(|word| chosen("--main-password-on-mail", word, str::parse))
                .transpose()?,
            second_factor: second_factor.map(|word| chosen("--second-factor", word, named)).transpose()?,
        })
    }

    pub(super) fn is_none(self) -> bool {
        self.main_password_on_mail.is_none() && self.second_factor.is_none()
    }

    pub(super) fn make(self, policy: &mut AccountPolicy) {
        policy.main_password_on_mail = self.main_password_on_mail.unwrap_or(policy.main_password_on_mail);
        policy.second_factor = self.second_factor.unwrap_or(policy.second_factor);
    }
}

/// Both parts as the account has them.
pub(super) fn words(policy: AccountPolicy) -> String {
    let main_password = policy.main_password_on_mail.map_or("default", |policy| policy.as_str());
    let second_factor = policy.second_factor.map_or("default", |policy| policy.as_str());
    format!("main_password_on_mail {main_password}, second_factor {second_factor}")
}

/// The value of a part, or `None` for the configuration's.
fn chosen<T, E: Display>(
    option: &str,
    word: &str,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<Option<T>, String> {
    if word == "default" {
        return Ok(None);
    }
    parse(word).map(Some).map_err(|error| format!("{option} \"{word}\" {error}, default"))
}

fn named(word: &str) -> Result<SecondFactor, &'static str> {
    let found = SecondFactor::NAMED.iter().find(|(name, _)| *name == word);
    found.map(|(_, value)| *value).ok_or("is none of off, if-enrolled, required, exempt")
}

/// The account's own setting for its main password.
pub(super) fn mail_word(account: &Account) -> &'static str {
    account.data.policy.main_password_on_mail.map_or("default", |policy| policy.as_str())
}

/// Whether the main password opens mail. If the services differ, it names them.
pub(super) fn mail_text(site: &Site, account: &Account) -> String {
    let all = mail(site, account).map(|(name, policy)| (name, policy.main_password_on_mail.as_str()));
    by_service(&all.collect::<Vec<_>>(), account.data.policy.main_password_on_mail.is_some())
}

/// What logins ask for besides the first factor. If the services differ, it names them.
pub(super) fn login_text(site: &Site, account: &Account) -> String {
    let all = login(site, account).map(|(name, policy)| (name, policy.second_factor.as_str()));
    by_service(&all.collect::<Vec<_>>(), account.data.policy.second_factor.is_some())
}

/// The services whose policy only logs and refuses nothing.
pub(super) fn observe_text(site: &Site, account: &Account) -> String {
    let mail = mail(site, account).map(|(name, policy)| (name, policy.observe));
    let login = login(site, account).map(|(name, policy)| (name, policy.observe));
    let (observed, enforced): (Vec<_>, Vec<_>) = mail.chain(login).partition(|(_, observe)| *observe);
    match (observed.is_empty(), enforced.is_empty()) {
        (true, _) => "no".to_owned(),
        (false, true) => "yes: what policy would refuse is only logged".to_owned(),
        (false, false) => {
            let names: Vec<&str> = observed.iter().map(|(name, _)| *name).collect();
            format!("at {}: what policy would refuse is only logged", names.join(", "))
        }
    }
}

/// The policy in force for each service, for scripts.
pub(super) fn effective(site: &Site, account: &Account) -> Value {
    let mail = mail(site, account).map(|(name, policy)| {
        let value = json!({
            "main_password_on_mail": policy.main_password_on_mail.as_str(),
            "combined": policy.combined,
            "observe": policy.observe,
        });
        (name.to_owned(), value)
    });
    let config = &site.config;
    let strictest = StrictestRule::of(&config.policy, &config.services, account.data.policy);
    let login = login(site, account).map(|(name, policy)| {
        let value = json!({
            "second_factor": policy.second_factor.as_str(),
            "forced_enrolment": forced_word(strictest.forced_enrolment),
            "trust_device": policy.trust_device.as_secs(),
            "observe": policy.observe,
        });
        (name.to_owned(), value)
    });
    Value::Object(mail.chain(login).collect::<Map<_, _>>())
}

fn mail<'a>(site: &'a Site, account: &'a Account) -> impl Iterator<Item = (&'a str, EffectiveMail)> {
    site.config.services.values().filter_map(|service| match &service.kind {
        ServiceKind::Mail(mail) => {
            let policy = EffectiveMail::of(&site.config.policy, service.observe, mail, account.data.policy);
            Some((service.name.as_str(), policy))
        }
        ServiceKind::Login(_) => None,
    })
}

fn login<'a>(site: &'a Site, account: &'a Account) -> impl Iterator<Item = (&'a str, EffectiveLogin)> {
    site.config.services.values().filter_map(|service| match &service.kind {
        ServiceKind::Mail(_) => None,
        ServiceKind::Login(login) => {
            let policy = EffectiveLogin::of(&site.config.policy, service.observe, login, account.data.policy);
            Some((service.name.as_str(), policy))
        }
    })
}

fn forced_word(forced: ForcedEnrolment) -> &'static str {
    ForcedEnrolment::NAMED.iter().find(|(_, value)| *value == forced).map_or("", |(name, _)| name)
}

fn by_service(all: &[(&str, &str)], is_accounts_own: bool) -> String {
    let source = if is_accounts_own { "account" } else { "configuration" };
    match all.split_first() {
        Some(((_, first), rest)) if rest.iter().all(|(_, policy)| policy == first) => {
            format!("{first} ({source})")
        }
        _ => {
            let each: Vec<String> = all.iter().map(|(name, policy)| format!("{name} {policy}")).collect();
            format!("{} ({source})", each.join(", "))
        }
    }
}
