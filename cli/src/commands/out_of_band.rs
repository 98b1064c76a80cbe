//! Out-of-band factors: mailboxes and telephones that receive codes, and phones that approve logins.

use postern_core::account::Account;
use postern_core::app_password::Label;
use postern_core::factor::FactorType;
use postern_core::flows::{Bound, EnrolFor, enrol_for};
use postern_core::limits::Source;
use postern_core::verdict::{Reason, Verdict};
use serde_json::json;

use super::factor;
use crate::args::{EmailCommand, PhoneCommand, RemoveOne, SentOptions, SmsCommand};
use crate::failure::Failure;
use crate::output::Output;
use crate::person::Person;
use crate::screen;
use crate::site::Site;
use crate::{language, notices};

/// Runs a verb for an account's backup addresses.
pub(crate) async fn email(site: &Site, command: EmailCommand, output: Output) -> Result<(), Failure> {
    let kind = FactorType::Email;
    match command {
        EmailCommand::Enrol { name, address, options } => {
            enrol(site, &name, NewFactorOptions::sent(kind, address, options), output).await
        }
        EmailCommand::List { name } => list(site, &name, kind, output).await,
        EmailCommand::Remove(one) => remove(site, &one, kind, output).await,
    }
}

/// Runs a verb for an account's telephone numbers.
pub(crate) async fn sms(site: &Site, command: SmsCommand, output: Output) -> Result<(), Failure> {
    let kind = FactorType::Sms;
    match command {
        SmsCommand::Enrol { name, number, options } => {
            enrol(site, &name, NewFactorOptions::sent(kind, number, options), output).await
        }
        SmsCommand::List { name } => list(site, &name, kind, output).await,
        SmsCommand::Remove(one) => remove(site, &one, kind, output).await,
    }
}

/// Runs a verb for an account's phones.
pub(crate) async fn phone(site: &Site, command: PhoneCommand, output: Output) -> Result<(), Failure> {
    let kind = FactorType::Phone;
    match command {
        PhoneCommand::Enrol { name, label, replace } => {
            let wanted = NewFactorOptions { kind, to: None, label, replace, is_unproved: false };
            enrol(site, &name, wanted, output).await
        }
        PhoneCommand::List { name } => list(site, &name, kind, output).await,
        PhoneCommand::Remove(one) => remove(site, &one, kind, output).await,
    }
}

struct NewFactorOptions {
    kind: FactorType,
    to: Option<String>,
    label: Option<String>,
    replace: Option<String>,
    is_unproved: bool,
}

impl NewFactorOptions {
    fn sent(kind: FactorType, to: String, options: SentOptions) -> Self {
        let SentOptions { label, replace, unproved } = options;
        Self { kind, to: Some(to), label, replace, is_unproved: unproved }
    }
}

/// Runs the same flow as self-service does, without the account's password, which an admin does not have.
async fn enrol(site: &Site, name: &str, wanted: NewFactorOptions, output: Output) -> Result<(), Failure> {
    let account = site.account(name).await?;
    let (language, source) = (language::of_process(), Source::of_user(nix::unistd::getuid().as_raw()));
    let order = EnrolFor {
        account: &account,
        kind: wanted.kind,
        label: wanted.label.map(|label| Label::new(&label)).transpose().map_err(Failure::data)?,
        to: wanted.to,
        replaces: wanted
            .replace
            .map(|typed| factor::find_factor(&account, &typed))
            .transpose()?
            .map(|old| old.id),
        is_unproved: wanted.is_unproved,
        language: language.as_deref(),
        source: &source,
        screen: screen::of_process(),
    };
    if let Some(label) = &order.label {
        factor::warn_of_label(&account, label, order.replaces);
    }
    let mut person = Person::new(output, &[]);
    let enrolled = enrol_for(&site.engine()?, &order, &mut person).await;
    // A terminal that is gone ends the conversation. Only the prompter knows why.
    if let Some(fault) = person.fault() {
        return Err(fault);
    }
    let fault = site.courier.take_fault();
    if let Some(bound) = enrolled.bound {
        let concluded = conclude(&account, &bound, &order, output);
        if let Some(fault) = fault {
            notices::warn(&account, &fault);
        }
        return concluded;
    }
    let failure = not_bound(enrolled.outcome.verdict);
    Err(match fault {
        Some(fault) => failure.and(fault),
        None => failure,
    })
}

fn not_bound(verdict: Verdict) -> Failure {
    match verdict {
        Verdict::Reject(Reason::Limited) => Failure::temporary("nothing was bound"),
        Verdict::Reject(_) | Verdict::Accept(_) | Verdict::Ignore(_) => Failure::data("nothing was bound"),
        Verdict::Defer(why) => Failure::temporary(format!("nothing was bound: {why}")),
    }
}

fn conclude(account: &Account, bound: &Bound, order: &EnrolFor<'_>, output: Output) -> Result<(), Failure> {
    let is_proved = !order.is_unproved;
    let text = factor::bound_text(bound, &account.name, order.replaces, is_proved);
    let value = json!({
        "account": account.name,
        "id": bound.id,
        "label": bound.label.as_str(),
        "to": order.to,
        "proved": is_proved,
        "first": bound.is_first,
        "replaces": order.replaces,
    });
    output.about(account).print(&text, bound.kind.name(), value)
}

async fn list(site: &Site, name: &str, kind: FactorType, output: Output) -> Result<(), Failure> {
    factor::list(site, &site.account(name).await?, Some(kind), output).await
}

/// Removes the factor of the id, or the only one of the kind if no id is given.
async fn remove(site: &Site, one: &RemoveOne, kind: FactorType, output: Output) -> Result<(), Failure> {
    let account = site.account(&one.name).await?;
    let (kind_name, name) = (kind.name(), &account.name);
    let of_kind = factor::of_kind(&account, Some(kind));
    let id = match (&one.id, &*of_kind) {
        (_, []) => return Err(Failure::data(format!("{name} has no second factor of the kind {kind_name}"))),
        (None, [only]) => only.id,
        (None, _) => {
            return Err(Failure::usage(format!(
                "{name} has {} of the kind {kind_name}; give the id of one, see: postern {kind_name} list {name}",
                of_kind.len()
            )));
        }
        (Some(typed), _) => factor::find_factor_among(&of_kind, name, typed)?.id,
    };
    factor::remove(site, &account, Some(&id.to_string()), output).await
}
