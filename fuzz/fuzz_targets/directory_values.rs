//! The values of an account in LDAP, as anyone who may write the entry can plant them: records of app passwords, factors and
//! recovery codes, and the account's policy.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postern_core::app_password::AppPassword;
use postern_core::factor::{Factor, RecoveryCode};
use postern_core::policy::AccountPolicy;
use serde_json::Value;

fuzz_target!(|json: &str| {
    is_stable(json, AppPassword::from_json, AppPassword::to_json);
    is_stable(json, Factor::from_json, Factor::to_json);
    is_stable(json, RecoveryCode::from_json, RecoveryCode::to_json);
    is_stable(json, AccountPolicy::from_json, |policy| policy.to_json());
});

/// A value that is read is of version 1, and the same once it was written. An error does not quote it.
fn is_stable<T: PartialEq + std::fmt::Debug, E: std::fmt::Display>(
    json: &str,
    read: impl Fn(&str) -> Result<T, E>,
    write: impl Fn(&T) -> String,
) {
    let record = match read(json) {
        Ok(record) => record,
        Err(error) => {
            let words = error.to_string();
            assert!(words.len() < 200, "an error that quotes the value: {words}");
            return;
        }
    };
    let version = serde_json::from_str::<Value>(json).ok().and_then(|value| value.get("v")?.as_u64());
    assert_eq!(version, Some(1), "a version that is not known here");
    let stored = write(&record);
    let again = read(&stored).unwrap_or_else(|error| panic!("what was just written: {error}"));
    assert_eq!(again, record);
    assert_eq!(write(&again), stored);
}
