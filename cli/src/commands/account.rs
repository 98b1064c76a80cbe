use postern_core::account::{Account, AccountData, Attributes, Standing};
use postern_core::directory::DirectoryError;
use postern_core::flows::edit;
use postern_core::hashing::{Purpose, SALT_BYTES, StoredHash};
use postern_core::ledger::{Credential, Use};
use postern_core::name::LoginName;
use postern_core::policy::{AccountPolicy, EffectiveMail, ServiceKind};
use postern_core::secret::Password;
use postern_store::embedded::NewAccount;
use serde_json::{Value, json};

use crate::args::AccountCommand;
use crate::failure::Failure;
use crate::output::{Output, table};
use crate::prompt;
use crate::site::{self, Site};

/// Does what was asked of an account.
pub(crate) async fn run(site: &Site, command: AccountCommand, output: Output) -> Result<(), Failure> {
    match command {
        AccountCommand::Create {
            name,
            password_stdin,
            no_password,
            uid,
            gid,
            home,
            mail,
            attribute,
            expires,
        } => {
            let attributes = attributes(&[("uidNumber", uid), ("gidNumber", gid)], home, mail, &attribute)?;
            let wanted = Wanted { name, attributes, expires, has_password: !no_password, password_stdin };
            create(site, wanted, output).await
        }
        AccountCommand::Show { name } => show(site, &site.account(&name).await?, output).await,
        AccountCommand::List => list(site, output).await,
        AccountCommand::Disable { name } => set_disabled(site, &name, true, output).await,
        AccountCommand::Enable { name } => set_disabled(site, &name, false, output).await,
        AccountCommand::Expire { name, at, .. } => expire(site, &name, at.as_deref(), output).await,
        AccountCommand::Policy { name, main_password_on_mail } => {
            policy(site, &name, main_password_on_mail.as_deref(), output).await
        }
        AccountCommand::Password { name, password_stdin, remove } => {
            password(site, &name, password_stdin, remove, output).await
        }
    }
}

struct Wanted {
    name: String,
    attributes: Attributes,
    expires: Option<String>,
    has_password: bool,
    password_stdin: bool,
}

async fn create(site: &Site, wanted: Wanted, output: Output) -> Result<(), Failure> {
    let embedded = site.embedded()?;
    check_name(&wanted.name)?;
    wanted.attributes.values("mail").iter().try_for_each(|address| check_name(address))?;
    let expires = wanted.expires.map(|text| site::moment(&text, site.clock.now())).transpose()?;
    let password = match wanted.has_password {
        true => Some(hash(site, &prompt::new_password(wanted.password_stdin)?).await?),
        false => None,
    };
    let policy = AccountPolicy { expires, ..AccountPolicy::default() };
    let new = NewAccount { name: wanted.name.clone(), password, policy, attributes: wanted.attributes };
    embedded.create_account(new).await?;
    let account = site.account(&wanted.name).await?;
    output.print(&format!("created account {}", account.name), "account", value(site, &account).await?)
}

async fn show(site: &Site, account: &Account, output: Output) -> Result<(), Failure> {
    let uses = site.ledger.last_uses(&account.id).await?;
    let has_password = match site.embedded() {
        Ok(embedded) => embedded.has_main_password(&account.id).await?,
        Err(_) => true,
    };
    let yes_no = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    let mut rows = vec![
        vec!["name".to_owned(), account.name.clone()],
        vec!["id".to_owned(), account.id.to_string()],
        vec!["standing".to_owned(), standing(account.standing).to_owned()],
        vec!["main password".to_owned(), yes_no(has_password)],
        vec!["enrolled".to_owned(), yes_no(account.data.enrolled)],
        vec!["app passwords".to_owned(), account.data.live_app_passwords().count().to_string()],
        vec!["main password on mail".to_owned(), policy_text(site, account)],
    ];
    if let Some(used) = uses.iter().find(|used| used.credential == Credential::MainPassword) {
        rows.push(vec!["main password last used".to_owned(), use_text(used)]);
    }
    for (name, values) in account.attributes.iter() {
        rows.push(vec![name.to_owned(), values.join(", ")]);
    }
    let text = table(&[], rows);
    output.print(&text, "account", value(site, account).await?)
}

async fn list(site: &Site, output: Output) -> Result<(), Failure> {
    let mut accounts = Vec::new();
    let mut broken = Vec::new();
    let sort = &mut |read: Result<Account, DirectoryError>| match read {
        Ok(account) => {
            let row = vec![
                account.name.clone(),
                standing(account.standing).to_owned(),
                if account.data.enrolled { "enrolled" } else { "-" }.to_owned(),
                policy_word(account.data.policy).to_owned(),
                account.data.live_app_passwords().count().to_string(),
            ];
            accounts.push((account.name.clone(), row, brief(&account)));
        }
        Err(error) => broken.push(error.to_string()),
    };
    site.directory.visit(sort).await?;
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

async fn set_disabled(site: &Site, name: &str, disabled: bool, output: Output) -> Result<(), Failure> {
    let account = decide(site, name, |policy| policy.disabled = disabled).await?;
    let word = if disabled { "disabled" } else { "enabled" };
    output.print(&format!("{word} account {}", account.name), "account", value(site, &account).await?)
}

/// Changes what is decided for an account, and reads it again.
async fn decide(
    site: &Site,
    name: &str,
    change: impl Fn(&mut AccountPolicy) + Send + Sync,
) -> Result<Account, Failure> {
    let account = site.account(name).await?;
    let change = |data: &mut AccountData| {
        change(&mut data.policy);
        Ok(())
    };
    edit(&*site.directory, &account.id, change).await?;
    site.account(name).await
}

async fn expire(site: &Site, name: &str, at: Option<&str>, output: Output) -> Result<(), Failure> {
    let expires = at.map(|text| site::moment(text, site.clock.now())).transpose()?;
    let account = decide(site, name, |policy| policy.expires = expires).await?;
    let when = expires.map_or_else(|| "does not expire".to_owned(), |at| format!("expires {at}"));
    output.print(&format!("account {} {when}", account.name), "account", value(site, &account).await?)
}

async fn policy(site: &Site, name: &str, wanted: Option<&str>, output: Output) -> Result<(), Failure> {
    let account = match wanted {
        None => site.account(name).await?,
        Some("default") => decide(site, name, |policy| policy.main_password_on_mail = None).await?,
        Some(word) => {
            let wrong =
                |error| Failure::usage(format!("--main-password-on-mail \"{word}\" {error}, default"));
            let wanted = Some(word.parse().map_err(wrong)?);
            decide(site, name, |policy| policy.main_password_on_mail = wanted).await?
        }
    };
    let text = format!("main password on mail: {}", policy_text(site, &account));
    output.print(&text, "account", value(site, &account).await?)
}

async fn password(
    site: &Site,
    name: &str,
    from_stdin: bool,
    remove: bool,
    output: Output,
) -> Result<(), Failure> {
    let account = site.account(name).await?;
    let embedded = site.embedded()?;
    let hash = if remove { None } else { Some(hash(site, &prompt::new_password(from_stdin)?).await?) };
    embedded.set_main_password(&account.id, hash).await?;
    let word = if remove { "removed" } else { "set" };
    output.print(
        &format!("{word} the main password of account {}", account.name),
        "account",
        value(site, &account).await?,
    )
}

async fn hash(site: &Site, password: &Password) -> Result<StoredHash, Failure> {
    let mut salt = [0; SALT_BYTES];
    site::random(&mut salt).map_err(Failure::system)?;
    let cost = site.config.limits.main_password_cost;
    let secret = password.expose().as_bytes();
    site.hasher.hash(secret, &salt, cost, Purpose::MainPassword).await.map_err(Failure::system)
}

/// Names are kept in lower case, as Dovecot hands them over, so that two cannot differ in case alone.
fn check_name(name: &str) -> Result<(), Failure> {
    LoginName::new(name)
        .map_err(|error| Failure::data(format!("the name \"{}\" {error}", name.escape_debug())))?;
    if name.chars().any(|c| c.is_whitespace() || c.is_ascii_uppercase()) {
        return Err(Failure::data(format!(
            "the name \"{name}\" has a space or a capital letter; names are in lower case"
        )));
    }
    Ok(())
}

fn attributes(
    numbers: &[(&str, Option<u32>)],
    home: Option<String>,
    mail: Vec<String>,
    others: &[String],
) -> Result<Attributes, Failure> {
    let mut attributes = Attributes::new();
    for (name, number) in numbers {
        attributes.set(name, number.map(|number| number.to_string()).into_iter().collect());
    }
    attributes.set("homeDirectory", home.into_iter().collect());
    attributes.set("mail", mail);
    for other in others {
        let (name, text) = other
            .split_once('=')
            .filter(|(name, _)| {
                !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            })
            .ok_or_else(|| Failure::usage(format!("--attribute \"{other}\" is not NAME=VALUE")))?;
        if !attributes.values(name).is_empty() {
            return Err(Failure::usage(format!("the attribute {name} is given twice")));
        }
        attributes.set(name, vec![text.to_owned()]);
    }
    let has_control = |values: &[String]| values.iter().any(|value| value.chars().any(char::is_control));
    let bad = attributes.iter().find(|(_, values)| has_control(values)).map(|(name, _)| name.to_owned());
    match bad {
        Some(name) => Err(Failure::data(format!("the attribute {name} has a control character"))),
        None => Ok(attributes),
    }
}

fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Active => "active",
        Standing::Disabled => "disabled",
        Standing::Expired => "expired",
    }
}

fn policy_word(policy: AccountPolicy) -> &'static str {
    policy.main_password_on_mail.map_or("default", |policy| policy.as_str())
}

/// What holds, and for which services, where they differ.
fn policy_text(site: &Site, account: &Account) -> String {
    let effective = |name: &str| {
        let service = site.config.services.get(name)?;
        let ServiceKind::Mail(mail) = &service.kind else { return None };
        let effective = EffectiveMail::of(&site.config.policy, service.observe, mail, account.data.policy);
        Some(effective.main_password_on_mail.as_str())
    };
    let source =
        if account.data.policy.main_password_on_mail.is_some() { "account" } else { "configuration" };
    let all: Vec<(&str, &str)> =
        site.config.services.keys().filter_map(|name| Some((name.as_str(), effective(name)?))).collect();
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

/// When, to which service and from where.
pub(super) fn use_text(used: &Use) -> String {
    let from = used.address.map_or(String::new(), |address| format!(" from {address}"));
    format!("{}, {}{from}", used.at, used.service)
}

pub(super) fn use_value(used: &Use) -> Value {
    json!({ "at": used.at, "service": used.service, "address": used.address })
}

async fn value(site: &Site, account: &Account) -> Result<Value, Failure> {
    let uses = site.ledger.last_uses(&account.id).await?;
    let last_used = uses.iter().find(|used| used.credential == Credential::MainPassword).map(use_value);
    let mut value = brief(account);
    if let Some(object) = value.as_object_mut() {
        let attributes: serde_json::Map<String, Value> =
            account.attributes.iter().map(|(name, values)| (name.to_owned(), json!(values))).collect();
        object.insert("attributes".to_owned(), Value::Object(attributes));
        object.insert("main_password_last_used".to_owned(), json!(last_used));
        let effective: serde_json::Map<String, Value> = site
            .config
            .services
            .values()
            .filter_map(|service| {
                let ServiceKind::Mail(mail) = &service.kind else { return None };
                let effective =
                    EffectiveMail::of(&site.config.policy, service.observe, mail, account.data.policy);
                let value = json!({
                    "main_password_on_mail": effective.main_password_on_mail.as_str(),
                    "observe": effective.observe,
                });
                Some((service.name.clone(), value))
            })
            .collect();
        object.insert("effective_policy".to_owned(), Value::Object(effective));
    }
    Ok(value)
}

fn brief(account: &Account) -> Value {
    json!({
        "name": account.name,
        "id": account.id.as_str(),
        "standing": standing(account.standing),
        "enrolled": account.data.enrolled,
        "app_passwords": account.data.live_app_passwords().count(),
        "policy": {
            "main_password_on_mail": account.data.policy.main_password_on_mail.map(|policy| policy.as_str()),
            "disabled": account.data.policy.disabled,
            "expires": account.data.policy.expires,
        },
    })
}
