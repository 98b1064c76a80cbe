//! An account for scripts.

use postern_core::account::Account;
use postern_core::ledger::Credential;
use serde_json::{Value, json};

use super::policy_text;
use crate::commands::account_text::{standing, use_value};
use crate::commands::factor;
use crate::failure::Failure;
use crate::site::Site;

/// The account for scripts.
pub(in crate::commands) async fn value(site: &Site, account: &Account) -> Result<Value, Failure> {
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
        object.insert("effective_policy".to_owned(), policy_text::effective(site, account));
    }
    Ok(value)
}

/// The same in short.
pub(super) fn brief(account: &Account) -> Value {
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
