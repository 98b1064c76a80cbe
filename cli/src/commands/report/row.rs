use std::collections::BTreeMap;

use postern_core::account::{Account, AccountId};
use postern_core::clock::Timestamp;
use postern_core::factor::FactorId;
use postern_core::ledger::{Credential, Use};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Wanted;
use crate::commands::account::{standing, use_text, use_value};
use crate::commands::factor::destination;

/// What the directory says of an account, without anything secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Brief {
    pub(super) id: AccountId,
    pub(super) said: Said,
}

/// The part of it that is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Said {
    pub(super) name: String,
    pub(super) standing: String,
    pub(super) enrolled: bool,
    pub(super) app_passwords: usize,
    pub(super) recovery_codes_left: usize,
    pub(super) factors: Vec<BriefFactor>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct BriefFactor {
    pub(super) id: FactorId,
    pub(super) kind: String,
    pub(super) label: String,
    pub(super) created: Timestamp,
    pub(super) locked: Option<Timestamp>,
    /// The address or number that codes are sent to, as it is named for scripts.
    #[serde(flatten)]
    pub(super) to: BTreeMap<String, String>,
}

impl Brief {
    pub(super) fn of(account: &Account) -> Self {
        let factors = account.data.factors.iter().map(|factor| BriefFactor {
            id: factor.id,
            kind: factor.kind.name().to_owned(),
            label: factor.label.to_string(),
            created: factor.created,
            locked: factor.locked,
            to: destination(&factor.kind)
                .map(|(name, to)| (name.to_owned(), to.to_owned()))
                .into_iter()
                .collect(),
        });
        let said = Said {
            name: account.name.clone(),
            standing: standing(account.standing).to_owned(),
            enrolled: account.data.is_enrolled(),
            app_passwords: account.data.live_app_passwords().count(),
            recovery_codes_left: account.data.recovery_codes.len(),
            factors: factors.collect(),
        };
        Self { id: account.id.clone(), said }
    }
}

/// An account with what the ledger knows of its logins, if it says anything.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) brief: Brief,
    pub(super) uses: Option<Vec<Use>>,
}

impl Row {
    pub(super) fn is_wanted(&self, wanted: &Wanted) -> bool {
        let is_unenrolled = !wanted.unenrolled || !self.brief.said.enrolled;
        is_unenrolled && (!wanted.main_password || self.used(Credential::MainPassword).is_some())
    }

    /// The main password's last use at a mail service.
    pub(super) fn main_password(&self) -> Option<&Use> {
        self.used(Credential::MainPassword)
    }

    fn used(&self, credential: Credential) -> Option<&Use> {
        self.uses.iter().flatten().find(|used| used.credential == credential)
    }

    /// The last use of anything that a second step asks for.
    fn last_second_step(&self) -> Option<&Use> {
        let is_second_step = |used: &&Use| match used.credential {
            Credential::Factor(_) | Credential::RecoveryCode => true,
            Credential::MainPassword
            | Credential::AppPassword(_)
            | Credential::LoginPassword
            | Credential::TrustedDevice => false,
        };
        self.uses.iter().flatten().filter(is_second_step).max_by_key(|used| used.at)
    }

    /// Columns for people.
    pub(super) fn cells(&self) -> [String; 5] {
        let said = &self.brief.said;
        let unknown = || if self.uses.is_some() { "-" } else { "?" }.to_owned();
        let used = |used: Option<&Use>| used.map_or_else(unknown, use_text);
        let factors = match (said.factors.len(), said.enrolled) {
            (0, false) => "-".to_owned(),
            (0, true) => "marked".to_owned(),
            (1.., _) => {
                let mut kinds: Vec<&str> = said.factors.iter().map(|factor| factor.kind.as_str()).collect();
                kinds.sort_unstable();
                kinds.dedup();
                let locked = said.factors.iter().filter(|factor| factor.locked.is_some()).count();
                let locked = if locked == 0 { String::new() } else { format!(", {locked} locked") };
                format!("{} ({}{locked})", said.factors.len(), kinds.join(" "))
            }
        };
        [
            said.name.clone(),
            said.standing.clone(),
            factors,
            used(self.last_second_step()),
            used(self.main_password()),
        ]
    }

    /// The same for scripts, and more.
    pub(super) fn value(&self) -> Value {
        let said = &self.brief.said;
        let factors: Vec<Value> = said
            .factors
            .iter()
            .map(|factor| {
                let mut value = json!(factor);
                if let Some(object) = value.as_object_mut() {
                    let used = self.used(Credential::Factor(factor.id)).map(use_value);
                    object.insert("last_used".to_owned(), json!(used));
                }
                value
            })
            .collect();
        json!({
            "name": said.name,
            "id": self.brief.id.as_str(),
            "standing": said.standing,
            "enrolled": said.enrolled,
            "factors": factors,
            "recovery_codes_left": said.recovery_codes_left,
            "recovery_code_last_used": self.used(Credential::RecoveryCode).map(use_value),
            "app_passwords": said.app_passwords,
            "main_password_on_mail": self.main_password().map(use_value),
            "main_password_at_logins": self.used(Credential::LoginPassword).map(use_value),
            "uses_known": self.uses.is_some(),
        })
    }
}
