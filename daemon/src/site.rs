use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use postern_core::config::{Config, ConfigDigest};
use postern_core::engine::Engine;
use postern_core::keyring::Keyring;
use postern_ipc::{CLIENT_CONFIG_PATH, ClientConfig};

use crate::compose::{self, Composed, StoreServers};
use crate::keyring_file::KeyringFile;
use crate::peer::Rights;
use crate::slots::Capacity;

/// Everything built from one reading of the configuration. A conversation keeps the site that it began with.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) engine: Engine,
    pub(crate) servers: StoreServers,
    pub(crate) rights: Rights,
    pub(crate) capacity: Capacity,
    pub(crate) keyring_file: Arc<KeyringFile>,
    pub(crate) digest: ConfigDigest,
    /// How long the front doors of this host wait for a person.
    pub(crate) interactive_deadline: Duration,
}

impl Site {
    /// `path` is that of the configuration.
    pub(crate) fn of(
        (config, digest): (&Config, ConfigDigest),
        Composed { engine, keyring_file, servers }: Composed,
        path: &Path,
    ) -> Self {
        let rights = Rights::of(&config.socket, config.web.as_ref().map(|web| web.user.as_str()));
        let limits = &config.limits;
        let capacity = Capacity {
            total: limits.connections,
            per_user: limits.connections_per_user,
            dialogues: limits.dialogues,
            has_page: rights.has_page(),
        };
        Self {
            engine,
            servers,
            rights,
            capacity,
            keyring_file: Arc::new(keyring_file),
            digest,
            interactive_deadline: interactive_deadline(path),
        }
    }

    /// How many seconds this host's clock is ahead of the ledger's; `None` if the ledger has no clock or does not answer.
    pub(crate) async fn clock_ahead(&self) -> Option<i64> {
        let ledger = self.engine.ledger.time().await.ok()??;
        Some(self.engine.clock.now().seconds_after(ledger))
    }

    /// The same site with another keyring.
    pub(crate) fn with_keyring(&self, keyring: Keyring) -> Self {
        Self {
            engine: compose::with_keyring(&self.engine, keyring),
            servers: self.servers.clone(),
            rights: self.rights.clone(),
            capacity: self.capacity,
            keyring_file: Arc::clone(&self.keyring_file),
            digest: self.digest.clone(),
            interactive_deadline: self.interactive_deadline,
        }
    }
}

/// As client.toml beside the configuration at `path` has it. Where that file is broken no front door lets a user in.
fn interactive_deadline(path: &Path) -> Duration {
    let file = Path::new(CLIENT_CONFIG_PATH).file_name().map(|name| path.with_file_name(name));
    let client = file.and_then(|file| ClientConfig::load(&file).ok());
    client.unwrap_or_default().interactive_deadline
}
