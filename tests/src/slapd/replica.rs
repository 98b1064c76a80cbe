//! A provider and its consumers (RFC 4533, syncrepl).

use std::time::Duration;

use crate::guard::wait_for;
use crate::{LdapClient, Slapd, Who};

use super::{DATABASE, SUFFIX, files};

impl Slapd {
    /// Lets a consumer fall behind, until [`resume_sync`](Self::resume_sync).
    pub fn pause_sync(&self) {
        self.set(DATABASE, "delete: olcSyncrepl");
    }

    /// Lets a consumer catch up with `provider`.
    pub fn resume_sync(&self, provider: &Self) {
        self.set(DATABASE, &format!("add: olcSyncrepl\nolcSyncrepl: {}", files::syncrepl(provider)));
    }

    /// Waits until a consumer has all that `provider` has now.
    pub fn wait_synced(&self, provider: &Self) {
        self.wait_for_copy_of(&provider.ldapi_uri());
    }

    pub(super) fn wait_for_copy_of(&self, provider: &str) {
        let newest = state(provider).expect("a provider has a state");
        wait_for("the consumer to catch up", LIMIT, || {
            state(&self.ldapi_uri()).filter(|have| *have >= newest)
        });
    }
}

/// The newest change that a server knows.
fn state(uri: &str) -> Option<String> {
    let found = LdapClient::new(uri).read(Who::Root, SUFFIX, &["contextCSN"]);
    found.entries.first()?.texts("contextCSN").into_iter().max()
}

const LIMIT: Duration = Duration::from_secs(120);
