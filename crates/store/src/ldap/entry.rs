//! From an LDAP entry to an account.

use std::fmt::Display;

use ldap3::SearchEntry;
use postern_core::account::{
    Account, AccountData, AccountId, Attributes, FactorKey, Freshness, Revision, Standing,
};
use postern_core::app_password::AppPassword;
use postern_core::clock::Timestamp;
use postern_core::config::Ldap;
use postern_core::directory::DirectoryError;
use postern_core::factor::{Factor, RecoveryCode};
use postern_core::flows::{PREFERRED_LANGUAGE, UID_NUMBER};
use postern_core::policy::AccountPolicy;

/// The auxiliary class on an entry that Postern has written to.
pub(super) const CLASS: &str = "posternAccount";
pub(super) const REVISION: &str = "posternRevision";
pub(super) const ENROLLED: &str = "posternEnrolled";
pub(super) const APP_PASSWORD: &str = "posternAppPassword";
pub(super) const POLICY: &str = "posternPolicy";
pub(super) const FACTOR: &str = "posternFactor";
pub(super) const RECOVERY_CODE: &str = "posternRecoveryCode";
pub(super) const FACTOR_KEY: &str = "posternFactorKey";
/// All that Postern writes.
pub(super) const OWN: [&str; 7] =
    [REVISION, ENROLLED, APP_PASSWORD, FACTOR, RECOVERY_CODE, FACTOR_KEY, POLICY];
/// What flows look at besides.
const FOR_FLOWS: [&str; 2] = [UID_NUMBER, PREFERRED_LANGUAGE];

/// Every attribute that an account is made of.
pub(super) fn wanted(config: &Ldap, userdb: &[String]) -> Vec<String> {
    let own = OWN.iter().chain(&FOR_FLOWS).chain(&["objectClass"]).map(|name| (*name).to_owned());
    let configured = [
        &config.id_attribute,
        &config.username_attribute,
        &config.mail_attribute,
        &config.expires_attribute,
        &config.password_changed_attribute,
    ];
    let conditions =
        config.disabled.iter().flat_map(|condition| condition.attributes()).map(ToOwned::to_owned);
    let mut all: Vec<String> = own.chain(configured.into_iter().cloned()).chain(conditions).collect();
    all.extend(userdb.iter().cloned());
    all.sort_unstable_by_key(|name| name.to_lowercase());
    all.dedup_by(|a, b| a.eq_ignore_ascii_case(b));
    all
}

/// Reads an entry. One that hides what decides is an error, never an account without it.
pub(super) fn account(config: &Ldap, entry: &SearchEntry, now: Timestamp) -> Result<Account, DirectoryError> {
    let broken = |what: &str| DirectoryError::Broken(format!("entry {}: {what}", entry.dn));
    let attributes = attributes(entry);
    let one = |name: &str| match attributes.values(name) {
        [value] => Ok(Some(value.as_str())),
        [] => Ok(None),
        _ => Err(broken(&format!("{name} has more than one value"))),
    };
    if attributes.values("objectClass").is_empty() {
        return Err(broken("objectClass cannot be read; grant it as the ACL example does"));
    }
    let is_own = |name: &String| OWN.iter().any(|own| name.eq_ignore_ascii_case(own));
    if let Some(name) = entry.bin_attrs.keys().find(|name| is_own(name)) {
        return Err(broken(&format!("{name} holds a value that is no text")));
    }
    let id = one(&config.id_attribute)?
        .map(account_id)
        .ok_or_else(|| broken(&format!("{} cannot be read", config.id_attribute)))?;
    let name = canonical_name(&config.username_attribute, &attributes, &entry.dn);
    let name = name.ok_or_else(|| broken(&format!("{} cannot be read", config.username_attribute)))?;
    let is_ours = attributes.values("objectClass").iter().any(|class| class.eq_ignore_ascii_case(CLASS));
    let (revision, data) =
        if is_ours { own_state(entry, &attributes)? } else { (Revision(0), AccountData::default()) };
    if !is_ours && OWN.iter().any(|name| !attributes.values(name).is_empty()) {
        return Err(broken(&format!("has Postern's attributes without the class {CLASS}")));
    }
    let standing = standing(config, &attributes, data.policy, now).map_err(broken)?;
    Ok(Account {
        id,
        name,
        standing,
        password_marker: attributes.values(&config.password_changed_attribute).join(" "),
        data,
        revision,
        locator: entry.dn.clone(),
        freshness: Freshness::Fresh,
        addresses: attributes.values(&config.mail_attribute).to_vec(),
        attributes: theirs(&attributes),
    })
}

/// The account of an entry of which nothing else was asked for; `None` where it cannot be told.
pub(super) fn id(attribute: &str, entry: &SearchEntry) -> Option<AccountId> {
    let mut values = stored(entry, attribute);
    values.next().filter(|_| values.next().is_none()).map(account_id)
}

fn account_id(text: &str) -> AccountId {
    AccountId::new(text.to_lowercase())
}

/// The values of one of Postern's attributes, each byte for byte as it is stored.
pub(super) fn stored<'a>(entry: &'a SearchEntry, attribute: &str) -> impl Iterator<Item = &'a str> {
    let named = entry.attrs.iter().filter(move |(name, _)| name.eq_ignore_ascii_case(attribute));
    named.flat_map(|(_, values)| values).map(String::as_str)
}

/// Whether an account is open at this moment, or why that cannot be said.
pub(super) fn standing(
    config: &Ldap,
    attributes: &Attributes,
    policy: AccountPolicy,
    now: Timestamp,
) -> Result<Standing, &'static str> {
    if config.disabled.iter().any(|condition| condition.holds(attributes)) {
        return Ok(Standing::Disabled);
    }
    let expires = match attributes.values(&config.expires_attribute) {
        [] => None,
        [value] => Some(value.as_str()),
        _ => return Err("its expiry has more than one value"),
    };
    match is_past(expires, now) {
        Some(true) => Ok(Standing::Expired),
        Some(false) => Ok(policy.standing(now)),
        None => Err("its expiry is not readable"),
    }
}

/// The user name. Of several the one that the entry is named by, else the first in order: servers give values in any
/// order, and one person must not get two mailboxes.
fn canonical_name(attribute: &str, attributes: &Attributes, dn: &str) -> Option<String> {
    let values = attributes.values(attribute);
    let dn = dn.to_lowercase();
    let is_in_dn = |value: &&String| dn.starts_with(&format!("{attribute}={value},").to_lowercase());
    values.iter().find(is_in_dn).or_else(|| values.iter().min()).cloned()
}

/// Without the class and what Postern keeps, hashes among it: what is left is for userdb templates.
fn theirs(attributes: &Attributes) -> Attributes {
    let mut theirs = Attributes::new();
    for (name, values) in attributes.iter() {
        if !name.eq_ignore_ascii_case("objectClass") && !OWN.iter().any(|own| name.eq_ignore_ascii_case(own))
        {
            theirs.set(name, values.to_vec());
        }
    }
    theirs
}

fn own_state(
    entry: &SearchEntry,
    attributes: &Attributes,
) -> Result<(Revision, AccountData), DirectoryError> {
    let broken = |what: String| DirectoryError::Broken(format!("entry {}: {what}", entry.dn));
    let hidden = |name: &str| {
        broken(format!("{name} is missing although {CLASS} is there; grant it as the ACL example does"))
    };
    let single = |name: &str| match attributes.values(name) {
        [value] => Ok(value.as_str()),
        _ => Err(hidden(name)),
    };
    let revision = single(REVISION)?.parse().map_err(|_| broken(format!("{REVISION} is not a number")))?;
    let enrolled = match single(ENROLLED)? {
        "TRUE" => true,
        "FALSE" => false,
        _ => return Err(broken(format!("{ENROLLED} is neither TRUE nor FALSE"))),
    };
    // Sets in LDAP: servers give them in any order.
    let mut app_passwords = parse(attributes.values(APP_PASSWORD), AppPassword::from_json).map_err(broken)?;
    app_passwords.sort_by_key(AppPassword::id);
    let mut factors = parse(attributes.values(FACTOR), Factor::from_json).map_err(broken)?;
    factors.sort_by_key(|factor| (factor.created, factor.id));
    let mut recovery_codes =
        parse(attributes.values(RECOVERY_CODE), RecoveryCode::from_json).map_err(broken)?;
    recovery_codes.sort_by_key(|code| code.id);
    let read = |text: &str| FactorKey::parse(text).ok_or(format!("a value of {FACTOR_KEY} is no digest"));
    let mut factor_keys = parse(attributes.values(FACTOR_KEY), read).map_err(broken)?;
    factor_keys.sort_unstable();
    let policy = AccountPolicy::from_json(single(POLICY)?).map_err(|error| broken(error.to_string()))?;
    Ok((
        Revision(revision),
        AccountData { enrolled, app_passwords, factors, recovery_codes, factor_keys, policy },
    ))
}

fn parse<T, E: Display>(values: &[String], read: impl Fn(&str) -> Result<T, E>) -> Result<Vec<T>, String> {
    values.iter().map(|value| read(value).map_err(|error| error.to_string())).collect()
}

/// Text values as they are. A value that is no UTF-8 cannot be one of ours, and ends the reading where it matters.
fn attributes(entry: &SearchEntry) -> Attributes {
    let mut attributes = Attributes::new();
    for (name, values) in &entry.attrs {
        attributes.set(name, values.clone());
    }
    attributes
}

/// Days since 1970 as `shadowExpire` (RFC 2307, -1 meaning never), or a generalized time (RFC 4517, section 3.3.13).
fn is_past(text: Option<&str>, now: Timestamp) -> Option<bool> {
    let Some(text) = text else { return Some(false) };
    if let Ok(days) = text.parse::<i64>() {
        let Ok(days) = u64::try_from(days) else { return Some(false) };
        return Some(Timestamp::from_unix(days.saturating_mul(86_400)) <= now);
    }
    let digits = text.strip_suffix('Z')?;
    let part = |from: usize, to: usize| digits.get(from..to);
    let seconds = if digits.len() >= 14 { part(12, 14)? } else { "00" };
    let (year, month, day) = (part(0, 4)?, part(4, 6)?, part(6, 8)?);
    let (hour, minute) = (part(8, 10)?, part(10, 12)?);
    let time: Timestamp = format!("{year}-{month}-{day}T{hour}:{minute}:{seconds}Z").parse().ok()?;
    Some(time <= now)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use postern_core::config::{Config, DirectoryKind};

    use super::*;

    #[test]
    fn what_flows_look_at_is_fetched_whatever_the_mail_server_is_told() {
        let text = r#"
            [directory]
            kind = "ldap"
            uris = ["ldaps://ldap.example.org"]
            bind_dn = "cn=postern"
            bind_password_file = "/etc/postern/ldap.secret"
            base = "dc=example"
            login_filter = "(uid={user})"
            userdb = {}
            [ledger]
            kind = "embedded"
        "#;
        let config = Config::parse(Path::new("test"), text).unwrap();
        let DirectoryKind::Ldap(ldap) = &config.directory else { panic!("the kind is ldap") };
        let wanted = wanted(ldap, &[]);
        for name in
            ["uidNumber", "preferredLanguage", "posternFactor", "posternRecoveryCode", "posternFactorKey"]
        {
            assert_eq!(wanted.iter().filter(|one| *one == name).count(), 1, "{name} in {wanted:?}");
        }
    }

    #[test]
    fn of_several_user_names_the_same_one_is_always_canonical() {
        let mut attributes = Attributes::new();
        let name = |attributes: &Attributes, dn| canonical_name("uid", attributes, dn);
        assert_eq!(name(&attributes, "uid=alice,dc=example"), None);
        for order in [["al", "alice"], ["alice", "al"]] {
            attributes.set("UID", order.map(ToOwned::to_owned).to_vec());
            assert_eq!(name(&attributes, "uid=Alice,dc=example").as_deref(), Some("alice"));
            assert_eq!(name(&attributes, "cn=Alice,dc=example").as_deref(), Some("al"));
        }
    }

    #[test]
    fn expiry_is_days_or_a_generalized_time() {
        let now: Timestamp = "2027-01-15T08:00:00Z".parse().unwrap();
        let past = |text: &str| is_past(Some(text), now);
        assert_eq!(is_past(None, now), Some(false));
        assert_eq!(
            (past("-1"), past("20833"), past("20834"), past("0")),
            (Some(false), Some(true), Some(false), Some(true))
        );
        assert_eq!((past("20270115080000Z"), past("20270115080001Z")), (Some(true), Some(false)));
        assert_eq!((past("202701150800Z"), past("20270115080000.5Z")), (Some(true), Some(true)));
        assert_eq!(
            (past("soon"), past("20270115"), past("2027011508Z"), past("20279915080000Z")),
            (None, Some(false), None, None)
        );
    }
}
