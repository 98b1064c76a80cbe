use postern_core::account::Account;
use postern_core::flows::recent_logins;
use postern_core::login_event::{EventVerdict, LoginEvent, UsedCredential};
use serde_json::Value;

use crate::failure::Failure;
use crate::output::{Output, local, table};
use crate::site::Site;

/// Lists the recent logins of an account, accepted and refused.
pub(crate) async fn run(site: &Site, name: &str, output: Output) -> Result<(), Failure> {
    let account = site.account(name).await?;
    let events = recent_logins(&site.authority(), &site.keyring()?, &account.id).await?;
    let headings = ["LAST", "SERVICE", "FROM", "VERDICT", "BY", "COUNT", "SINCE"];
    let text = table(&headings, events.iter().map(row));
    let text = if text.is_empty() { nothing(site, &account) } else { text };
    let values: Vec<Value> = events.iter().map(LoginEvent::to_json).collect();
    output.about(&account).print(&text, "events", values)
}

fn nothing(site: &Site, account: &Account) -> String {
    if site.config.limits.history.is_on() {
        format!("no login of {} is remembered", account.name)
    } else {
        "logins are not remembered: [history] entries is 0".to_owned()
    }
}

fn row(event: &LoginEvent) -> Vec<String> {
    vec![
        local(event.last),
        event.service.clone(),
        event.address.map_or_else(|| "-".to_owned(), |address| address.to_string()),
        verdict(event.verdict),
        event.credential.as_ref().map_or_else(|| "-".to_owned(), used),
        event.count.to_string(),
        local(event.first),
    ]
}

/// With the reason, as the log has it.
fn verdict(verdict: EventVerdict) -> String {
    match verdict {
        EventVerdict::Accept => "accept".to_owned(),
        EventVerdict::Reject { reason, is_first_factor_proved: false } => format!("reject: {reason}"),
        EventVerdict::Reject { reason, is_first_factor_proved: true } => {
            format!("reject: {reason}, first factor right")
        }
    }
}

fn used(used: &UsedCredential) -> String {
    let kind = used.kind.as_str();
    let id: Option<String> = used.id.as_ref().map(|id| id.chars().take(SHORT_ID).collect());
    match (id, &used.label) {
        (Some(id), Some(label)) => format!("{kind} {id} \"{label}\""),
        (Some(id), None) => format!("{kind} {id}"),
        (None, _) => kind.to_owned(),
    }
}

/// In characters; that of an app password is shorter.
const SHORT_ID: usize = 8;
