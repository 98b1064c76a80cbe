//! The recent logins of an account.

use async_trait::async_trait;
use postern_core::account::AccountId;
use postern_core::clock::Timestamp;
use postern_core::keyring::Digest;
use postern_core::ledger::{EventPut, LedgerError, LoginHistory};
use postern_core::limits::HistoryLimits;
use postern_core::login_event::{EventGroup, LoginEventId, LoginEventRecord};

use super::calls::{second, text};
use super::ledger::RedisLedger;
use super::script::{DROP_ALL, Script, script};

#[async_trait]
impl LoginHistory for RedisLedger {
    async fn put_login_event(
        &self,
        account: &AccountId,
        record: &LoginEventRecord,
        replaces: Option<&str>,
        limits: &HistoryLimits,
        at: Timestamp,
    ) -> Result<EventPut, LedgerError> {
        let LoginEventId { group, digest } = record.id;
        let mut arguments = vec![
            text(format_args!("{}:{digest}", group.as_str())),
            text(format_args!("{}:", group.as_str())),
            text(second(record.last)),
            text(&record.value),
            text(replaces.unwrap_or_default()),
            text(limits.room(group)),
            text(limits.kept.as_secs()),
            text(second(at)),
        ];
        arguments.extend(self.calls.time_arguments(at));
        let (is_stored, other): (bool, String) =
            self.calls.run(account, &PUT_EVENT, &[LOGINS], arguments).await?;
        let other = || Some(other).filter(|value| !value.is_empty());
        Ok(if is_stored { EventPut::Stored } else { EventPut::Other(other()) })
    }

    async fn login_events(
        &self,
        account: &AccountId,
        limits: &HistoryLimits,
        now: Timestamp,
    ) -> Result<Vec<LoginEventRecord>, LedgerError> {
        let mut arguments = vec![text(limits.kept.as_secs()), text(second(now))];
        arguments.extend(self.calls.time_arguments(now));
        let stored: Vec<(String, String)> =
            self.calls.run(account, &LIST_EVENTS, &[LOGINS], arguments).await?;
        // What cannot be read says nothing, and hides nothing else.
        let mut events: Vec<_> =
            stored.iter().filter_map(|(field, value)| read_event(field, value)).collect();
        events.sort_by_key(|event| event.id);
        Ok(events)
    }

    async fn drop_login_events(&self, account: &AccountId) -> Result<(), LedgerError> {
        self.calls.run(account, &DROP_ALL, &[LOGINS], Vec::new()).await
    }
}

fn read_event(field: &str, value: &str) -> Option<LoginEventRecord> {
    let (group, digest) = field.split_once(':')?;
    let id = LoginEventId { group: EventGroup::parse(group)?, digest: Digest::parse(digest)? };
    let (last, value) = value.split_once(' ')?;
    Some(LoginEventRecord { id, value: value.to_owned(), last: Timestamp::from_unix(last.parse().ok()?) })
}

/// The key of an account's recent logins.
pub(super) const LOGINS: &str = "logins";

static PUT_EVENT: Script = script!("now" "put_login_event");
static LIST_EVENTS: Script = script!("now" "login_events");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_read_as_it_was_written_and_nothing_else_is() {
        let digest = Digest::new([0xab; 16]);
        let field = format!("proved:{digest}");
        let event = read_event(&field, "17 {\"v\": 1}").unwrap();
        let id = LoginEventId { group: EventGroup::Proved, digest };
        assert_eq!((event.id, event.last.as_unix(), &*event.value), (id, 17, "{\"v\": 1}"));
        for (field, value) in [
            ("", "17 x"),
            ("proved:", "17 x"),
            ("other:ab", "17 x"),
            (&*field, "17"),
            (&*field, "x x"),
            (&*field, ""),
        ] {
            assert_eq!(read_event(field, value), None, "{field} {value}");
        }
    }
}
