use std::net::IpAddr;

use serde_json::{Value, json};

use crate::clock::Timestamp;
use crate::reason::Reason;

use super::credential::UsedCredential;
use super::record::EventGroup;

/// Logins to an account that were alike: at one service, from one source, with one credential, and with one verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginEvent {
    /// The service.
    pub service: String,
    /// The client's address at the last of them, if it is known.
    pub address: Option<IpAddr>,
    /// How they ended.
    pub verdict: EventVerdict,
    /// What they were decided by, if that is known.
    pub credential: Option<UsedCredential>,
    /// When the first of them was.
    pub first: Timestamp,
    /// When the last of them was.
    pub last: Timestamp,
    /// How many there were, at least.
    pub count: u64,
}

/// How a login ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventVerdict {
    /// It was accepted.
    Accept,
    /// It was refused.
    Reject {
        /// Why.
        reason: Reason,
        /// Whether the main password, or a key, was right.
        is_first_factor_proved: bool,
    },
}

impl LoginEvent {
    /// The events that it competes with for room.
    #[must_use]
    pub fn group(&self) -> EventGroup {
        match self.verdict {
            EventVerdict::Accept => EventGroup::Accepted,
            EventVerdict::Reject { is_first_factor_proved: true, .. } => EventGroup::Proved,
            EventVerdict::Reject { is_first_factor_proved: false, .. } => EventGroup::Refused,
        }
    }

    /// Why they were refused.
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        match self.verdict {
            EventVerdict::Accept => None,
            EventVerdict::Reject { reason, .. } => Some(reason),
        }
    }

    /// The same for programs.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let (verdict, proved) = match self.verdict {
            EventVerdict::Accept => ("accept", None),
            EventVerdict::Reject { is_first_factor_proved, .. } => ("reject", Some(is_first_factor_proved)),
        };
        let used = self.credential.as_ref();
        json!({
            "time": self.last,
            "first": self.first,
            "count": self.count,
            "service": self.service,
            "address": self.address,
            "verdict": verdict,
            "reason": self.reason().map(Reason::as_str),
            "first_factor_proved": proved,
            "credential": used.map(|used| used.kind.as_str()),
            "id": used.and_then(|used| used.id.as_deref()),
            "label": used.and_then(|used| used.label.as_deref()),
        })
    }

    /// It together with earlier ones that were alike.
    #[must_use]
    pub fn after(self, earlier: Self) -> Self {
        let label = |used: UsedCredential| {
            let label = used.label.or_else(|| earlier.credential.and_then(|earlier| earlier.label));
            UsedCredential { label, ..used }
        };
        Self {
            credential: self.credential.map(label),
            first: self.first.min(earlier.first),
            last: self.last.max(earlier.last),
            count: self.count.saturating_add(earlier.count),
            ..self
        }
    }
}
