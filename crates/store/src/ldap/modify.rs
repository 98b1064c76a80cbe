//! What an update of an account changes in its entry.

use std::collections::HashSet;

use ldap3::{Mod, SearchEntry};
use postern_core::account::{AccountData, FactorKey, Revision};
use postern_core::app_password::AppPassword;
use postern_core::factor::{Factor, RecoveryCode};

use super::entry::{
    self, APP_PASSWORD, CLASS, ENROLLED, FACTOR, FACTOR_KEY, POLICY, RECOVERY_CODE, REVISION,
};
use super::server::Change;

/// One Modify: the revision that was read goes, the next one comes, and with it everything else, or nothing happens.
pub(super) fn changes(
    expected: Revision,
    next: Revision,
    data: &AccountData,
    entry: &SearchEntry,
) -> Vec<Change> {
    let value = |text: String| HashSet::from([text.into_bytes()]);
    let name = |name: &str| name.as_bytes().to_vec();
    let mut changes = Vec::new();
    if expected == Revision(0) {
        changes.push(Mod::Add(name("objectClass"), value(CLASS.to_owned())));
    } else {
        changes.push(Mod::Delete(name(REVISION), value(expected.0.to_string())));
    }
    changes.push(Mod::Add(name(REVISION), value(next.0.to_string())));
    let enrolled = if data.enrolled { "TRUE" } else { "FALSE" };
    changes.push(Mod::Replace(name(ENROLLED), value(enrolled.to_owned())));
    let lists: [(&str, Vec<String>); 4] = [
        (APP_PASSWORD, data.app_passwords.iter().map(AppPassword::to_json).collect()),
        (FACTOR, data.factors.iter().map(Factor::to_json).collect()),
        (RECOVERY_CODE, data.recovery_codes.iter().map(RecoveryCode::to_json).collect()),
        (FACTOR_KEY, data.factor_keys.iter().map(FactorKey::to_string).collect()),
    ];
    for (attribute, wanted) in lists {
        let wanted: HashSet<Vec<u8>> = wanted.into_iter().map(String::into_bytes).collect();
        let stored: HashSet<Vec<u8>> =
            entry::stored(entry, attribute).map(|text| text.to_owned().into()).collect();
        let (gone, new): (HashSet<_>, HashSet<_>) =
            (stored.difference(&wanted).cloned().collect(), wanted.difference(&stored).cloned().collect());
        if !gone.is_empty() {
            changes.push(Mod::Delete(name(attribute), gone));
        }
        if !new.is_empty() {
            changes.push(Mod::Add(name(attribute), new));
        }
    }
    // Always written, even where it says nothing: so that an entry that hides it can be told from one without.
    changes.push(Mod::Replace(name(POLICY), value(data.policy.to_json())));
    changes
}

/// Why the server refuses a change, with a remedy.
pub(super) fn refusal(code: u32, dn: &str) -> String {
    let remedy = match code {
        10 => "the server passes writes on to another one; name that one in write_uri",
        17 | 65 => "the schema is not loaded; postern check says how to load it",
        50 => "the server does not permit it; postern check names the access rule that is missing",
        _ => "see the server's log",
    };
    format!("entry {dn} cannot be changed: result code {code}; {remedy}")
}
