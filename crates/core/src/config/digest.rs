use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::settings::{Config, DirectoryKind, LdapLogin, LedgerKind};

/// Identifies a configuration: SHA-256 over the text of the file and of the files that are read with it, such as passwords and
/// certificates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigDigest(String);

impl ConfigDigest {
    /// The digest of a configuration that was parsed from `text`.
    pub(super) fn of(text: &str, config: &Config) -> Self {
        let mut hash = Sha256::new();
        let mut add = |part: &[u8]| {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        };
        add(text.as_bytes());
        for path in config.files() {
            add(path.as_os_str().as_encoded_bytes());
            // An unreadable file counts as empty. The code that uses the file reports the error.
            add(&content(path).unwrap_or_default());
        }
        Self(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// In hexadecimal digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ConfigDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn content(path: &Path) -> std::io::Result<zeroize::Zeroizing<Vec<u8>>> {
    let file = File::open(path)?;
    let mut bytes = zeroize::Zeroizing::new(Vec::new());
    if file.metadata()?.is_file() {
        file.take(MOST_BYTES).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

impl Config {
    /// The files that are read with the configuration, and not again before the next reload. The keyring is not one of them.
    fn files(&self) -> Vec<&Path> {
        let mut files: Vec<&Path> = Vec::new();
        match &self.directory {
            DirectoryKind::Ldap(ldap) => {
                files.push(&ldap.ca_file);
                match &ldap.login {
                    LdapLogin::Simple { password_file, .. } => files.push(password_file),
                    LdapLogin::SaslExternal => {}
                }
            }
            DirectoryKind::Embedded => {}
        }
        match &self.ledger {
            LedgerKind::Redis(redis) => {
                files.push(&redis.ca_file);
                files.extend(redis.password_file.as_deref());
            }
            LedgerKind::Embedded => {}
        }
        files.extend(self.couriers.files());
        files
    }
}

/// More than the size of any bundle of certificates.
const MOST_BYTES: u64 = 4 * 1024 * 1024;
