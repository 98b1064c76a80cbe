//! `postern account`: one file for each group of verbs.

mod create;
mod edit;
mod factors;
mod policies;
mod policy;
mod policy_text;
mod show;
mod value;

use std::path::Path;

use postern_core::changes;
use postern_core::words::Phrase;

use crate::args::AccountCommand;
use crate::commands::bulk::Row;
use crate::failure::Failure;
use crate::output::Output;
use crate::prompt;
use crate::site::{self, Site};
use create::RequestedAccount;
use edit::{decide, hash};
use value::value;

pub(super) use policy_text::mail_after_enrolment;
pub(super) use value::value as account_value;

/// Runs a verb of `postern account`. Files of the calling user are read before root is given up.
pub(crate) async fn run(config: &Path, command: AccountCommand, output: Output) -> Result<(), Failure> {
    let from = if let AccountCommand::Policy(wanted) = &command { wanted.from.as_deref() } else { None };
    let rows = from.map(policies::read).transpose()?;
    act(&Site::open(config)?, command, rows, output).await
}

async fn act(
    site: &Site,
    command: AccountCommand,
    rows: Option<Vec<Row>>,
    output: Output,
) -> Result<(), Failure> {
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
            let numbers = [("uidNumber", uid), ("gidNumber", gid)];
            let attributes = create::attributes(&numbers, home, mail, &attribute)?;
            let wanted =
                RequestedAccount { name, attributes, expires, has_password: !no_password, password_stdin };
            create::create(site, wanted, output).await
        }
        AccountCommand::Show { name } => show::show(site, &site.account(&name).await?, output).await,
        AccountCommand::List => show::list(site, output).await,
        AccountCommand::Disable { name } => set_disabled(site, &name, true, output).await,
        AccountCommand::Enable { name } => set_disabled(site, &name, false, output).await,
        AccountCommand::Expire { name, at, .. } => expire(site, &name, at.as_deref(), output).await,
        AccountCommand::Policy(wanted) => {
            let options = (wanted.main_password_on_mail.as_deref(), wanted.second_factor.as_deref());
            match &wanted.name {
                Some(name) => policy::run(site, name, options, output).await,
                None => policies::run(site, &wanted, rows.unwrap_or_default(), output).await,
            }
        }
        AccountCommand::Unlock { name } => factors::unlock(site, &site.account(&name).await?, output).await,
        AccountCommand::Reset { name, yes } => {
            factors::reset(site, &site.account(&name).await?, yes, output).await
        }
        AccountCommand::Invite { name, good_for } => {
            factors::invite(site, &site.account(&name).await?, &good_for, output).await
        }
        AccountCommand::Password { name, password_stdin, remove } => {
            password(site, &name, password_stdin, remove, output).await
        }
    }
}

async fn set_disabled(site: &Site, name: &str, disabled: bool, output: Output) -> Result<(), Failure> {
    let account = decide(site, name, |policy| policy.disabled = disabled).await?;
    if disabled {
        // Otherwise they would go on once the account is enabled again.
        changes::end_sessions(&site.authority(), &site.keyring()?, &account.id, |_| true).await?;
    }
    let word = if disabled { "disabled" } else { "enabled" };
    let text = format!("{word} account {}", account.name);
    output.about(&account).print(&text, "account", value(site, &account).await?)
}

async fn expire(site: &Site, name: &str, at: Option<&str>, output: Output) -> Result<(), Failure> {
    let expires = at.map(|text| site::moment(text, site.clock.now())).transpose()?;
    let account = decide(site, name, |policy| policy.expires = expires).await?;
    let when = expires.map_or_else(|| "does not expire".to_owned(), |at| format!("expires {at}"));
    let text = format!("account {} {when}", account.name);
    output.about(&account).print(&text, "account", value(site, &account).await?)
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
    let least = site.config.limits.main_password_min;
    let hash = if remove { None } else { Some(hash(site, &prompt::new_password(from_stdin, least)?).await?) };
    embedded.set_main_password(&account.id, hash).await?;
    let word = if remove { "removed" } else { "set" };
    let text = format!("{word} the main password of account {}", account.name);
    let printed = output.about(&account).print(&text, "account", value(site, &account).await?);
    site.tell_owner(&account, &Phrase::ChangedMainPassword {}).await;
    printed
}
