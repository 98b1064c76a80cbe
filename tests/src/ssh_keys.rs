//! ssh keys and certificates, made by ssh-keygen.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::{Ran, host};

/// A key pair without a passphrase, in a file that root alone may read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    path: PathBuf,
}

/// What a key is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// `ssh-ed25519`.
    Ed25519,
    /// `ecdsa-sha2-nistp256`.
    Ecdsa,
    /// `ssh-rsa` with 2,048 bits.
    Rsa,
}

impl Key {
    /// A new one.
    #[must_use]
    pub fn new(kind: KeyKind) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let dir = host::test_dir().join("keys");
        host::make_dir(&dir, (0.into(), 0.into()), 0o700);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = dir.join(format!("{}.{number}", std::process::id()));
        let kind: &[&str] = match kind {
            KeyKind::Ed25519 => &["-t", "ed25519"],
            KeyKind::Ecdsa => &["-t", "ecdsa"],
            KeyKind::Rsa => &["-t", "rsa", "-b", "2048"],
        };
        let comment = format!("key {number}");
        drop(ssh_keygen(
            Command::new(program()).args(kind).args(["-q", "-N", "", "-C", &comment, "-f"]).arg(&path),
        ));
        Self { path }
    }

    /// A new ed25519 key.
    #[must_use]
    pub fn ed25519() -> Self {
        Self::new(KeyKind::Ed25519)
    }

    /// The same key in another file: what an agent or a copied file is.
    #[must_use]
    pub fn copy(&self) -> Self {
        let path = with(&self.path, ".copy");
        for end in ["", ".pub"] {
            fs::copy(with(&self.path, end), with(&path, end)).expect("a copy of a key");
        }
        Self { path }
    }

    /// The private key's file. A certificate stands beside it; see [`certificate`](Self::certificate).
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The public key in one line: type, base64, comment.
    #[must_use]
    pub fn public(&self) -> String {
        read(&with(&self.path, ".pub"))
    }

    /// The fingerprint that `ssh-keygen -l` prints: `SHA256:…`.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let shown = ssh_keygen(Command::new(program()).arg("-lf").arg(with(&self.path, ".pub")));
        shown.split_whitespace().nth(1).expect("a fingerprint").to_owned()
    }

    /// Signs the public key as this authority, for logins as `principal`; ssh then shows the certificate beside the key.
    pub fn certify(&self, key: &Self, principal: &str) {
        let mut command = Command::new(program());
        command.args(["-q", "-I", "a test's certificate", "-n", principal, "-s"]).arg(&self.path);
        drop(ssh_keygen(command.arg(with(&key.path, ".pub"))));
    }

    /// The certificate in one line, where there is one.
    #[must_use]
    pub fn certificate(&self) -> Option<String> {
        fs::read_to_string(with(&self.path, "-cert.pub")).ok().map(|text| text.trim().to_owned())
    }
}

fn program() -> PathBuf {
    host::system_program("/usr/bin/ssh-keygen", "openssh-client")
}

fn ssh_keygen(command: &mut Command) -> String {
    Ran::of(command.current_dir("/"), b"", Duration::from_secs(30)).succeeded().stdout
}

fn with(path: &Path, end: &str) -> PathBuf {
    PathBuf::from(format!("{}{end}", path.display()))
}

fn read(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.trim().to_owned()
}
