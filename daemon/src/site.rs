use std::sync::Arc;

use postern_core::config::{Config, ConfigDigest};
use postern_core::engine::Engine;
use postern_core::keyring::Keyring;

use crate::compose;
use crate::keyring_file::KeyringFile;
use crate::peer::Rights;
use crate::slots::Capacity;

/// Everything built from one reading of the configuration. A conversation keeps the site that it began with.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) engine: Engine,
    pub(crate) rights: Rights,
    pub(crate) capacity: Capacity,
    pub(crate) keyring_file: Arc<KeyringFile>,
    pub(crate) digest: ConfigDigest,
}

impl Site {
    pub(crate) fn of(
        (config, digest): (&Config, ConfigDigest),
        engine: Engine,
        keyring_file: KeyringFile,
    ) -> Self {
        let rights = Rights::of(&config.socket, config.web.as_ref().map(|web| web.user.as_str()));
        let limits = &config.limits;
        let capacity = Capacity {
            total: limits.connections,
            per_user: limits.connections_per_user,
            dialogues: limits.dialogues,
            has_page: rights.has_page(),
        };
        Self { engine, rights, capacity, keyring_file: Arc::new(keyring_file), digest }
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
            rights: self.rights.clone(),
            capacity: self.capacity,
            keyring_file: Arc::clone(&self.keyring_file),
            digest: self.digest.clone(),
        }
    }
}
