use postern_core::account::Account;
use postern_core::directory::DirectoryError;
use postern_core::factor::Factor;
use postern_core::ledger::{Credential, Use};
use serde_json::json;

use super::policy_text;
use super::value::{brief, value};
use crate::commands::account_text::{standing, use_text};
use crate::commands::factor;
use crate::failure::Failure;
use crate::output::{Output, local, table};
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
        vec!["main password on mail".to_owned(), policy_text::mail_text(site, account)],
        vec!["second factor at logins".to_owned(), policy_text::login_text(site, account)],
        vec!["observe".to_owned(), policy_text::observe_text(site, account)],
    ];
    for factor in factor::by_age(account) {
        rows.push(vec!["second factor".to_owned(), factor_text(factor, &uses)]);
    }
    if let Some(ticket) = account.data.policy.ticket {
        rows.push(vec!["ticket".to_owned(), format!("until {}", local(ticket.expires))]);
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
                policy_text::mail_word(&account).to_owned(),
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
    let locked = factor.locked.map_or(String::new(), |since| format!(", locked {}", local(since)));
    format!(
        "{} {} ({}, last used {used}{locked})",
        factor.id.short(),
        factor.label,
        factor::kind_text(factor)
    )
}
