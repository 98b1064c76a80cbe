use std::collections::BTreeMap;

use postern_core::account::{Account, AccountId};
use postern_core::app_password::Selector;
use postern_core::clock::Timestamp;
use postern_core::factor::FactorId;
use postern_core::ledger::{Credential, Use};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::filter::Wanted;
use crate::commands::account_text::{standing, use_text, use_value};
use crate::commands::factor::destination;

/// The directory's part of an account, without secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AccountSummary {
    pub(super) id: AccountId,
    pub(super) shown: ShownFields,
}

/// The values that are shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ShownFields {
    pub(super) name: String,
    pub(super) standing: String,
    pub(super) enrolled: bool,
    /// The app passwords in force, with the time of their creation.
    pub(super) app_passwords: Vec<(Selector, Timestamp)>,
    pub(super) recovery_codes_left: usize,
    pub(super) factors: Vec<FactorSummary>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FactorSummary {
    pub(super) id: FactorId,
    pub(super) kind: String,
    pub(super) label: String,
    pub(super) created: Timestamp,
    pub(super) locked: Option<Timestamp>,
    /// The destination of codes, under its name for scripts.
    #[serde(flatten)]
    pub(super) to: BTreeMap<String, String>,
}

impl AccountSummary {
    pub(super) fn of(account: &Account) -> Self {
        let factors = account.data.factors.iter().map(|factor| FactorSummary {
            id: factor.id,
            kind: factor.kind.name().to_owned(),
            label: factor.label.to_string(),
            created: factor.created,
            locked: factor.locked,
            to: destination(factor).map(|(name, to)| (name.to_owned(), to.to_owned())).into_iter().collect(),
        });
        let shown = ShownFields {
            name: account.name.clone(),
            standing: standing(account.status).to_owned(),
            enrolled: account.data.is_enrolled(),
            app_passwords: account.data.live_app_passwords().map(|live| (live.id, live.created)).collect(),
            recovery_codes_left: account.data.recovery_codes.len(),
            factors: factors.collect(),
        };
        Self { id: account.id.clone(), shown }
    }
}

/// An account with its logins in the ledger, if the ledger answers.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) summary: AccountSummary,
    /// The last uses. Uses before `since` are left out.
    pub(super) uses: Option<Vec<Use>>,
    /// The earliest use that counts, if there is a limit.
    pub(super) since: Option<Timestamp>,
}

impl Row {
    pub(super) fn is_wanted(&self, wanted: &Wanted) -> bool {
        let is_unenrolled = !wanted.unenrolled || !self.summary.shown.enrolled;
        let is_ready = !wanted.ready || self.is_ready();
        is_unenrolled && is_ready && (!wanted.main_password || self.used(Credential::MainPassword).is_some())
    }

    /// Whether nothing would be lost if the main password opened no mail: the account is enrolled, or has an app
    /// password that was used while the main password was not, since its creation. A ledger that does not answer proves
    /// nothing.
    pub(super) fn is_ready(&self) -> bool {
        if self.summary.shown.enrolled {
            return true;
        }
        let used = |(id, _): &&(Selector, Timestamp)| self.used(Credential::AppPassword(*id)).is_some();
        let Some(made) = self.summary.shown.app_passwords.iter().filter(used).map(|(_, made)| *made).max()
        else {
            return false;
        };
        self.main_password().is_none_or(|main| self.since.is_none() && main.at < made)
    }

    /// The last use of any app password in force.
    pub(super) fn last_app_password(&self) -> Option<&Use> {
        let ids = self.summary.shown.app_passwords.iter().map(|(id, _)| *id);
        ids.filter_map(|id| self.used(Credential::AppPassword(id))).max_by_key(|used| used.at)
    }

    /// The last use of the main password at a mail service.
    pub(super) fn main_password(&self) -> Option<&Use> {
        self.used(Credential::MainPassword)
    }

    fn used(&self, credential: Credential) -> Option<&Use> {
        self.uses.iter().flatten().find(|used| used.credential == credential)
    }

    /// The last use of any second factor.
    fn last_second_step(&self) -> Option<&Use> {
        let is_second_step = |used: &&Use| match used.credential {
            Credential::Factor(_) | Credential::RecoveryCode => true,
            Credential::MainPassword
            | Credential::AppPassword(_)
            | Credential::LoginPassword
            | Credential::TrustedDevice
            | Credential::Session => false,
        };
        self.uses.iter().flatten().filter(is_second_step).max_by_key(|used| used.at)
    }

    /// The columns for people.
    pub(super) fn cells(&self) -> [String; 6] {
        let shown = &self.summary.shown;
        let unknown = || if self.uses.is_some() { "-" } else { "?" }.to_owned();
        let used = |used: Option<&Use>| used.map_or_else(unknown, use_text);
        let factors = match (shown.factors.len(), shown.enrolled) {
            (0, false) => "-".to_owned(),
            (0, true) => "marked".to_owned(),
            (1.., _) => {
                let mut kinds: Vec<&str> = shown.factors.iter().map(|factor| factor.kind.as_str()).collect();
                kinds.sort_unstable();
                kinds.dedup();
                let locked = shown.factors.iter().filter(|factor| factor.locked.is_some()).count();
                let locked = if locked == 0 { String::new() } else { format!(", {locked} locked") };
                format!("{} ({}{locked})", shown.factors.len(), kinds.join(" "))
            }
        };
        let app_passwords = match shown.app_passwords.len() {
            0 => "-".to_owned(),
            count => format!("{count}, last {}", used(self.last_app_password())),
        };
        [
            shown.name.clone(),
            shown.standing.clone(),
            factors,
            used(self.last_second_step()),
            app_passwords,
            used(self.main_password()),
        ]
    }

    /// The columns for a spreadsheet, in the order of [`COLUMNS`].
    pub(super) fn fields(&self) -> [String; COLUMNS.len()] {
        let shown = &self.summary.shown;
        let yes_no = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
        let at = |used: Option<&Use>| used.map_or_else(String::new, |used| used.at.to_string());
        let service = |used: Option<&Use>| used.map_or_else(String::new, |used| used.service.clone());
        let address = |used: Option<&Use>| {
            used.and_then(|used| used.address).map_or_else(String::new, |address| address.to_string())
        };
        let kinds: Vec<&str> = shown.factors.iter().map(|factor| factor.kind.as_str()).collect();
        let (app, main) = (self.last_app_password(), self.main_password());
        [
            unspreadsheeted(&shown.name),
            self.summary.id.to_string(),
            shown.standing.clone(),
            yes_no(shown.enrolled),
            kinds.join(" "),
            at(self.last_second_step()),
            shown.recovery_codes_left.to_string(),
            shown.app_passwords.len().to_string(),
            at(app),
            service(app),
            at(main),
            service(main),
            address(main),
            yes_no(self.is_ready()),
            yes_no(self.uses.is_some()),
        ]
    }

    /// The values for scripts, which are more.
    pub(super) fn value(&self) -> Value {
        let shown = &self.summary.shown;
        let factors: Vec<Value> = shown
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
            "name": shown.name,
            "id": self.summary.id.as_str(),
            "standing": shown.standing,
            "enrolled": shown.enrolled,
            "factors": factors,
            "recovery_codes_left": shown.recovery_codes_left,
            "recovery_code_last_used": self.used(Credential::RecoveryCode).map(use_value),
            "app_passwords": shown.app_passwords.len(),
            "app_passwords_last_used": self.last_app_password().map(use_value),
            "ready": self.is_ready(),
            "main_password_on_mail": self.main_password().map(use_value),
            "main_password_at_logins": self.used(Credential::LoginPassword).map(use_value),
            "uses_known": self.uses.is_some(),
        })
    }
}

/// Marks a value as text that a spreadsheet would treat as a formula.
fn unspreadsheeted(name: &str) -> String {
    if name.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{name}") } else { name.to_owned() }
}

/// The columns of the table (CSV).
pub(super) const COLUMNS: [&str; 15] = [
    "name",
    "id",
    "standing",
    "enrolled",
    "factors",
    "last_code",
    "recovery_codes_left",
    "app_passwords",
    "app_passwords_last_used",
    "app_passwords_last_service",
    "main_password_on_mail",
    "main_password_service",
    "main_password_address",
    "ready",
    "uses_known",
];

#[cfg(test)]
mod tests {
    use postern_core::account::AccountId;

    use super::*;

    const NOW: u64 = 1_800_000_000;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_unix(seconds)
    }

    fn used(credential: Credential, when: u64) -> Use {
        Use { credential, at: at(when), service: "imap".to_owned(), address: None }
    }

    fn row(made: &[(Selector, u64)], uses: Option<Vec<Use>>, since: Option<u64>) -> Row {
        let shown = ShownFields {
            name: "alice".to_owned(),
            standing: "active".to_owned(),
            enrolled: false,
            app_passwords: made.iter().map(|(id, when)| (*id, at(*when))).collect(),
            recovery_codes_left: 0,
            factors: Vec::new(),
        };
        Row {
            summary: AccountSummary { id: AccountId::new("id".to_owned()), shown },
            uses,
            since: since.map(at),
        }
    }

    #[test]
    fn an_account_is_ready_once_it_uses_app_passwords_only() {
        let (first, second): (Selector, Selector) = ("GdGn".parse().unwrap(), "eAF6".parse().unwrap());
        let app = |id, when| used(Credential::AppPassword(id), when);
        let main = |when| used(Credential::MainPassword, when);
        let ready = |made: &[_], uses| row(made, Some(uses), None).is_ready();
        let both = [(first, NOW), (second, NOW + 500)];
        assert!(!ready(&[], vec![]), "with neither");
        assert!(!ready(&both, vec![]), "made, and never used");
        assert!(ready(&both, vec![app(first, NOW + 9)]));
        assert!(ready(&both, vec![app(first, NOW + 9), main(NOW - 1)]), "the last use lies before");
        assert!(!ready(&both, vec![app(first, NOW + 9), main(NOW + 1)]), "another program still has it");
        assert!(
            ready(&both, vec![app(first, NOW + 9), app(second, NOW + 600), main(NOW + 400)]),
            "and then moved too"
        );
        assert!(!row(&both, None, None).is_ready(), "it is unknown");
        // Uses before --since are left out.
        assert!(row(&both, Some(vec![app(first, NOW + 9)]), Some(NOW)).is_ready());
        assert!(!row(&both, Some(vec![app(second, NOW + 900), main(NOW + 400)]), Some(NOW)).is_ready());
        let mut enrolled = row(&[], None, None);
        enrolled.summary.shown.enrolled = true;
        assert!(enrolled.is_ready());
    }

    #[test]
    fn a_name_is_never_a_formula() {
        assert_eq!(unspreadsheeted("=HYPERLINK(1)"), "'=HYPERLINK(1)");
        assert_eq!(unspreadsheeted("alice"), "alice");
    }
}
