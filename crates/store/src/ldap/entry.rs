//! From an LDAP entry to an account.

use std::fmt::Display;

use ldap3::SearchEntry;
use postern_core::account::UID_NUMBER;
use postern_core::account::{Account, AccountData, AccountId, Attributes, FactorKey, Freshness, Revision};
use postern_core::account_status::AccountStatus;
use postern_core::app_password::AppPassword;
use postern_core::clock::Timestamp;
use postern_core::config::Ldap;
use postern_core::directory::DirectoryError;
use postern_core::dn::{self, Dn};
use postern_core::exchange::PREFERRED_LANGUAGE;
use postern_core::expiry::Expiry;
use postern_core::factor::{Factor, RecoveryCode};
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
/// TRUE where the overlay ppolicy wants the main password changed (draft-behera-ldap-password-policy-10, section 5.3.6).
pub(super) const PASSWORD_RESET: &str = "pwdReset";
/// What flows look at besides.
const FOR_FLOWS: [&str; 2] = [UID_NUMBER, PREFERRED_LANGUAGE];

/// Every attribute that an account is made of.
pub(super) fn wanted(config: &Ldap, userdb: &[String]) -> Vec<String> {
    let own =
        OWN.iter().chain(&FOR_FLOWS).chain(&["objectClass", PASSWORD_RESET]).map(|name| (*name).to_owned());
    let configured = [
        &config.id_attribute,
        &config.username_attribute,
        &config.mail_attribute,
        &config.expires.name,
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
    let name =
        canonical_name(&config.username_attribute, &attributes, &entry.dn).map_err(|why| broken(&why))?;
    let is_ours = attributes.values("objectClass").iter().any(|class| class.eq_ignore_ascii_case(CLASS));
    let (revision, data) =
        if is_ours { own_state(entry, &attributes)? } else { (Revision(0), AccountData::default()) };
    if !is_ours && OWN.iter().any(|name| !attributes.values(name).is_empty()) {
        return Err(broken(&format!("has Postern's attributes without the class {CLASS}")));
    }
    let status = status(config, &attributes, data.policy, now).map_err(|why| broken(&why))?;
    let mut theirs = theirs(&attributes);
    // What a template takes for the user name is the user name.
    theirs.set(&config.username_attribute, vec![name.clone()]);
    Ok(Account {
        id,
        name,
        status,
        password_marker: attributes.values(&config.password_changed_attribute).join(" "),
        data,
        revision,
        locator: entry.dn.clone(),
        freshness: Freshness::Fresh,
        addresses: attributes.values(&config.mail_attribute).to_vec(),
        attributes: theirs,
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

/// A copy that was made earlier, as it stands now: an account may have expired since.
pub(super) fn aged(config: &Ldap, copy: Account, now: Timestamp) -> Result<Account, DirectoryError> {
    // What disabled it has not changed, and may have looked at more than is left in the copy.
    if copy.status == AccountStatus::Disabled {
        return Ok(copy);
    }
    let status = status(config, &copy.attributes, copy.data.policy, now);
    let status = status.map_err(DirectoryError::Broken)?;
    Ok(Account { status, ..copy })
}

/// Whether an account is open at this moment, or why that cannot be said.
pub(super) fn status(
    config: &Ldap,
    attributes: &Attributes,
    policy: AccountPolicy,
    now: Timestamp,
) -> Result<AccountStatus, String> {
    if config.disabled.iter().any(|condition| condition.holds(attributes)) {
        return Ok(AccountStatus::Disabled);
    }
    match expiry(config, attributes)? {
        Some((_, expiry)) if expiry.is_past(now) => Ok(AccountStatus::Expired),
        Some(_) | None => Ok(policy.status(now)),
    }
}

/// The value that says when the account expires, and what it says; `None` where there is none.
pub(super) fn expiry<'a>(
    config: &Ldap,
    attributes: &'a Attributes,
) -> Result<Option<(&'a str, Expiry)>, String> {
    let name = &config.expires.name;
    match attributes.values(name) {
        [] => Ok(None),
        [value] => {
            let read = config.expires.read(value);
            let expiry = read.map_err(|error| format!("{name} cannot be read: {value:?} {error}"))?;
            Ok(Some((value, expiry)))
        }
        _ => Err(format!("{name} has more than one value")),
    }
}

/// The user name: of several values, the one in the entry's DN. Servers return values in any order, so choosing one at random could
/// give one user two mailboxes, or two users one.
fn canonical_name(attribute: &str, attributes: &Attributes, dn: &str) -> Result<String, String> {
    let values = attributes.values(attribute);
    match values {
        [] => return Err(format!("{attribute} cannot be read")),
        [value] => return Ok(value.clone()),
        _ => {}
    }
    let named: Dn =
        dn.parse().map_err(|_| format!("{attribute} has several values, and its DN cannot be read"))?;
    let is_byte_for_byte = |value: &&String| named.own_values(attribute).any(|own| own == **value);
    let is_alike = |value: &&String| named.own_values(attribute).any(|own| dn::is_same_value(own, value));
    let exact: Vec<&String> = values.iter().filter(is_byte_for_byte).collect();
    let found = if exact.is_empty() { values.iter().filter(is_alike).collect() } else { exact };
    match found.as_slice() {
        [value] => Ok((*value).clone()),
        [] => Err(format!(
            "{attribute} has several values, and the entry is named by none of them; leave one, or name the entry by it"
        )),
        _ => Err(format!("{attribute} has several values, and the entry is named by more than one of them")),
    }
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
pub(super) fn attributes(entry: &SearchEntry) -> Attributes {
    let mut attributes = Attributes::new();
    for (name, values) in &entry.attrs {
        attributes.set(name, values.clone());
    }
    attributes
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use postern_core::config::{Config, DirectoryKind};

    use super::*;

    #[test]
    fn attributes_that_flows_need_are_always_fetched() {
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
    fn of_several_user_names_the_one_that_the_entry_is_named_by_is_canonical() {
        let mut attributes = Attributes::new();
        let name = |attributes: &Attributes, dn| canonical_name("uid", attributes, dn);
        assert!(name(&attributes, "uid=alice,dc=example").unwrap_err().contains("cannot be read"));
        for order in [["al", "alice"], ["alice", "al"]] {
            attributes.set("UID", order.map(ToOwned::to_owned).to_vec());
            for dn in ["uid=Alice,dc=example", "UID = alice , dc=example", "cn=A+uid=alice,dc=example"] {
                assert_eq!(name(&attributes, dn).as_deref(), Ok("alice"), "{dn}");
            }
        }
    }

    #[test]
    fn an_escaped_name_is_found_among_several() {
        let mut attributes = Attributes::new();
        for (value, dn) in [
            ("o'neil, pat", "uid=o'neil\\2C pat,dc=example"),
            ("o'neil, pat", "uid=O'Neil\\, Pat,dc=example"),
            ("yan", "employeeNumber=5+uid=yan,dc=example"),
            ("yan", "uid=yan+employeeNumber=5,dc=example"),
            ("#hash", "uid=\\23hash,dc=example"),
            ("zo\u{eb}", "uid=zo\\C3\\AB,dc=example"),
            ("yan", "0.9.2342.19200300.100.1.1=yan,dc=example"),
        ] {
            for order in [["0", value], [value, "0"]] {
                attributes.set("uid", order.map(ToOwned::to_owned).to_vec());
                assert_eq!(canonical_name("uid", &attributes, dn).as_deref(), Ok(value), "{dn}");
            }
        }
    }

    #[test]
    fn among_several_user_names_none_is_picked_where_the_entry_is_named_otherwise() {
        let mut attributes = Attributes::new();
        attributes.set("uid", ["bob", "bb"].map(ToOwned::to_owned).to_vec());
        for dn in [
            "cn=Bob B,dc=example",
            "cn=x\\,uid=bob,dc=example",
            "cn=x,uid=bob,dc=example",
            "uid=bob2,dc=example",
            "uid=bob+uid=bb,dc=example",
            "nonsense",
            "",
        ] {
            assert!(canonical_name("uid", &attributes, dn).unwrap_err().contains("several values"), "{dn}");
        }
        attributes.set("uid", vec!["bob".to_owned()]);
        assert_eq!(canonical_name("uid", &attributes, "cn=Bob B,dc=example").as_deref(), Ok("bob"));
    }
}
