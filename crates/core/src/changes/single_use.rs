//! Replay protection for recovery codes and tickets, each of which is accepted once.
//!
//! The directory removes them when they are used, but restoring a backup brings them back. So each use is claimed in the ledger as well,
//! and a claimed one is refused, even if the directory still has it.

use std::time::Duration;

use crate::account::AccountId;
use crate::clock::Timestamp;
use crate::factor::RecoveryCode;
use crate::keyring::{Digest, KEY_BYTES, keyed_digest};
use crate::ledger::{Ledger, LedgerError, Token};
use crate::policy::Ticket;

/// A secret that is accepted once, as stored in the directory.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Once<'a> {
    RecoveryCode(&'a RecoveryCode),
    Ticket(Ticket),
}

impl Once<'_> {
    /// Claims its use, for all hosts that share the ledger. False if it was used before: it is a replay. A call that is repeated with the
    /// same token is still true.
    pub(crate) async fn use_up(
        self,
        ledger: &dyn Ledger,
        account: &AccountId,
        token: Token,
        at: Timestamp,
    ) -> Result<bool, LedgerError> {
        ledger.claim(self.name(account), token, RETENTION, at).await
    }

    /// Whether it was used, according to the ledger. Asking uses nothing up.
    pub(crate) async fn is_used(
        self,
        ledger: &dyn Ledger,
        account: &AccountId,
        at: Timestamp,
    ) -> Result<bool, LedgerError> {
        ledger.is_claimed(self.name(account), at).await
    }

    /// Under no key of the keyring: these are replaced, and this has to stay the same. It tells nothing of the secret that the
    /// stored form does not tell.
    fn name(self, account: &AccountId) -> Digest {
        let account = account.as_str().as_bytes();
        let digest = |purpose: &str, parts: &[&[u8]]| keyed_digest(&[0; KEY_BYTES], purpose, parts);
        match self {
            Self::RecoveryCode(code) => digest(
                "used recovery code",
                &[account, code.id.as_str().as_bytes(), code.hash.as_str().as_bytes()],
            ),
            Self::Ticket(ticket) => digest("used ticket", &[account, ticket.digest.as_ref()]),
        }
    }
}

/// Whether a recovery code that the directory has was used before: a restored backup brought it back.
///
/// # Errors
/// The ledger does not answer.
pub async fn is_recovery_code_used(
    ledger: &dyn Ledger,
    account: &AccountId,
    code: &RecoveryCode,
    at: Timestamp,
) -> Result<bool, LedgerError> {
    Once::RecoveryCode(code).is_used(ledger, account, at).await
}

/// Restoring an older backup brings back the secrets that were used since.
const RETENTION: Duration = Duration::from_secs(400 * 86_400);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hashing::StoredHash;

    #[test]
    fn each_account_code_and_ticket_has_a_name_of_its_own() {
        let hash =
            "$argon2id$v=19$m=8,t=1,p=1$cG9zdGVybi1kZWNveS0xNg$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        let code = |id: &str, hash: &str| RecoveryCode {
            id: id.parse().unwrap(),
            hash: StoredHash::parse(hash).unwrap(),
        };
        let other = hash.replace("AAAA", "BAAA");
        let codes = [code("k7pm", hash), code("k7pn", hash), code("k7pm", &other)];
        let ticket =
            |byte| Ticket { digest: Digest::new([byte; 16]), expires: Timestamp::from_unix(1_800_000_000) };
        let mut names = Vec::new();
        for account in ["a", "b"] {
            let account = AccountId::new(account.to_owned());
            names.extend(codes.iter().map(|code| Once::RecoveryCode(code).name(&account)));
            names.extend([1, 2].map(|byte| Once::Ticket(ticket(byte)).name(&account)));
        }
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!((names.len(), count), (10, 10));
    }
}
