//! How an account's state and its last uses are written.

use postern_core::account_status::AccountStatus;
use postern_core::ledger::Use;
use serde_json::{Value, json};

use crate::output::local;

pub(super) fn standing(status: AccountStatus) -> &'static str {
    match status {
        AccountStatus::Active => "active",
        AccountStatus::Disabled => "disabled",
        AccountStatus::Expired => "expired",
    }
}

/// The time, the service and the source of a last use.
pub(super) fn use_text(used: &Use) -> String {
    let from = used.address.map_or(String::new(), |address| format!(" from {address}"));
    format!("{}, {}{from}", local(used.at), used.service)
}

pub(super) fn use_value(used: &Use) -> Value {
    json!({ "at": used.at, "service": used.service, "address": used.address })
}
