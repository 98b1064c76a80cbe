use postern_core::account::Account;
use postern_core::app_password::Label;
use postern_core::changes::{create_recovery_codes, edit, unbind_factor};
use postern_core::courier::Destination;
use postern_core::factor::{Factor, FactorId, FactorType};
use postern_core::flows::Bound;
use postern_core::ledger::{Credential, Use};
use postern_core::words::Phrase;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::account_text::{use_text, use_value};
use crate::args::{FactorCommand, RecoveryCommand};
use crate::count::counted;
use crate::failure::{self, Failure};
use crate::output::{Output, local, table};
use crate::site::Site;

/// Runs a verb for an account's second factors.
pub(crate) async fn run(site: &Site, command: FactorCommand, output: Output) -> Result<(), Failure> {
    match command {
        FactorCommand::List { name } => list(site, &site.account(&name).await?, None, output).await,
        FactorCommand::Remove { name, id, .. } => {
            remove(site, &site.account(&name).await?, id.as_deref(), output).await
        }
    }
}

/// Warns that two factors with one name can be told apart by their ids alone.
pub(super) fn warn_of_label(account: &Account, label: &Label, replaces: Option<FactorId>) {
    let others = account.data.factors.iter().filter(|factor| Some(factor.id) != replaces);
    if let Some(other) = others.into_iter().find(|factor| factor.label == *label) {
        failure::warn(format!(
            "{} has a second factor \"{label}\" already, {}",
            account.name,
            other.id.short()
        ));
    }
}

/// Runs a verb for an account's recovery codes.
pub(crate) async fn recovery(site: &Site, command: RecoveryCommand, output: Output) -> Result<(), Failure> {
    let RecoveryCommand::Create { name } = command;
    let account = site.account(&name).await?;
    let made = create_recovery_codes(&site.authority(), &account.id).await?.0;
    let shown: Vec<Zeroizing<String>> = made.iter().map(|code| code.grouped()).collect();
    let mut text = Zeroizing::new(format!(
        "{} recovery codes for {}, each good for one login. Earlier ones are no longer good.\nThey are shown this once:\n\n",
        shown.len(),
        account.name
    ));
    for code in &shown {
        text.push_str("    ");
        text.push_str(code);
        text.push('\n');
    }
    let codes: Vec<&str> = shown.iter().map(|code| code.as_str()).collect();
    let printed = output
        .about(&account)
        .print_all(&text, [("account", json!(account.name)), ("recovery_codes", json!(codes))]);
    site.tell_owner(&account, &Phrase::ChangedRecoveryCodes {}).await;
    printed
}

/// Lists the factors of an account, or those of one kind.
pub(super) async fn list(
    site: &Site,
    account: &Account,
    kind: Option<FactorType>,
    output: Output,
) -> Result<(), Failure> {
    let uses = site.ledger.last_uses(&account.id).await?;
    let factors = of_kind(account, kind);
    let rows = factors.iter().map(|factor| {
        let (used, locked) = (last_use(factor, &uses), factor.locked);
        vec![
            factor.id.short(),
            factor.label.to_string(),
            kind_text(factor),
            locked.map_or_else(|| "in use".to_owned(), |since| format!("locked {}", local(since))),
            local(factor.created),
            used.map_or_else(|| "never".to_owned(), use_text),
        ]
    });
    let mut text = table(&["ID", "LABEL", "KIND", "STATE", "CREATED", "LAST USED"], rows);
    if factors.is_empty() {
        let of_kind = kind.map_or(String::new(), |kind| format!(" of the kind {}", kind.name()));
        text = format!("{} has no second factor{of_kind}", account.name);
    } else if kind.is_none() {
        let left = counted(account.data.recovery_codes.len(), "recovery code is", "recovery codes are");
        text.push_str(&format!("\n{left} left\n"));
    }
    let values: Vec<Value> = factors.iter().map(|factor| value(factor, &uses)).collect();
    let left = json!(account.data.recovery_codes.len());
    output.about(account).print_all(&text, [("factors", json!(values)), ("recovery_codes_left", left)])
}

/// Unbinds one factor, or all.
pub(super) async fn remove(
    site: &Site,
    account: &Account,
    id: Option<&str>,
    output: Output,
) -> Result<(), Failure> {
    let removed = match id {
        Some(typed) => {
            let id = find_factor(account, typed)?.id;
            vec![unbind_factor(&site.authority(), &site.keyring()?, &account.id, id, true).await?]
        }
        None => {
            let all = edit(&*site.directory, &account.id, |data| {
                let ids: Vec<_> = data.factors.iter().map(|factor| factor.id).collect();
                Ok(ids.into_iter().filter_map(|id| data.unbind(id)).collect::<Vec<Factor>>())
            });
            all.await?
        }
    };
    let mut text: String = removed
        .iter()
        .map(|factor| format!("removed second factor {} \"{}\"\n", factor.id.short(), factor.label))
        .collect();
    if removed.is_empty() {
        text.push_str("no second factor to remove");
    } else if id.is_none() || account.data.factors.len() == 1 {
        text.push_str(&format!("{} is no longer enrolled", account.name));
    }
    let ids: Vec<_> = removed.iter().map(|factor| factor.id).collect();
    let printed = output.about(account).print(&text, "removed", ids);
    for factor in &removed {
        let what = Phrase::ChangedFactorRemoved { label: factor.label.as_str(), kind: factor.kind.name() };
        site.tell_owner(account, &what).await;
    }
    printed
}

/// The oldest first. The directory returns them in any order.
pub(super) fn by_age(account: &Account) -> Vec<&Factor> {
    of_kind(account, None)
}

/// As [`by_age`], for one kind if one is given.
pub(super) fn of_kind(account: &Account, kind: Option<FactorType>) -> Vec<&Factor> {
    let is_of_it = |factor: &&Factor| kind.is_none_or(|kind| kind == factor.kind.factor_type());
    let mut factors: Vec<&Factor> = account.data.factors.iter().filter(is_of_it).collect();
    factors.sort_by_key(|factor| (factor.created, factor.id));
    factors
}

/// The factor that an id or its beginning denotes.
pub(super) fn find_factor<'a>(account: &'a Account, typed: &str) -> Result<&'a Factor, Failure> {
    find_factor_among(&by_age(account), &account.name, typed)
}

/// As [`find_factor`], among some of the factors of the account `name`.
pub(super) fn find_factor_among<'a>(
    factors: &[&'a Factor],
    name: &str,
    typed: &str,
) -> Result<&'a Factor, Failure> {
    let mut meant = factors.iter().filter(|factor| factor.id.is_meant_by(typed));
    match (meant.next(), meant.next()) {
        (Some(factor), None) => Ok(factor),
        (Some(_), Some(_)) => Err(Failure::data(format!("more than one factor begins with \"{typed}\""))),
        (None, _) => Err(Failure::data(format!(
            "{name} has no such second factor \"{typed}\"; see: postern factor list {name}"
        ))),
    }
}

/// The text about a factor that was bound.
pub(super) fn bound_text(
    bound: &Bound,
    account: &str,
    replaces: Option<FactorId>,
    is_proved: bool,
) -> String {
    let mut text = format!("bound {} \"{}\" to account {account}", bound.id.short(), bound.label);
    if let Some(old) = replaces {
        text.push_str(&format!(", instead of {}", old.short()));
    }
    text.push('\n');
    if !is_proved {
        text.push_str("no code has proved it yet: try it before it is needed\n");
    }
    if bound.is_first {
        text.push_str("mail programs need app passwords now, unless main_password_on_mail says otherwise\n");
    }
    text
}

pub(super) fn last_use<'a>(factor: &Factor, uses: &'a [Use]) -> Option<&'a Use> {
    uses.iter().find(|used| used.credential == Credential::Factor(factor.id))
}

pub(super) fn kind_text(factor: &Factor) -> String {
    let name = factor.kind.name();
    factor.kind.record().summary().map_or_else(|| name.to_owned(), |summary| format!("{name} ({summary})"))
}

pub(super) fn value(factor: &Factor, uses: &[Use]) -> Value {
    let mut value = json!({
        "id": factor.id,
        "label": factor.label.as_str(),
        "kind": factor.kind.name(),
        "created": factor.created,
        "locked": factor.locked,
        "last_used": last_use(factor, uses).map(use_value),
    });
    let Some(object) = value.as_object_mut() else { return value };
    let record = factor.kind.record();
    object.extend(destination(factor).map(|(name, to)| (name.to_owned(), json!(to))));
    object.extend(record.details().into_iter().map(|(name, value)| (name.to_owned(), value)));
    if let Some(totp) = record.totp() {
        object.insert("algorithm".to_owned(), json!(totp.shape.algorithm.name()));
        object.insert("digits".to_owned(), json!(totp.shape.digits()));
        object.insert("period".to_owned(), json!(totp.shape.period.seconds()));
        object.insert("key".to_owned(), json!(totp.seed.key()));
    }
    value
}

/// The destination of a factor's codes and its name for scripts. It is shown in full, as the reader is an admin.
pub(super) fn destination(factor: &Factor) -> Option<(&'static str, &str)> {
    match factor.kind.record().destination()? {
        Destination::Email(address) => Some(("address", address.as_str())),
        Destination::Sms(number) => Some(("number", number.as_str())),
        Destination::WebPush(_) | Destination::Ntfy(_) => None,
    }
}
