use ldap3::LdapError;

/// Why a server gave no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// It cannot be reached, or reports that it is busy: another server may answer.
    Unreachable(String),
    /// It gave no answer in time.
    Silent,
    /// It answered with an error that an administrator has to repair.
    Wrong(String),
}

/// Why a bind as a user gave no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum BindTrouble {
    /// There is no connection to bind on: the server is to be taken out of use.
    Connection(Trouble),
    /// The bind itself was not answered. It may need what only this user's password needs, such as another directory behind the
    /// server, so it says nothing about the server, and anybody can cause it with any password.
    Answer(Trouble),
    /// It was not tried, because too many others wait.
    Busy,
}

impl Trouble {
    pub(super) fn of(error: &LdapError) -> Self {
        if let LdapError::LdapResult { result } = error {
            Self::of_code(result.rc, "the server refused")
        } else if matches!(error, LdapError::FilterParsing | LdapError::DecodingUTF8) {
            Self::Wrong(error.to_string())
        } else {
            Self::Unreachable(error.to_string())
        }
    }

    /// Result codes of RFC 4511, section 4.1.9. The server's own text may hold what was sent, and is left out.
    pub(super) fn of_code(code: u32, what: &str) -> Self {
        let name = match code {
            3 => "timeLimitExceeded",
            4 => "sizeLimitExceeded",
            10 => "referral",
            16 => "noSuchAttribute",
            17 => "undefinedAttributeType",
            32 => "noSuchObject",
            49 => "invalidCredentials",
            50 => "insufficientAccessRights",
            51 => "busy",
            52 => "unavailable",
            53 => "unwillingToPerform",
            65 => "objectClassViolation",
            _ => "another result code",
        };
        let text = format!("{what}: {name} ({code})");
        if matches!(code, BUSY | UNAVAILABLE) { Self::Unreachable(text) } else { Self::Wrong(text) }
    }

    /// The search base of the configuration does not exist.
    pub(super) fn no_base(base: &str) -> Self {
        let what =
            format!("directory.base \"{base}\" is not there, or hidden from posternd by an access rule");
        Self::of_code(NO_SUCH_OBJECT, &what)
    }
}

/// `noSuchObject` (RFC 4511, section 4.1.9).
pub(super) const NO_SUCH_OBJECT: u32 = 32;
const BUSY: u32 = 51;
const UNAVAILABLE: u32 = 52;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_busy_and_unavailable_are_worth_another_server() {
        for code in [1, 2, 4, 10, 32, 48, 49, 50, 53, 65, 80] {
            assert!(matches!(Trouble::of_code(code, "x"), Trouble::Wrong(_)), "{code}");
        }
        for code in [51, 52] {
            assert!(matches!(Trouble::of_code(code, "x"), Trouble::Unreachable(_)), "{code}");
        }
    }
}
