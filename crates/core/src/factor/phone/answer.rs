//! What a phone answers to a challenge.

use serde::{Deserialize, Serialize};

use crate::account::Account;
use crate::challenge::ChallengeId;
use crate::changes::challenges::DENIED;
use crate::factor::FactorId;

use super::signature::Signed;

/// What a phone says to a challenge, as it is handed in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PhoneAnswer {
    pub(crate) factor: FactorId,
    pub(crate) time: u64,
    pub(crate) choice: Choice,
    #[serde(rename = "number")]
    pub(crate) match_number: String,
    pub(crate) signature: String,
}

/// What the person at the phone wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Choice {
    /// To let the login in.
    Approve,
    /// The same, and to trust the device that it comes from.
    ApproveTrust,
    /// To refuse it.
    Deny,
    /// To refuse it with a fraud report: another person knows the password.
    NotMe,
}

impl Choice {
    const NAMED: [(&'static str, Self); 4] = [
        ("approve", Self::Approve),
        ("approve_trust", Self::ApproveTrust),
        ("deny", Self::Deny),
        ("not_me", Self::NotMe),
    ];

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::NAMED.into_iter().find(|(name, _)| *name == text).map(|(_, choice)| choice)
    }

    fn as_str(self) -> &'static str {
        Self::NAMED.into_iter().find(|(_, choice)| *choice == self).map_or("", |(name, _)| name)
    }

    pub(crate) fn is_approval(self) -> bool {
        match self {
            Self::Approve | Self::ApproveTrust => true,
            Self::Deny | Self::NotMe => false,
        }
    }
}

/// What the ledger has as the answer to a challenge.
pub(super) enum ChallengeAnswer {
    /// Of an admin or of the account's owner at a terminal. It needs no signature, because it can only refuse.
    Denied,
    /// Of a phone, whose signature is still to be verified.
    Phone(PhoneAnswer),
    /// None, or none that can be read.
    None,
}

impl ChallengeAnswer {
    pub(super) fn read(stored: Option<&str>) -> Self {
        match stored {
            None => Self::None,
            Some(DENIED) => Self::Denied,
            Some(text) => PhoneAnswer::read(text).map_or(Self::None, Self::Phone),
        }
    }
}

impl PhoneAnswer {
    pub(crate) fn write(&self) -> String {
        // Strings and numbers: serde_json has no way to fail.
        serde_json::to_string(self).unwrap_or_default()
    }

    fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// Whether a phone of the account signed this for this challenge.
    pub(crate) fn is_signed(&self, account: &Account, challenge: ChallengeId) -> bool {
        let fields = [challenge.to_string(), self.choice.as_str().to_owned(), self.match_number.clone()];
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        let signed = Signed { verb: "answer", factor: self.factor, time: self.time, fields: &fields };
        signed.is_by(account, &self.signature).is_some()
    }
}
