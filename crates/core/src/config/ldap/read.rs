//! Reads `[directory]` of a directory in LDAP.

use std::path::PathBuf;
use std::time::Duration;

use crate::config::limits::DAY;
use crate::config::reader::{CA_FILE, Section};
use crate::config::settings::{Ldap, LdapLogin, PasswordMustChange};
use crate::dn::{BadDn, Dn};
use crate::expiry::{ExpiryAttribute, ExpiryFormat};

use super::condition::{Condition, LOCKED_UNTIL_UNLOCKED};
use super::uri::LdapUri;

pub(in crate::config) fn read(section: &mut Section<'_, '_>) -> Option<Ldap> {
    let uris = section.list::<LdapUri>("uris");
    if uris.as_ref().is_none_or(Vec::is_empty) {
        section.complain("uris", "is missing or empty; add uris = [\"ldaps://ldap.example.org\"]");
    }
    let write_uri = section.parsed("write_uri").or_else(|| uris.as_ref()?.first().cloned());
    let starttls = section.boolean("starttls").unwrap_or(false);
    let is_open = |uri: &LdapUri| matches!(uri, LdapUri::Plain(_)) && !uri.is_local() && !starttls;
    for uri in uris.iter().flatten().chain(&write_uri).filter(|uri| is_open(uri)) {
        section.complain(
            "uris",
            format!("{uri} would send passwords in the clear; use ldaps:// or starttls = true"),
        );
    }
    let login = ldap_login(
        section,
        uris.iter().flatten().chain(&write_uri).all(|uri| matches!(uri, LdapUri::Unix(_))),
    );
    let base = section.required("base", "\"ou=people,dc=example,dc=org\"");
    if base.as_ref().is_some_and(|base| base.parse::<Dn>().is_err()) {
        section.complain("base", BadDn);
    }
    let mut attribute = |key: &str| section.parsed::<AttributeName>(key).map(|name| name.0);
    let id_attribute = attribute("id_attribute").unwrap_or_else(|| "entryUUID".to_owned());
    let username_attribute = attribute("username_attribute").unwrap_or_else(|| "uid".to_owned());
    let mail_attribute = attribute("mail_attribute").unwrap_or_else(|| "mail".to_owned());
    let expires_attribute = attribute("expires_attribute").unwrap_or_else(|| "shadowExpire".to_owned());
    let password_changed_attribute =
        attribute("password_changed_attribute").unwrap_or_else(|| "pwdChangedTime".to_owned());
    let expires = expires(section, expires_attribute);
    let ca_file = section.absolute_path("ca_file").unwrap_or_else(|| PathBuf::from(CA_FILE));
    let disabled = section.list("disabled").unwrap_or_else(|| {
        vec![
            Condition::Equals("pwdAccountLockedTime".to_owned(), LOCKED_UNTIL_UNLOCKED.to_owned()),
            Condition::Equals("nsAccountLock".to_owned(), "TRUE".to_owned()),
        ]
    });
    let password_must_change =
        section.word("password_must_change", &PASSWORD_MUST_CHANGE).unwrap_or(PasswordMustChange::Accept);
    let stale_if_down = section.duration("stale_if_down", Duration::ZERO..=DAY).unwrap_or(Duration::ZERO);
    let (filter, login_filter) = (section.parsed("filter"), section.parsed("login_filter"));
    let default_login_filter = format!("(&(objectClass=posixAccount)({username_attribute}={{user}}))");
    let default_filter = format!(
        "(&(objectClass=inetOrgPerson)(|({username_attribute}={{user}})({mail_attribute}={{user}})))"
    );
    // Every key was read by now, so that none of them is called unknown because another one is missing.
    Some(Ldap {
        uris: uris?,
        write_uri: write_uri?,
        starttls,
        ca_file,
        login: login?,
        base: base?,
        filter: filter.or_else(|| default_filter.parse().ok())?,
        login_filter: login_filter.or_else(|| default_login_filter.parse().ok())?,
        id_attribute,
        username_attribute,
        mail_attribute,
        disabled,
        expires,
        password_changed_attribute,
        password_must_change,
        stale_if_down,
    })
}

fn ldap_login(section: &mut Section<'_, '_>, is_unix: bool) -> Option<LdapLogin> {
    let external = section.boolean("sasl_external").unwrap_or(false);
    let dn = section.string("bind_dn");
    let password_file = section.absolute_path("bind_password_file");
    match (external, dn, password_file) {
        (true, None, None) if is_unix => Some(LdapLogin::SaslExternal),
        (true, None, None) => {
            section.complain(
                "sasl_external",
                "works only over ldapi://; set bind_dn and bind_password_file for the other servers",
            );
            None
        }
        (false, Some(dn), Some(password_file)) if !dn.trim().is_empty() => {
            // Active Directory also accepts other names, such as postern@example.org.
            if dn.contains('=') && dn.parse::<Dn>().is_err() {
                section.complain("bind_dn", BadDn);
            }
            Some(LdapLogin::Simple { dn, password_file })
        }
        _ => {
            section
                .complain("bind_dn", "and bind_password_file are both needed, or only sasl_external = true");
            None
        }
    }
}

/// The format of an attribute's values: configured, or well known.
fn expires(section: &mut Section<'_, '_>, name: String) -> ExpiryAttribute {
    let said = section.word("expires_format", &EXPIRES_FORMATS);
    let format = said.or_else(|| ExpiryFormat::of_attribute(&name));
    ExpiryAttribute { name, format }
}

/// The name of an attribute type (RFC 4512, section 1.4), without options.
struct AttributeName(String);

impl std::str::FromStr for AttributeName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let valid = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b));
        if valid { Ok(Self(text.to_owned())) } else { Err("is not the name of an attribute") }
    }
}

const PASSWORD_MUST_CHANGE: [(&str, PasswordMustChange); 2] =
    [("accept", PasswordMustChange::Accept), ("reject", PasswordMustChange::Reject)];
const EXPIRES_FORMATS: [(&str, ExpiryFormat); 4] = [
    (ExpiryFormat::Days.name(), ExpiryFormat::Days),
    (ExpiryFormat::Seconds.name(), ExpiryFormat::Seconds),
    (ExpiryFormat::FileTime.name(), ExpiryFormat::FileTime),
    (ExpiryFormat::GeneralizedTime.name(), ExpiryFormat::GeneralizedTime),
];
