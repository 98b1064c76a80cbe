use std::sync::Arc;

use postern_core::config::{Config, ConfigDigest};
use postern_core::engine::Engine;
use postern_core::keyring::Keyring;

use crate::compose;
use crate::keyring_file::KeyringFile;
use crate::peer::Rights;
use crate::slots::Room;

/// What one reading of the configuration made. Conversations keep the one that they began with.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) engine: Engine,
    pub(crate) rights: Rights,
    pub(crate) room: Room,
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
        let room = Room {
            total: limits.connections,
            per_user: limits.connections_per_user,
            dialogues: limits.dialogues,
            has_page: rights.has_page(),
        };
        Self { engine, rights, room, keyring_file: Arc::new(keyring_file), digest }
    }

    /// By how many seconds this host's clock is ahead of the ledger's, where that has one and tells.
    pub(crate) async fn clock_ahead(&self) -> Option<i64> {
        let ledger = self.engine.ledger.time().await.ok()??;
        Some(self.engine.clock.now().seconds_after(ledger))
    }

    /// The same with other keys.
    pub(crate) fn with_keyring(&self, keyring: Keyring) -> Self {
        Self {
            engine: compose::with_keyring(&self.engine, keyring),
            rights: self.rights.clone(),
            room: self.room,
            keyring_file: Arc::clone(&self.keyring_file),
            digest: self.digest.clone(),
        }
    }
}
