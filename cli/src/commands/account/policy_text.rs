//! The policy in force for an account, in words and for scripts.

use postern_core::account::Account;
use postern_core::policy::{
    EffectiveLogin, EffectiveMail, ForcedEnrolment, MainPasswordOnMail, ServiceKind, StrictestRule,
};
use serde_json::{Map, Value, json};

use crate::site::Site;

/// The account's own setting for its main password.
pub(super) fn mail_word(account: &Account) -> &'static str {
    account.data.policy.main_password_on_mail.map_or("default", |policy| policy.as_str())
}

/// Whether the main password opens mail. If the services differ, it names them.
pub(super) fn mail_text(site: &Site, account: &Account) -> String {
    let all = mail(site, account).map(|(name, policy)| (name, policy.main_password_on_mail.as_str()));
    by_service(&all.collect::<Vec<_>>(), account.data.policy.main_password_on_mail.is_some())
}

/// What becomes of the main password on mail once the account has its first factor.
pub(in crate::commands) fn mail_after_enrolment(site: &Site, account: &Account) -> String {
    let (mut closed, mut open) = (Vec::new(), Vec::new());
    for (name, policy) in mail(site, account) {
        match policy.main_password_on_mail {
            MainPasswordOnMail::Always => open.push(name),
            MainPasswordOnMail::UntilEnrolled if policy.observe => open.push(name),
            MainPasswordOnMail::UntilEnrolled => closed.push(name),
            // It opens nothing before, either.
            MainPasswordOnMail::Never => {}
        }
    }
    match (closed.is_empty(), open.is_empty()) {
        (true, _) => "mail stays as it is".to_owned(),
        (false, true) => "the main password no longer opens mail".to_owned(),
        (false, false) => format!("the main password no longer opens {}", closed.join(", ")),
    }
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
