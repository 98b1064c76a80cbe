//! Accepted logins: where they came from, and when each credential was last used.

use std::net::IpAddr;
use std::time::Duration;

use async_trait::async_trait;
use postern_core::account::AccountId;
use postern_core::clock::Timestamp;
use postern_core::ledger::{LastUses, LedgerError, NOTE_EVERY, SourceNote, Use};
use postern_core::limits::{SOURCE_RETENTION, Source};

use super::calls::{foreign, second, text};
use super::ledger::RedisLedger;
use super::mac::read_mac;
use super::script::{Script, script};
use crate::credentials::{credential_of, credential_text};

#[async_trait]
impl LastUses for RedisLedger {
    async fn note_use(
        &self,
        account: &AccountId,
        source: &Source,
        note: &SourceNote,
        used: &Use,
    ) -> Result<(), LedgerError> {
        let address = used.address.map_or_else(|| NO_ADDRESS.to_owned(), |address| address.to_string());
        let mut arguments = vec![
            text(credential_text(used.credential)),
            text(second(used.at)),
            text(format!("{address} {}", used.service)),
            text(source),
            text(note.mac),
            text(SOURCE_RETENTION.as_secs()),
            text(USE_RETENTION.as_secs()),
            text(NOTE_EVERY.as_secs()),
            text(MOST_SOURCES),
        ];
        arguments.extend(self.calls.time_arguments(used.at));
        self.calls.run(account, &NOTE_USE, &[USES, SOURCES], arguments).await
    }

    async fn last_uses(&self, account: &AccountId) -> Result<Vec<Use>, LedgerError> {
        let noted: Vec<(String, String)> = self.calls.run(account, &LAST_USES, &[USES], Vec::new()).await?;
        let mut uses = noted
            .iter()
            .map(|(credential, value)| read_use(credential, value).ok_or_else(foreign))
            .collect::<Result<Vec<_>, _>>()?;
        uses.sort_by(|a, b| {
            b.at.cmp(&a.at).then_with(|| credential_text(a.credential).cmp(&credential_text(b.credential)))
        });
        Ok(uses)
    }
}

/// Reads the note of a source.
pub(super) fn read_note(text: &str) -> Option<SourceNote> {
    let (at, mac) = text.split_once(' ')?;
    Some(SourceNote { at: Timestamp::from_unix(at.parse().ok()?), mac: read_mac(mac)? })
}

fn read_use(credential: &str, value: &str) -> Option<Use> {
    let credential = credential_of(credential)?;
    let (at, rest) = value.split_once(' ')?;
    let (address, service) = rest.split_once(' ')?;
    let address: Option<IpAddr> = if address == NO_ADDRESS { None } else { Some(address.parse().ok()?) };
    Some(Use { credential, at: Timestamp::from_unix(at.parse().ok()?), service: service.to_owned(), address })
}

/// The key of an account's last uses.
pub(super) const USES: &str = "uses";
/// The key of notes of sources. An earlier version stored them without a MAC under `sources`, which is not read.
pub(super) const SOURCES: &str = "succeeded";
/// How long a use is stored.
pub(super) const USE_RETENTION: Duration = Duration::from_secs(400 * 86_400);
/// How many sources of one account are stored; the oldest gives way.
const MOST_SOURCES: u32 = 500;
const NO_ADDRESS: &str = "-";

static NOTE_USE: Script = script!("now" "note_use");
static LAST_USES: Script = script!("last_uses");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_use_is_read_as_it_was_written_and_nothing_else_is() {
        let read =
            |value| read_use("GdGn", value).map(|used| (used.at.as_unix(), used.service, used.address));
        assert_eq!(read("17 - a b"), Some((17, "a b".to_owned(), None)));
        assert_eq!(read("17 2001:db8::1 imap"), Some((17, "imap".to_owned(), "2001:db8::1".parse().ok())));
        for value in ["", "17", "17 imap", "x - imap", "17 somewhere imap"] {
            assert_eq!(read(value), None, "{value}");
        }
        assert!(read_use("no selector", "17 - imap").is_none());
    }
}
