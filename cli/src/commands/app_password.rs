mod bulk;
mod order;

use std::path::Path;

use postern_core::account::Account;
use postern_core::app_password::{AppPassword, Label, LiveAppPassword, Networks, Scope, Selector};
use postern_core::changes::{
    Created, Order, Revoked, create_app_password, regenerate_app_passwords, revoke_app_passwords,
};
use postern_core::clock::Timestamp;
use postern_core::config::{MailServer, MailSettings};
use postern_core::ledger::{Credential, Use};
use postern_core::words::Phrase;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::account_text::{use_text, use_value};
use crate::args::{AppPasswordCommand, CreateAppPassword};
use crate::failure::{self, Failure};
use crate::output::{Output, local, table};
use crate::site::Site;
use order::order;

/// Runs a verb of `postern app-password`. Files of the calling user are opened before root is given up.
pub(crate) async fn run(config: &Path, command: AppPasswordCommand, output: Output) -> Result<(), Failure> {
    if let AppPasswordCommand::Create(wanted) = &command
        && let (Some(from), Some(result)) = (&wanted.from, &wanted.results)
    {
        return bulk::run(config, wanted, (from, result), output).await;
    }
    of_one(&Site::open(config)?, command, output).await
}

async fn of_one(site: &Site, command: AppPasswordCommand, output: Output) -> Result<(), Failure> {
    match command {
        AppPasswordCommand::Create(wanted) => {
            let CreateAppPassword { name: Some(name), label: Some(label), .. } = &*wanted else {
                return Err(Failure::usage("give a name and --label, or --from and --results"));
            };
            let expires = wanted.expires.as_deref();
            let order = order(site, (label, &wanted.scope), expires, &wanted.network)?;
            create(site, &site.account(name).await?, &order, output).await
        }
        AppPasswordCommand::List { name, revoked } => {
            list(site, &site.account(&name).await?, revoked, output).await
        }
        AppPasswordCommand::Revoke { name, id, .. } => {
            revoke(site, &site.account(&name).await?, id.map(|id| selector(&id)).transpose()?, output).await
        }
        AppPasswordCommand::Regenerate { name, id, .. } => {
            regenerate(site, &site.account(&name).await?, id.map(|id| selector(&id)).transpose()?, output)
                .await
        }
    }
}

async fn create(site: &Site, account: &Account, order: &Order, output: Output) -> Result<(), Failure> {
    warn_of_label(account, &order.label);
    let created = create_app_password(&site.authority(), &account.id, order).await?;
    let settings = &site.config.mail_settings;
    let all = std::slice::from_ref(&created);
    let settings_text = settings_text(settings, account, all);
    let text = Zeroizing::new(format!("{}\n{settings_text}", *shown(&created, account)));
    let printed = output.about(account).print_all(
        &text,
        [("app_password", created_value(&created)), ("mail_settings", settings_value(settings, account))],
    );
    tell_of_created(site, account, all).await;
    printed
}

/// Warns that two app passwords with one name can be told apart by their ids alone.
fn warn_of_label(account: &Account, label: &Label) {
    if let Some(other) = account.data.live_app_passwords().find(|live| live.label == *label) {
        failure::warn(format!("{} has an app password \"{label}\" already, {}…", account.name, other.id));
    }
}

async fn tell_of_created(site: &Site, account: &Account, all: &[Created]) {
    for created in all {
        let label = created.record.label.as_str();
        site.tell_owner(account, &Phrase::ChangedAppPasswordCreated { label }).await;
    }
}

async fn regenerate(
    site: &Site,
    account: &Account,
    which: Option<Selector>,
    output: Output,
) -> Result<(), Failure> {
    let all = regenerate_app_passwords(&site.authority(), &account.id, which).await?;
    let settings = &site.config.mail_settings;
    let mut text = Zeroizing::new(String::new());
    for created in &all {
        text.push_str(&shown(created, account));
        text.push('\n');
    }
    text.push_str(&if all.is_empty() {
        "no app password to replace".to_owned()
    } else {
        settings_text(settings, account, &all)
    });
    let printed = output.about(account).print_all(
        &text,
        [
            ("app_passwords", all.iter().map(created_value).collect()),
            ("mail_settings", settings_value(settings, account)),
        ],
    );
    tell_of_created(site, account, &all).await;
    printed
}

async fn revoke(
    site: &Site,
    account: &Account,
    which: Option<Selector>,
    output: Output,
) -> Result<(), Failure> {
    let all = match revoke_app_passwords(&site.authority(), &account.id, which).await? {
        Revoked::Before(id) => {
            let text = format!("app password {id} was revoked before");
            return output.about(account).print(&text, "revoked", vec![id]);
        }
        Revoked::Now(all) => all,
    };
    let lines = all.iter().map(|live| format!("revoked app password {} \"{}\"\n", live.id, live.label));
    let text = if all.is_empty() { "no app password to revoke".to_owned() } else { lines.collect() };
    let printed =
        output.about(account).print(&text, "revoked", all.iter().map(|live| live.id).collect::<Vec<_>>());
    for live in &all {
        let label = live.label.as_str();
        site.tell_owner(account, &Phrase::ChangedAppPasswordRevoked { label }).await;
    }
    printed
}

async fn list(site: &Site, account: &Account, with_revoked: bool, output: Output) -> Result<(), Failure> {
    let (uses, now) = (site.ledger.last_uses(&account.id).await?, site.clock.now());
    let last_use = |id| last_use(&uses, id);
    let all = by_age(account);
    let rows = all.iter().filter_map(|password| match password {
        AppPassword::Live(live) => Some(live_row(live, last_use(live.id), now)),
        AppPassword::Revoked(tombstone) => with_revoked.then(|| {
            let mut row = vec![
                format!("{}…", tombstone.id),
                "-".to_owned(),
                format!("revoked {}", local(tombstone.revoked)),
            ];
            row.resize(7, "-".to_owned());
            row
        }),
    });
    let text = table(&["ID", "LABEL", "STATE", "OPENS", "FROM", "CREATED", "LAST USED"], rows);
    let text = if text.is_empty() { format!("{} has no app passwords", account.name) } else { text };
    output.about(account).print(&text, "app_passwords", values(account, &uses))
}

/// The app passwords of an account for scripts, revoked ones last.
pub(super) fn values(account: &Account, uses: &[Use]) -> Vec<Value> {
    by_age(account).into_iter().map(|password| value(password, last_use(uses, password.id()))).collect()
}

fn by_age(account: &Account) -> Vec<&AppPassword> {
    let mut all: Vec<&AppPassword> = account.data.app_passwords.iter().collect();
    all.sort_by_key(|password| password.live().map_or((true, None), |live| (false, Some(live.created))));
    all
}

fn last_use(uses: &[Use], id: Selector) -> Option<&Use> {
    uses.iter().find(|used| used.credential == Credential::AppPassword(id))
}

fn live_row(live: &LiveAppPassword, used: Option<&Use>, now: Timestamp) -> Vec<String> {
    let state = match live.expires {
        None => "in force".to_owned(),
        Some(expires) if live.is_expired(now) => format!("expired {}", local(expires)),
        Some(expires) => format!("until {}", local(expires)),
    };
    vec![
        format!("{}…", live.id),
        live.label.to_string(),
        state,
        scope_text(&live.scope),
        networks_text(&live.networks),
        local(live.created),
        used.map_or_else(|| "never".to_owned(), use_text),
    ]
}

fn scope_text(scope: &Scope) -> String {
    match scope {
        Scope::All => "all mail services".to_owned(),
        Scope::Only(_) => scope.words().join(", "),
    }
}

fn networks_text(networks: &Networks) -> String {
    if networks.is_empty() { "anywhere".to_owned() } else { networks.to_string().replace(',', ", ") }
}

/// Reads an id as it is listed, `GdGn…`, or alone.
fn selector(typed: &str) -> Result<Selector, Failure> {
    let id = typed.trim_end_matches('…').trim_end_matches('.');
    id.parse().map_err(|error| Failure::data(format!("\"{typed}\" is {error}")))
}

fn shown(created: &Created, account: &Account) -> Zeroizing<String> {
    let record = &created.record;
    let replaces = created.replaces.map_or(String::new(), |old| format!(", instead of {old}"));
    let until = record
        .expires
        .map_or_else(|| "revoked".to_owned(), |expires| format!("{} or revoked", local(expires)));
    Zeroizing::new(format!(
        "App password \"{label}\" for {name}{replaces}:\n\n    {password}\n\n\
         It is shown this once. Type it into the mail program instead of the main password,\n\
         with or without the spaces. It opens: {scope}; from: {from}; until {until}.\n",
        label = record.label,
        name = account.name,
        password = *created.password.grouped(),
        scope = scope_text(&record.scope),
        from = networks_text(&record.networks),
    ))
}

/// The settings of the services that any of these opens.
fn settings_text(settings: &MailSettings, account: &Account, all: &[Created]) -> String {
    let mut rows = vec![vec!["User name".to_owned(), account.name.clone()]];
    for (word, server) in settings.servers() {
        if all.iter().any(|created| created.record.scope.opens(Some(word))) {
            let MailServer { host, port, tls } = server;
            rows.push(vec![word.as_str().to_uppercase(), format!("{host}, port {port}, {}", tls.name())]);
        }
    }
    format!("Mail settings\n{}\n", table(&[], rows))
}

fn settings_value(settings: &MailSettings, account: &Account) -> Value {
    let server = |server: &Option<MailServer>| {
        server
            .as_ref()
            .map(|server| json!({ "host": server.host, "port": server.port, "tls": server.tls.as_str() }))
    };
    json!({
        "user": account.name,
        "imap": server(&settings.imap),
        "pop3": server(&settings.pop3),
        "smtp": server(&settings.smtp),
    })
}

fn created_value(created: &Created) -> Value {
    let mut value = live_value(&created.record);
    if let Some(object) = value.as_object_mut() {
        object.insert("password".to_owned(), json!(created.password.grouped().as_str()));
        object.insert("replaces".to_owned(), json!(created.replaces));
    }
    value
}

fn value(password: &AppPassword, used: Option<&Use>) -> Value {
    let mut value = match password {
        AppPassword::Live(live) => live_value(live),
        AppPassword::Revoked(tombstone) => json!({
            "id": tombstone.id, "label": null, "scope": null, "created": null, "expires": null, "networks": null,
            "revoked": tombstone.revoked,
        }),
    };
    if let Some(object) = value.as_object_mut() {
        object.insert("last_used".to_owned(), json!(used.map(use_value)));
    }
    value
}

fn live_value(live: &LiveAppPassword) -> Value {
    json!({
        "id": live.id,
        "label": live.label.as_str(),
        "scope": live.scope,
        "created": live.created,
        "expires": live.expires,
        "networks": live.networks,
        "revoked": null,
    })
}
