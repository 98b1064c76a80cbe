//! Records of browsers.
//!
//! They are stored beside an account's challenges, under the fence of its bucket: a server that may have lost the record that a
//! session was ended returns none of those of before.

use async_trait::async_trait;
use postern_core::account::AccountId;
use postern_core::browser_record::{BrowserRecord, BrowserRecordId, BrowserRecordKind};
use postern_core::clock::Timestamp;
use postern_core::keyring::Digest;
use postern_core::ledger::{BrowserRecords, LedgerError, MOST_BROWSER_RECORDS};
use uuid::Uuid;

use super::calls::{foreign, hash_tag, second, text};
use super::fence::{BUCKETS, FENCE, FENCE_RETENTION, Refusal, bucket, tag};
use super::ledger::RedisLedger;
use super::script::{DROP_ALL, Script, script};

#[async_trait]
impl BrowserRecords for RedisLedger {
    async fn put_browser_record(
        &self,
        account: &AccountId,
        record: &BrowserRecord,
        replaces: Option<&BrowserRecord>,
        at: Timestamp,
    ) -> Result<bool, LedgerError> {
        let mut arguments = self.fences.arguments(at);
        let (old_field, old_value) = match replaces {
            Some(old) if self.ended_browsers.contains(account, old.id) => return Ok(false),
            Some(old) => (field(old.id), old.value.as_str()),
            None => (String::new(), ""),
        };
        arguments.extend([
            text(field(record.id)),
            text(&record.value),
            text(second(record.expires)),
            text(old_field),
            text(old_value),
            text(Uuid::new_v4().simple()),
            text(MOST_BROWSER_RECORDS),
        ]);
        arguments.extend(self.calls.time_arguments(at));
        match self.calls.run_at(&tag(bucket(account)), &PUT, &[FENCE, &records(account)], arguments).await? {
            0 => {
                if let Some(old) = replaces.filter(|old| old.id != record.id) {
                    self.ended_browsers.record(account, old.id);
                }
                Ok(true)
            }
            1 => Ok(false),
            code => Err(Refusal::of(code).ok_or_else(foreign)?.into_error()),
        }
    }

    async fn browser_records(
        &self,
        account: &AccountId,
        kind: BrowserRecordKind,
        now: Timestamp,
    ) -> Result<Vec<BrowserRecord>, LedgerError> {
        let mut arguments = self.fences.arguments(now);
        arguments.push(text(format_args!("{}:", kind.as_str())));
        arguments.extend(self.calls.time_arguments(now));
        let (code, stored): (i64, Vec<(String, u64, String)>) =
            self.calls.run_at(&tag(bucket(account)), &LIST, &[FENCE, &records(account)], arguments).await?;
        if code != 0 {
            return Err(Refusal::of(code).ok_or_else(foreign)?.into_error());
        }
        let read = |(field, expires, value): (String, u64, String)| {
            let (_, digest) = field.split_once(':').ok_or_else(foreign)?;
            let id = BrowserRecordId { kind, digest: Digest::parse(digest).ok_or_else(foreign)? };
            Ok::<_, LedgerError>(BrowserRecord { id, value, expires: Timestamp::from_unix(expires) })
        };
        let mut all = stored.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
        all.retain(|record| record.expires > now && !self.ended_browsers.contains(account, record.id));
        all.sort_by_key(|record| record.id);
        Ok(all)
    }

    async fn drop_browser_records(
        &self,
        account: &AccountId,
        ids: &[BrowserRecordId],
    ) -> Result<(), LedgerError> {
        for id in ids {
            self.ended_browsers.record(account, *id);
        }
        if ids.is_empty() {
            return Ok(());
        }
        let fields = ids.iter().map(|id| text(field(*id))).collect();
        self.calls.run_at(&tag(bucket(account)), &DROP, &[&*records(account)], fields).await
    }

    async fn forget_browsers(&self) -> Result<(), LedgerError> {
        for bucket in 0..BUCKETS {
            let arguments = vec![text(Uuid::new_v4().simple()), text(FENCE_RETENTION.as_millis())];
            self.calls.run_at::<()>(&tag(bucket), &FORGET, &[FENCE], arguments).await?;
        }
        Ok(())
    }
}

impl RedisLedger {
    /// Has every script about browsers run every command in it, if the server can be trusted with their records at all.
    pub(super) async fn try_browsers(&self, account: &AccountId, at: Timestamp) -> Result<(), LedgerError> {
        let digest = Digest::new(Uuid::new_v4().into_bytes());
        let id = BrowserRecordId { kind: BrowserRecordKind::Session, digest };
        let record = BrowserRecord {
            id,
            value: "check".to_owned(),
            expires: at.plus(postern_core::ledger::NOTE_EVERY),
        };
        match self.put_browser_record(account, &record, None, at).await {
            Ok(_) => {}
            // The fence's own warning says so.
            Err(LedgerError::Down(_) | LedgerError::Broken(_))
                if self.fences.warning(account).await?.is_some() =>
            {
                return Ok(());
            }
            Err(error) => return Err(error),
        }
        self.browser_records(account, id.kind, at).await?;
        self.drop_browser_records(account, &[id]).await?;
        self.calls.run_at(&tag(bucket(account)), &DROP_ALL, &[&*records(account)], Vec::new()).await
    }
}

/// The key of an account's records.
fn records(account: &AccountId) -> String {
    format!("browsers:{}", hash_tag(account))
}

fn field(id: BrowserRecordId) -> String {
    format!("{}:{}", id.kind.as_str(), id.digest)
}

static PUT: Script = script!("fence" "browser_record" "put_browser_record");
static LIST: Script = script!("fence" "browser_record" "browser_records");
static DROP: Script = script!("drop_browser_records");
static FORGET: Script = script!("forget_browsers");
