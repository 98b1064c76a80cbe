use crate::account::Account;
use crate::app_password::AppPassword;
use crate::device::DeviceId;
use crate::factor::{Factor, FactorType};
use crate::ledger::Credential;

/// What a login was decided by, as its owner knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsedCredential {
    /// What it is.
    pub kind: CredentialKind,
    /// Its id, if it is one of several. It opens nothing.
    pub id: Option<String>,
    /// What its owner calls it.
    pub label: Option<String>,
}

/// The kind of a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialKind {
    /// An app password.
    AppPassword,
    /// The main password.
    MainPassword,
    /// A factor of this kind.
    Factor(FactorType),
    /// A recovery code.
    RecoveryCode,
    /// A trusted device in the place of a second step.
    TrustedDevice,
}

impl UsedCredential {
    /// An app password, revoked or not.
    #[must_use]
    pub fn of_app_password(stored: &AppPassword) -> Self {
        let label = stored.live().map(|live| bounded(live.label.as_str()));
        Self { kind: CredentialKind::AppPassword, id: Some(stored.id().to_string()), label }
    }

    /// A factor.
    #[must_use]
    pub fn of_factor(factor: &Factor) -> Self {
        let kind = CredentialKind::Factor(factor.kind.factor_type());
        Self { kind, id: Some(factor.id.to_string()), label: Some(bounded(factor.label.as_str())) }
    }

    /// A device that was trusted before.
    #[must_use]
    pub fn of_device(id: DeviceId, name: &str) -> Self {
        Self { kind: CredentialKind::TrustedDevice, id: Some(id.to_string()), label: Some(bounded(name)) }
    }

    /// The factor of an account that was used, if it was one.
    #[must_use]
    pub fn of_factor_used(account: &Account, credential: Credential) -> Option<Self> {
        let used = account.data.factors.iter().find(|factor| credential == Credential::Factor(factor.id));
        used.map(Self::of_factor)
    }

    /// What is known from the credential alone; `None` if that is not even its kind.
    #[must_use]
    pub fn of(credential: Credential) -> Option<Self> {
        let (kind, id) = match credential {
            Credential::MainPassword | Credential::LoginPassword => (CredentialKind::MainPassword, None),
            Credential::AppPassword(id) => (CredentialKind::AppPassword, Some(id.to_string())),
            Credential::RecoveryCode => (CredentialKind::RecoveryCode, None),
            Credential::TrustedDevice => (CredentialKind::TrustedDevice, None),
            Credential::Factor(_) | Credential::Session => return None,
        };
        Some(Self { kind, id, label: None })
    }
}

impl CredentialKind {
    /// The name in the stored form and on the wire; that of a factor is its kind's.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AppPassword => "app_password",
            Self::MainPassword => "main_password",
            Self::Factor(kind) => kind.name(),
            Self::RecoveryCode => "recovery_code",
            Self::TrustedDevice => "trusted_device",
        }
    }

    /// Reads the same.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let others = [Self::AppPassword, Self::MainPassword, Self::RecoveryCode, Self::TrustedDevice];
        let other = others.into_iter().find(|kind| kind.as_str() == name);
        other.or_else(|| FactorType::parse(name).map(Self::Factor))
    }
}

/// Names come from people and from browsers.
fn bounded(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(LONGEST_LABEL).collect()
}

/// In characters.
const LONGEST_LABEL: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_reads_back_and_no_two_share_a_name() {
        let all = FactorType::ALL.map(CredentialKind::Factor).into_iter().chain([
            CredentialKind::AppPassword,
            CredentialKind::MainPassword,
            CredentialKind::RecoveryCode,
            CredentialKind::TrustedDevice,
        ]);
        for kind in all {
            assert_eq!(CredentialKind::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(CredentialKind::parse("login_password"), None);
    }

    #[test]
    fn a_name_from_outside_is_short_and_has_no_control_characters() {
        let device = |name: &str| {
            UsedCredential::of_device(DeviceId(crate::keyring::Digest::new([7; 16])), name).label.unwrap()
        };
        assert_eq!(device("Fire\u{1b}[2Jfox\n"), "Fire[2Jfox");
        assert_eq!(device(&"\u{e9}".repeat(1000)).chars().count(), LONGEST_LABEL);
    }
}
