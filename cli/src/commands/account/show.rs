use postern_core::account::Account;
use postern_core::account_status::AccountStatus;
use postern_core::directory::DirectoryError;
use postern_core::factor::Factor;
use postern_core::ledger::{Credential, Use};
use serde_json::{Value, json};

use super::policy;
use crate::commands::factor;
use crate::failure::Failure;
use crate::output::{Output, table};
use crate::site::Site;

/// Shows an account with everything in force for it.
pub(super) async fn show(site: &Site, account: &Account, output: Output) -> Result<(), Failure> {
    let uses = site.ledger.last_uses(&account.id).await?;
    let has_password = match site.embedded() {
        Ok(embedded) => embedded.has_main_password(&account.id).await?,
        Err(_) => true,
    };
    let yes_no = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    let mut rows = vec![
        vec!["name".to_owned(), account.name.clone()],
        vec!["id".to_owned(), account.id.to_string()],
        vec!["standing".to_owned(), standing(account.status).to_owned()],
        vec!["main password".to_owned(), yes_no(has_password)],
        vec!["enrolled".to_owned(), yes_no(account.data.is_enrolled())],
        vec!["app passwords".to_owned(), account.data.live_app_passwords().count().to_string()],
        vec!["recovery codes".to_owned(), account.data.recovery_codes.len().to_string()],
        vec!["main password on mail".to_owned(), policy::mail_text(site, account)],
        vec!["second factor at logins".to_owned(), policy::login_text(site, account)],
        vec!["observe".to_owned(), policy::observe_text(site, account)],
    ];
    for factor in factor::by_age(account) {
        rows.push(vec!["second factor".to_owned(), factor_text(factor, &uses)]);
    }
    if let Some(ticket) = account.data.policy.ticket {
        rows.push(vec!["ticket".to_owned(), format!("until {}", ticket.expires)]);
    }
    if let Some(used) = uses.iter().find(|used| used.credential == Credential::MainPassword) {
        rows.push(vec!["main password last used".to_owned(), use_text(used)]);
    }
    for (name, values) in account.attributes.iter() {
        rows.push(vec![name.to_owned(), values.join(", ")]);
    }
    let text = table(&[], rows);
    output.print_all(
        &text,
        [("account".to_owned(), value(site, account).await?), output.about(account).value()],
    )
}

/// Lists all accounts, and names those that cannot be read.
pub(super) async fn list(site: &Site, output: Output) -> Result<(), Failure> {
    let mut accounts = Vec::new();
    let mut broken = Vec::new();
    let sort = &mut |read: Result<Account, DirectoryError>| match read {
        Ok(account) => {
            let row = vec![
                account.name.clone(),
                standing(account.status).to_owned(),
                factors_word(&account),
                policy::mail_word(&account).to_owned(),
                account.data.live_app_passwords().count().to_string(),
            ];
            accounts.push((account.name.clone(), row, brief(&account)));
        }
        Err(error) => broken.push(error.to_string()),
    };
    site.directory.for_each_account(sort).await?;
    accounts.sort_by(|(a, ..), (b, ..)| a.cmp(b));
    let (mut rows, mut values) = (Vec::new(), Vec::new());
    for (_, row, value) in accounts {
        rows.push(row);
        values.push(value);
    }
    let text = table(&["NAME", "STANDING", "FACTORS", "MAIN PASSWORD ON MAIL", "APP PASSWORDS"], rows);
    let text =
        if text.is_empty() { "no accounts; make one with: postern account create".to_owned() } else { text };
    output.print_all(&text, [("accounts", json!(values)), ("unreadable", json!(broken))])?;
    if broken.is_empty() { Ok(()) } else { Err(Failure::data(broken.join("\n"))) }
}

/// The number of factors. An account may be marked as enrolled without any.
fn factors_word(account: &Account) -> String {
    match (account.data.factors.len(), account.data.is_enrolled()) {
        (0, false) => "-".to_owned(),
        (0, true) => "marked".to_owned(),
        (count, _) => count.to_string(),
    }
}

fn factor_text(factor: &Factor, uses: &[Use]) -> String {
    let used = factor::last_use(factor, uses).map_or_else(|| "never".to_owned(), use_text);
    let locked = factor.locked.map_or(String::new(), |since| format!(", locked {since}"));
    format!(
        "{} {} ({}, last used {used}{locked})",
        factor.id.short(),
        factor.label,
        factor::kind_text(factor)
    )
}

pub(in crate::commands) fn standing(status: AccountStatus) -> &'static str {
    match status {
        AccountStatus::Active => "active",
        AccountStatus::Disabled => "disabled",
        AccountStatus::Expired => "expired",
    }
}

/// The time, the service and the source of a last use.
pub(in crate::commands) fn use_text(used: &Use) -> String {
    let from = used.address.map_or(String::new(), |address| format!(" from {address}"));
    format!("{}, {}{from}", used.at, used.service)
}

pub(in crate::commands) fn use_value(used: &Use) -> Value {
    json!({ "at": used.at, "service": used.service, "address": used.address })
}

/// The account for scripts.
pub(super) async fn value(site: &Site, account: &Account) -> Result<Value, Failure> {
    // A change that was made is reported even if the ledger does not answer.
    let uses = site.ledger.last_uses(&account.id).await.unwrap_or_default();
    let last_used = uses.iter().find(|used| used.credential == Credential::MainPassword).map(use_value);
    let mut value = brief(account);
    if let Some(object) = value.as_object_mut() {
        let attributes: serde_json::Map<String, Value> =
            account.attributes.iter().map(|(name, values)| (name.to_owned(), json!(values))).collect();
        object.insert("attributes".to_owned(), Value::Object(attributes));
        object.insert("main_password_last_used".to_owned(), json!(last_used));
        let factors: Vec<Value> =
            factor::by_age(account).into_iter().map(|factor| factor::value(factor, &uses)).collect();
        object.insert("factors".to_owned(), json!(factors));
        object.insert("recovery_codes_left".to_owned(), json!(account.data.recovery_codes.len()));
        object.insert("effective_policy".to_owned(), policy::effective(site, account));
    }
    Ok(value)
}

fn brief(account: &Account) -> Value {
    json!({
        "name": account.name,
        "id": account.id.as_str(),
        "standing": standing(account.status),
        "enrolled": account.data.is_enrolled(),
        "app_passwords": account.data.live_app_passwords().count(),
        "policy": {
            "main_password_on_mail": account.data.policy.main_password_on_mail.map(|policy| policy.as_str()),
            "second_factor": account.data.policy.second_factor.map(|policy| policy.as_str()),
            "ticket_expires": account.data.policy.ticket.map(|ticket| ticket.expires),
            "disabled": account.data.policy.disabled,
            "expires": account.data.policy.expires,
        },
    })
}
