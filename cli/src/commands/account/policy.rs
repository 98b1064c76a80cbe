use std::fmt::Display;

use postern_core::policy::{AccountPolicy, MainPasswordOnMail, SecondFactor};

use super::edit::decide;
use super::policy_text::{login_text, mail_text};
use super::value::value;
use crate::failure::Failure;
use crate::output::Output;
use crate::site::Site;

/// Sets the parts that are given, and shows the policy in force.
pub(super) async fn run(
    site: &Site,
    name: &str,
    wanted: (Option<&str>, Option<&str>),
    output: Output,
) -> Result<(), Failure> {
    let change = Change::of(wanted.0, wanted.1).map_err(Failure::usage)?;
    let account = if change.is_none() {
        site.account(name).await?
    } else {
        decide(site, name, |policy| change.make(policy)).await?
    };
    // Parts that were not given are shown only if none was.
    let mut text = String::new();
    if wanted.0.is_some() || wanted.1.is_none() {
        text.push_str(&format!("main password on mail: {}\n", mail_text(site, &account)));
    }
    if wanted.1.is_some() || wanted.0.is_none() {
        text.push_str(&format!("second factor at logins: {}\n", login_text(site, &account)));
    }
    output.about(&account).print(&text, "account", value(site, &account).await?)
}

/// A change of a policy: each part keeps its value, returns to the configuration's, or gets a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Change {
    main_password_on_mail: Option<Option<MainPasswordOnMail>>,
    second_factor: Option<Option<SecondFactor>>,
}

impl Change {
    /// Reads the words of the options.
    pub(super) fn of(main_password: Option<&str>, second_factor: Option<&str>) -> Result<Self, String> {
        Ok(Self {
            main_password_on_mail: main_password
                .map(|word| chosen("--main-password-on-mail", word, str::parse))
                .transpose()?,
            second_factor: second_factor.map(|word| chosen("--second-factor", word, named)).transpose()?,
        })
    }

    pub(super) fn is_none(self) -> bool {
        self.main_password_on_mail.is_none() && self.second_factor.is_none()
    }

    pub(super) fn make(self, policy: &mut AccountPolicy) {
        policy.main_password_on_mail = self.main_password_on_mail.unwrap_or(policy.main_password_on_mail);
        policy.second_factor = self.second_factor.unwrap_or(policy.second_factor);
    }
}

/// Both parts as the account has them.
pub(super) fn words(policy: AccountPolicy) -> String {
    let main_password = policy.main_password_on_mail.map_or("default", |policy| policy.as_str());
    let second_factor = policy.second_factor.map_or("default", |policy| policy.as_str());
    format!("main_password_on_mail {main_password}, second_factor {second_factor}")
}

/// The value of a part, or `None` for the configuration's.
fn chosen<T, E: Display>(
    option: &str,
    word: &str,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<Option<T>, String> {
    if word == "default" {
        return Ok(None);
    }
    parse(word).map(Some).map_err(|error| format!("{option} \"{word}\" {error}, default"))
}

fn named(word: &str) -> Result<SecondFactor, &'static str> {
    let found = SecondFactor::NAMED.iter().find(|(name, _)| *name == word);
    found.map(|(_, value)| *value).ok_or("is none of off, if-enrolled, required, exempt")
}
