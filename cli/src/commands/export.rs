//! `postern export`: everything that is kept about an account, for its owner. docs/coming-from.md describes the document.

use postern_core::changes::{open_sessions, pending_challenges, trusted_devices};
use postern_core::flows::recent_logins;
use postern_core::login_event::LoginEvent;
use serde_json::{Value, json};

use super::account::account_value;
use super::{app_password, challenge, device, session};
use crate::failure::Failure;
use crate::output::Output;
use crate::site::Site;

/// Prints the document, with or without `--json`.
///
/// Nothing in it opens the account: an export lies in mailboxes and on disks, and a seed or a hash there would be a second factor for
/// whoever finds it. The owner has the seeds in their app.
pub(crate) async fn run(site: &Site, name: &str, output: Output) -> Result<(), Failure> {
    let account = site.account(name).await?;
    let (authority, keyring) = (site.authority(), site.keyring()?);
    let uses = site.ledger.last_uses(&account.id).await?;
    let devices = trusted_devices(&authority, &keyring, &account).await?;
    let sessions = open_sessions(&authority, &keyring, &account).await?;
    let history = recent_logins(&authority, &keyring, &account.id).await?;
    let challenges = pending_challenges(&authority, &keyring, &account.id).await?;
    let recovery_codes: Vec<Value> =
        account.data.recovery_codes.iter().map(|code| json!({ "id": code.id })).collect();
    let values = [
        ("exported", json!(site.clock.now())),
        ("account", account_value(site, &account).await?),
        ("addresses", json!(account.addresses)),
        ("app_passwords", json!(app_password::values(&account, &uses))),
        ("recovery_codes", json!(recovery_codes)),
        ("devices", json!(devices.iter().map(device::value).collect::<Vec<_>>())),
        ("sessions", json!(sessions.iter().map(|one| session::value(site, one)).collect::<Vec<_>>())),
        (
            "challenges",
            json!(challenges.iter().map(|one| challenge::value(&account.name, one)).collect::<Vec<_>>()),
        ),
        ("history", json!(history.iter().map(LoginEvent::to_json).collect::<Vec<_>>())),
    ];
    let values = values.into_iter().map(|(name, value)| (name.to_owned(), value));
    let about = output.about(&account).value();
    output.as_json().print_all("", values.chain([about]))
}
