//! What an account's owner and the admins see of its logins. Nothing here decides a login: events are written once a verdict is out, and
//! one that cannot be written is left out.

use std::net::IpAddr;

use crate::account::AccountId;
use crate::changes::authority::Authority;
use crate::clock::Timestamp;
use crate::engine::Engine;
use crate::exchange::{FirstFactorCheck, Outcome};
use crate::keyring::Keyring;
use crate::ledger::{Credential, EventPut, LedgerError};
use crate::login_event::{EventVerdict, LoginEvent, LoginEventRecord, UsedCredential};
use crate::verdict::{Reason, Verdict};

/// A login of an account that its history tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecidedLogin {
    account: AccountId,
    event: LoginEvent,
}

impl DecidedLogin {
    /// `None` if the history does not tell it: it was of no account, an outage, left to others, or ended before anything was tried.
    #[must_use]
    pub fn of(service: &str, address: Option<IpAddr>, outcome: &Outcome, at: Timestamp) -> Option<Self> {
        let account = outcome.trail.account.clone()?;
        // The login with the browser is told, and not each request of its web mail.
        let is_of_session = outcome.trail.credential == Some(Credential::Session);
        let is_first_factor_proved = outcome.trail.first_factor == Some(FirstFactorCheck::Proved);
        let verdict = match outcome.verdict {
            Verdict::Accept(_) if is_of_session => return None,
            Verdict::Accept(_) => EventVerdict::Accept,
            Verdict::Reject(Reason::Cancelled) if !is_first_factor_proved => return None,
            Verdict::Reject(reason) => EventVerdict::Reject { reason, is_first_factor_proved },
            Verdict::Defer(_) | Verdict::Ignore(_) => return None,
        };
        let event = LoginEvent {
            service: service.chars().take(LONGEST_SERVICE).collect(),
            address: address.map(|address| address.to_canonical()),
            verdict,
            credential: credential(outcome, verdict),
            first: at,
            last: at,
            count: 1,
        };
        Some(Self { account, event })
    }

    /// Whether a stranger can cause it, as often as they want and from anywhere.
    #[must_use]
    pub fn is_stranger(&self) -> bool {
        match self.event.verdict {
            EventVerdict::Accept | EventVerdict::Reject { is_first_factor_proved: true, .. } => false,
            EventVerdict::Reject { is_first_factor_proved: false, .. } => true,
        }
    }
}

fn credential(outcome: &Outcome, verdict: EventVerdict) -> Option<UsedCredential> {
    let trail = &outcome.trail;
    if let Some(used) = &trail.used {
        return Some(used.clone());
    }
    let credential = match (verdict, trail.credential) {
        // It was right, and so is not what they were refused for.
        (
            EventVerdict::Reject { is_first_factor_proved: true, .. },
            Some(Credential::MainPassword | Credential::LoginPassword),
        ) => None,
        (_, Some(credential)) => Some(credential),
        (_, None) => {
            (trail.first_factor == Some(FirstFactorCheck::WrongPassword)).then_some(Credential::LoginPassword)
        }
    };
    credential.and_then(UsedCredential::of)
}

/// Adds a login to the history of its account, together with those that were alike.
///
/// # Errors
/// The ledger does not work; the login is left out, or counted with the next one of its kind.
pub async fn record_login(engine: &Engine, login: DecidedLogin) -> Result<(), LedgerError> {
    let limits = &engine.limits.history;
    let DecidedLogin { account, event } = login;
    if !limits.is_on() {
        return Ok(());
    }
    let (id, now) = (event.id(&account, &engine.keyring), event.last);
    let Some(write) = engine.caches.recent_logins.begin(&account, id, now) else { return Ok(()) };
    let event = LoginEvent { count: write.count, ..event };
    let mut known = write.known.clone();
    for _ in 0..TRIES {
        let earlier = known.clone().and_then(|value| {
            let record = LoginEventRecord { id, value, last: now };
            LoginEvent::open(&record, &account, &engine.keyring, limits.kept, now)
        });
        let all = match earlier {
            Some(earlier) => event.clone().after(earlier),
            None => event.clone(),
        };
        let record = all.seal(id, &account, &engine.keyring);
        match engine.ledger.put_login_event(&account, &record, known.as_deref(), limits, now).await? {
            EventPut::Stored => {
                write.finish(record.value, now);
                return Ok(());
            }
            EventPut::Other(value) => known = value,
        }
    }
    Ok(())
}

/// The recent logins of an account, the latest first. Records that this site did not write for it are left out.
///
/// # Errors
/// The ledger does not work.
pub async fn recent_logins(
    authority: &Authority,
    keyring: &Keyring,
    account: &AccountId,
) -> Result<Vec<LoginEvent>, LedgerError> {
    let (limits, now) = (&authority.limits.history, authority.clock.now());
    if !limits.is_on() {
        return Ok(Vec::new());
    }
    let records = authority.ledger.login_events(account, limits, now).await?;
    let open = |record: &LoginEventRecord| LoginEvent::open(record, account, keyring, limits.kept, now);
    let mut events: Vec<LoginEvent> = records.iter().filter_map(open).collect();
    events.sort_by(|a, b| {
        (b.last, b.first, &a.service, a.address).cmp(&(a.last, a.first, &b.service, b.address))
    });
    Ok(events)
}

/// In characters.
const LONGEST_SERVICE: usize = 64;
/// Other processes write at the same time.
const TRIES: u32 = 4;
