use postern_core::account::{Account, AccountId};
use postern_core::challenge::ChallengeId;
use postern_core::changes::{PendingChallenge, deny_challenges, pending_challenges};
use postern_core::directory::DirectoryError;
use serde_json::{Value, json};

use crate::args::ChallengeCommand;
use crate::failure::Failure;
use crate::output::{Output, local, table};
use crate::progress::Progress;
use crate::site::Site;

/// Runs a verb of `postern challenge`.
pub(crate) async fn run(site: &Site, command: ChallengeCommand, output: Output) -> Result<(), Failure> {
    match command {
        ChallengeCommand::List { name: Some(name) } => {
            let account = site.account(&name).await?;
            let about = output.about(&account);
            let (text, values) = listed(site, vec![(account.id, account.name)]).await?;
            about.print(&text, "challenges", values)
        }
        ChallengeCommand::List { name: None } => {
            let (accounts, unreadable) = all(site).await?;
            let (text, values) = listed(site, accounts).await?;
            output.print(&text, "challenges", values)?;
            if unreadable.is_empty() { Ok(()) } else { Err(Failure::data(unreadable.join("\n"))) }
        }
        ChallengeCommand::Deny { name, id, .. } => {
            deny(site, &site.account(&name).await?, id.as_deref(), output).await
        }
    }
}

/// Every account, and the errors of those that cannot be read.
async fn all(site: &Site) -> Result<(Vec<(AccountId, String)>, Vec<String>), Failure> {
    let progress = Progress::new("accounts", None);
    let (mut accounts, mut unreadable) = (Vec::new(), Vec::new());
    site.directory
        .for_each_account(&mut |read: Result<Account, DirectoryError>| {
            progress.step();
            match read {
                Ok(account) => accounts.push((account.id, account.name)),
                Err(error) => unreadable.push(error.to_string()),
            }
        })
        .await?;
    Ok((accounts, unreadable))
}

async fn listed(site: &Site, accounts: Vec<(AccountId, String)>) -> Result<(String, Vec<Value>), Failure> {
    let (authority, keyring) = (site.authority(), site.keyring()?);
    let progress = Progress::new("challenges", Some(accounts.len() as u64));
    let (mut rows, mut values) = (Vec::new(), Vec::new());
    for (id, name) in accounts {
        for one in pending_challenges(&authority, &keyring, &id).await? {
            rows.push(row(&name, &one));
            values.push(value(&name, &one));
        }
        progress.step();
    }
    drop(progress);
    let text = table(&["ID", "ACCOUNT", "KIND", "SERVICE", "FROM", "SINCE", "UNTIL", "ANSWER"], rows);
    Ok((if text.is_empty() { "nothing waits for an answer".to_owned() } else { text }, values))
}

async fn deny(site: &Site, account: &Account, id: Option<&str>, output: Output) -> Result<(), Failure> {
    let authority = site.authority();
    let pending = pending_challenges(&authority, &site.keyring()?, &account.id).await?;
    let ids: Vec<ChallengeId> = match id {
        None => pending.iter().map(|one| one.id).collect(),
        Some(typed) => vec![find_factor(&pending, typed, &account.name)?],
    };
    let denied = deny_challenges(&authority, &account.id, &ids).await?;
    let denied: Vec<&PendingChallenge> = pending.iter().filter(|one| denied.contains(&one.id)).collect();
    let text: String = denied
        .iter()
        .map(|one| format!("refused {} for {} at {}\n", short(one), account.name, one.challenge.service))
        .collect();
    let text = if text.is_empty() { "nothing waits for an answer any more".to_owned() } else { text };
    let values: Vec<Value> = denied.iter().map(|one| value(&account.name, one)).collect();
    output.about(account).print(&text, "denied", values)
}

fn find_factor(pending: &[PendingChallenge], typed: &str, name: &str) -> Result<ChallengeId, Failure> {
    let mut meant = pending.iter().filter(|one| one.id.is_meant_by(typed));
    match (meant.next(), meant.next()) {
        (Some(one), None) => Ok(one.id),
        (Some(_), Some(_)) => Err(Failure::data(format!("more than one challenge begins with \"{typed}\""))),
        (None, _) => Err(Failure::data(format!(
            "nothing with the id \"{typed}\" waits for {name}; see: postern challenge list {name}"
        ))),
    }
}

/// The shortest beginning of an id that tells the account's challenges apart.
fn short(one: &PendingChallenge) -> String {
    one.id.to_string().chars().take(8).collect()
}

fn row(name: &str, one: &PendingChallenge) -> Vec<String> {
    let challenge = &one.challenge;
    vec![
        short(one),
        name.to_owned(),
        challenge.kind.name().to_owned(),
        challenge.service.clone(),
        challenge.rhost.clone().unwrap_or_else(|| "-".to_owned()),
        local(challenge.created),
        local(challenge.expires),
        if one.is_answered { "given" } else { "-" }.to_owned(),
    ]
}

/// A challenge for scripts.
pub(super) fn value(name: &str, one: &PendingChallenge) -> Value {
    let challenge = &one.challenge;
    json!({
        "id": one.id.to_string(),
        "account": name,
        "kind": challenge.kind.name(),
        "service": challenge.service,
        "rhost": challenge.rhost,
        "created": challenge.created,
        "expires": challenge.expires,
        "answered": one.is_answered,
    })
}
