//! What is good once: recovery codes and tickets.
//!
//! The directory forgets them with their use, and a backup that is restored brings them back. So the ledger is told as well, and
//! what it knows to be used is worth nothing, whatever the directory says.

use std::time::Duration;

use crate::account::AccountId;
use crate::clock::Timestamp;
use crate::factor::RecoveryCode;
use crate::keyring::{Digest, KEY_BYTES, keyed_digest};
use crate::ledger::{Ledger, LedgerError, Token};
use crate::policy::Ticket;

/// Something that is good once, as the directory has it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Once<'a> {
    RecoveryCode(&'a RecoveryCode),
    Ticket(Ticket),
}

impl Once<'_> {
    /// Uses it up, for all hosts that share the ledger: false where it was used before. Told again with the same token it is
    /// used by the same.
    pub(crate) async fn use_up(
        self,
        ledger: &dyn Ledger,
        account: &AccountId,
        token: Token,
        at: Timestamp,
    ) -> Result<bool, LedgerError> {
        ledger.claim(self.name(account), token, MEMORY, at).await
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

/// A backup that is older brings back what was used since.
const MEMORY: Duration = Duration::from_secs(400 * 86_400);

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
