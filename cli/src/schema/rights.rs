//! What posternd's account needs in LDAP for one configuration: the names of which rules and indexes are made.

use std::collections::BTreeMap;
use std::path::Path;

use nix::unistd::User;
use postern_core::account::UID_NUMBER;
use postern_core::config::{Condition, Config, DirectoryKind, Ldap, LdapLogin};
use postern_core::exchange::PREFERRED_LANGUAGE;
use postern_ipc::SERVER_USER;

use crate::failure::Failure;

/// The names in the rules.
#[derive(Debug)]
pub(crate) struct Rights {
    /// posternd's account.
    pub(super) who: String,
    /// Whether `who` is a user of this host, by SASL EXTERNAL.
    pub(super) is_external: bool,
    pub(super) base: String,
    /// What posternd reads beside Postern's own attributes.
    pub(super) read: Vec<String>,
    /// The same of what a password policy keeps.
    pub(super) policy: Vec<String>,
    /// What it searches for.
    pub(super) indexed: Vec<String>,
}

impl Rights {
    /// The names of this configuration.
    ///
    /// # Errors
    /// Accounts are not in LDAP, or a name cannot be written in a rule.
    pub(crate) fn of(config: &Config) -> Result<Self, Failure> {
        let DirectoryKind::Ldap(ldap) = &config.directory else {
            return Err(Failure::config(
                "directory.kind is not \"ldap\": there is no entry to give rights to",
            ));
        };
        let (who, is_external) = match &ldap.login {
            LdapLogin::Simple { dn, .. } => (dn.clone(), false),
            LdapLogin::SaslExternal => (peer()?, true),
        };
        if who.chars().chain(ldap.base.chars()).any(char::is_control) {
            return Err(Failure::config("directory.bind_dn or directory.base holds a control character"));
        }
        let searched: Vec<&str> = searched(ldap);
        let conditions = ldap.disabled.iter().flat_map(Condition::attributes);
        let more = [&*ldap.expires.name, &ldap.password_changed_attribute];
        let asks_policy = conditions.clone().chain(more).any(is_of_policy);
        let read = distinct(
            ["entry", "objectClass", PREFERRED_LANGUAGE, UID_NUMBER]
                .into_iter()
                .chain(searched.iter().copied())
                .chain(conditions)
                .chain(more)
                .chain(config.userdb.attributes())
                .chain(asks_policy.then_some("pwdReset")),
        );
        let (policy, read) = read.into_iter().partition(|name| is_of_policy(name));
        let indexed = distinct(searched.into_iter().chain(["objectClass", "posternFactorKey", UID_NUMBER]));
        Ok(Self { who, is_external, base: ldap.base.clone(), read, policy, indexed })
    }

    /// The names of the manual's example.
    ///
    /// # Errors
    /// None, as tests ensure.
    pub(crate) fn example() -> Result<Self, Failure> {
        Self::of(&Config::parse(Path::new("example"), EXAMPLE)?)
    }
}

/// Whether an attribute belongs to the overlay ppolicy (draft-behera-ldap-password-policy).
fn is_of_policy(name: &str) -> bool {
    name.starts_with("pwd")
}

/// The attributes by which accounts are found and listed.
fn searched(ldap: &Ldap) -> Vec<&str> {
    let named = [&*ldap.id_attribute, &ldap.username_attribute, &ldap.mail_attribute];
    ldap.filter.attributes().chain(ldap.login_filter.attributes()).chain(named).collect()
}

/// Each name once, without options and regardless of case (RFC 4512, section 2.5).
fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let bare = names.filter_map(|name| name.split(';').next());
    let distinct: BTreeMap<String, &str> = bare.map(|name| (name.to_ascii_lowercase(), name)).collect();
    distinct.into_values().map(ToOwned::to_owned).collect()
}

/// The identity of posternd at slapd over `ldapi://` (SASL EXTERNAL).
fn peer() -> Result<String, Failure> {
    let user = User::from_name(SERVER_USER).ok().flatten().ok_or_else(|| {
        Failure::config(format!(
            "there is no user {SERVER_USER} on this host, whose uid the rules for sasl_external name"
        ))
    })?;
    Ok(format!("gidNumber={}+uidNumber={},cn=peercred,cn=external,cn=auth", user.gid, user.uid))
}

const EXAMPLE: &str = r#"
[directory]
kind = "ldap"
uris = ["ldaps://ldap.example.org"]
bind_dn = "cn=postern,ou=services,dc=example,dc=org"
bind_password_file = "/etc/postern/ldap.secret"
base = "ou=people,dc=example,dc=org"
[ledger]
kind = "embedded"
"#;
