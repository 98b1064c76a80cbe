//! The names under which both ledgers store the last use of a credential.

use postern_core::ledger::Credential;

/// The name under which the last use of a credential is stored.
pub(crate) fn credential_text(credential: Credential) -> String {
    match credential {
        Credential::MainPassword => MAIN_PASSWORD.to_owned(),
        Credential::AppPassword(id) => id.to_string(),
        Credential::LoginPassword => LOGIN_PASSWORD.to_owned(),
        Credential::Factor(id) => id.to_string(),
        Credential::RecoveryCode => RECOVERY_CODE.to_owned(),
        Credential::TrustedDevice => TRUSTED_DEVICE.to_owned(),
        Credential::Session => SESSION.to_owned(),
    }
}

/// Reads the same. A selector has 4 characters and a factor's id 32, so no name is ambiguous.
pub(crate) fn credential_of(text: &str) -> Option<Credential> {
    match text {
        MAIN_PASSWORD => Some(Credential::MainPassword),
        LOGIN_PASSWORD => Some(Credential::LoginPassword),
        RECOVERY_CODE => Some(Credential::RecoveryCode),
        TRUSTED_DEVICE => Some(Credential::TrustedDevice),
        SESSION => Some(Credential::Session),
        factor if factor.len() == FACTOR_ID => factor.parse().ok().map(Credential::Factor),
        selector => selector.parse().ok().map(Credential::AppPassword),
    }
}

const MAIN_PASSWORD: &str = "main_password";
const LOGIN_PASSWORD: &str = "login_password";
const RECOVERY_CODE: &str = "recovery_code";
const TRUSTED_DEVICE: &str = "trusted_device";
const SESSION: &str = "session";
const FACTOR_ID: usize = 32;

#[cfg(test)]
mod tests {
    use postern_core::factor::FactorId;

    use super::*;

    #[test]
    fn every_credential_reads_back() {
        for credential in [
            Credential::MainPassword,
            Credential::AppPassword("GdGn".parse().unwrap()),
            Credential::LoginPassword,
            Credential::Factor(FactorId::new([0xab; 16])),
            Credential::RecoveryCode,
            Credential::TrustedDevice,
            Credential::Session,
        ] {
            assert_eq!(credential_of(&credential_text(credential)), Some(credential));
        }
        for text in ["", "GdG", "abababababababababababababababAB", "recovery_codes"] {
            assert_eq!(credential_of(text), None, "{text}");
        }
    }
}
