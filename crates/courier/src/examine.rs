use postern_core::config::Config;
use postern_core::courier::CourierError;

use crate::{Couriers, within_deadline};

/// What came of trying one courier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Its section, `courier.email`.
    pub section: &'static str,
    /// What can be said for it, or what is wrong.
    pub outcome: Result<String, String>,
}

/// Tries each courier of a configuration as far as that sends nothing: its files, the way to its server, TLS, and for mail
/// the login too. Empty where none is configured.
pub async fn examine(config: &Config) -> Vec<Finding> {
    let couriers = match Couriers::open(config) {
        Ok(couriers) => couriers,
        Err(error) => return vec![Finding { section: error.section, outcome: Err(error.what) }],
    };
    let mut findings = Vec::new();
    let mut add = |section, reached: Result<(), CourierError>, fine: &str| {
        let outcome = reached.map(|()| fine.to_owned()).map_err(|error| error.to_string());
        findings.push(Finding { section, outcome });
    };
    if let Some(email) = &couriers.email {
        add("courier.email", within_deadline(email.reach()).await, "the mail server takes mail from us");
    }
    if let Some(sms) = &couriers.sms {
        add("courier.sms", within_deadline(sms.reach()).await, "what sends text messages is there");
    }
    if let Some(push) = &couriers.web_push {
        add("courier.web_push", within_deadline(push.reach()).await, "the push services answer");
    }
    if let Some(ntfy) = &couriers.ntfy {
        add("courier.ntfy", within_deadline(ntfy.reach()).await, "the ntfy server answers");
    }
    findings
}
