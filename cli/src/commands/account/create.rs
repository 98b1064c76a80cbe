use postern_core::account::Attributes;
use postern_core::name::LoginName;
use postern_core::policy::AccountPolicy;
use postern_store::embedded::NewAccount;

use super::edit::hash;
use super::value::value;
use crate::failure::Failure;
use crate::output::Output;
use crate::prompt;
use crate::site::{self, Site};

/// An account to create.
pub(super) struct RequestedAccount {
    pub(super) name: String,
    pub(super) attributes: Attributes,
    pub(super) expires: Option<String>,
    pub(super) has_password: bool,
    pub(super) password_stdin: bool,
}

/// Creates an account in the embedded directory.
pub(super) async fn create(site: &Site, wanted: RequestedAccount, output: Output) -> Result<(), Failure> {
    let embedded = site.embedded()?;
    check_name(&wanted.name)?;
    wanted.attributes.values("mail").iter().try_for_each(|address| check_name(address))?;
    let expires = wanted.expires.map(|text| site::moment(&text, site.clock.now())).transpose()?;
    let password = match wanted.has_password {
        true => Some(
            hash(site, &prompt::new_password(wanted.password_stdin, site.config.limits.main_password_min)?)
                .await?,
        ),
        false => None,
    };
    let policy = AccountPolicy { expires, ..AccountPolicy::default() };
    let new = NewAccount { name: wanted.name.clone(), password, policy, attributes: wanted.attributes };
    let id = embedded.create_account(new).await?;
    let account = site.directory.read(&id).await?.ok_or_else(|| Failure::no_account(&wanted.name))?;
    let text = format!("created account {}", account.name);
    output.about(&account).print(&text, "account", value(site, &account).await?)
}

/// Names are stored in lower case, as Dovecot passes them on, so that no two differ in case alone.
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

/// The attributes that the command line's options stand for.
pub(super) fn attributes(
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
