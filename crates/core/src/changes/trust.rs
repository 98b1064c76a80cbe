//! Ending the trust in devices, and sessions.

use crate::account::{Account, AccountId};
use crate::browser_record::{BrowserRecord, BrowserRecordId, BrowserRecordKind};
use crate::device::{DeviceId, DeviceRecord, LONGEST_TRUST, Trust};
use crate::keyring::Keyring;
use crate::ledger::LedgerError;
use crate::session::Session;

use super::authority::Authority;
use super::edit::edit;
use super::error::{ChangeError, ChangeRefusal};

/// A trusted device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedDevice {
    /// Which one.
    pub id: DeviceId,
    /// Its name and term.
    pub trust: Trust,
}

impl TrustedDevice {
    /// Whether it is a browser, with a secret that is replaced at each use.
    #[must_use]
    pub fn is_browser(&self) -> bool {
        self.trust.secret.is_some()
    }

    fn record_id(&self) -> BrowserRecordId {
        BrowserRecordId { kind: BrowserRecordKind::Trust, digest: self.id.0 }
    }
}

/// A browser that is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenSession {
    /// Its record in the ledger.
    pub record: BrowserRecord,
    /// What the record says.
    pub session: Session,
}

/// What trusts rest on an account.
#[derive(Debug, Default)]
pub(super) struct Trusted {
    pub(super) devices: Vec<TrustedDevice>,
    pub(super) sessions: Vec<OpenSession>,
}

/// The devices that the account trusts now, browsers among them. Records that say nothing are left out.
pub(super) async fn devices(
    authority: &Authority,
    keyring: &Keyring,
    account: &Account,
) -> Result<Vec<TrustedDevice>, LedgerError> {
    let (ledger, now) = (&authority.ledger, authority.clock.now());
    let mut records = ledger.devices(&account.id, now).await?;
    let browsers = ledger.browser_records(&account.id, BrowserRecordKind::Trust, now).await?;
    records.extend(browsers.into_iter().map(|record| DeviceRecord {
        id: DeviceId(record.id.digest),
        value: record.value,
        expires: record.expires,
    }));
    let open = |record: &DeviceRecord| {
        let trust = Trust::open(record, account, keyring, LONGEST_TRUST, now);
        trust.map(|trust| TrustedDevice { id: record.id, trust })
    };
    let mut devices: Vec<TrustedDevice> = records.iter().filter_map(open).collect();
    devices.sort_by_key(|device| device.id);
    Ok(devices)
}

/// The account's sessions. Records that say nothing are left out.
pub(super) async fn sessions(
    authority: &Authority,
    keyring: &Keyring,
    account: &Account,
) -> Result<Vec<OpenSession>, LedgerError> {
    let now = authority.clock.now();
    let records = authority.ledger.browser_records(&account.id, BrowserRecordKind::Session, now).await?;
    let open = |record: BrowserRecord| {
        let session = Session::open(&record, account, keyring, authority.limits.sessions, now)?;
        Some(OpenSession { record, session })
    };
    let mut open: Vec<OpenSession> = records.into_iter().filter_map(open).collect();
    open.sort_by_key(|one| (one.session.created, one.session.id));
    Ok(open)
}

/// Ends the trust in the devices, and the sessions, that are picked, and tells which they were.
///
/// The account's generation of trust is raised, so that no record of before is good any more, wherever it comes back from;
/// those that stay get new ones. Cut off in between, their owners are asked once more.
///
/// # Errors
/// [`ChangeError`]; where the ledger is down all of them are ended.
pub(super) async fn end(
    authority: &Authority,
    keyring: &Keyring,
    account: &AccountId,
    picks_device: impl Fn(&TrustedDevice) -> bool,
    picks_session: impl Fn(&OpenSession) -> bool,
) -> Result<Trusted, ChangeError> {
    let read = authority.directory.read(account).await?.ok_or(ChangeRefusal::NoAccount)?;
    let listed = match devices(authority, keyring, &read).await {
        Ok(devices) => sessions(authority, keyring, &read).await.map(|sessions| (devices, sessions)),
        Err(error) => Err(error),
    };
    let (mut ended, mut kept) = (Trusted::default(), Trusted::default());
    if let Ok((devices, sessions)) = &listed {
        (ended.devices, kept.devices) = devices.iter().cloned().partition(|device| picks_device(device));
        (ended.sessions, kept.sessions) = sessions.iter().cloned().partition(|one| picks_session(one));
        if ended.devices.is_empty() && ended.sessions.is_empty() {
            return Ok(ended);
        }
    }
    let generation = edit(&*authority.directory, account, |data| {
        data.forget_trust();
        Ok(data.policy.trust_generation)
    })
    .await?;
    remove(authority, account, &ended).await?;
    // Sealed for the account as it was when they were listed. Any other change since then invalidates them as well.
    let mut then = read;
    then.data.forget_trust();
    if then.data.policy.trust_generation == generation {
        seal_again(authority, keyring, &then, &kept).await?;
    }
    listed.map_err(ChangeError::from)?;
    Ok(ended)
}

async fn remove(authority: &Authority, account: &AccountId, ended: &Trusted) -> Result<(), LedgerError> {
    let ledger = &authority.ledger;
    let (browsers, others): (Vec<_>, Vec<_>) = ended.devices.iter().partition(|device| device.is_browser());
    let others: Vec<DeviceId> = others.iter().map(|device| device.id).collect();
    if !others.is_empty() {
        ledger.drop_devices(account, &others).await?;
    }
    let browsers = browsers.iter().map(|device| device.record_id());
    let records: Vec<_> = browsers.chain(ended.sessions.iter().map(|one| one.record.id)).collect();
    if records.is_empty() { Ok(()) } else { ledger.drop_browser_records(account, &records).await }
}

async fn seal_again(
    authority: &Authority,
    keyring: &Keyring,
    account: &Account,
    kept: &Trusted,
) -> Result<(), LedgerError> {
    let (ledger, now) = (&authority.ledger, authority.clock.now());
    for device in &kept.devices {
        let record = device.trust.seal(device.id, account, keyring);
        if device.is_browser() {
            let DeviceRecord { value, expires, .. } = record;
            let record = BrowserRecord { id: device.record_id(), value, expires };
            ledger.put_browser_record(&account.id, &record, None, now).await?;
        } else {
            ledger.put_device(&account.id, &record, now).await?;
        }
    }
    for OpenSession { record, session } in &kept.sessions {
        let sealed = session.seal(record.id, account, keyring, authority.limits.sessions);
        // One that was used or ended meanwhile is not touched.
        ledger.put_browser_record(&account.id, &sealed, Some(record), now).await?;
    }
    Ok(())
}
