use crate::account::{AccountData, AccountId};
use crate::app_password::{AppPassword, Generated, Label, LiveAppPassword, Networks, Scope, Selector};
use crate::clock::Timestamp;
use crate::directory::Update;
use crate::hashing::Purpose;
use crate::random::RandomnessGone;

use super::authority::Authority;
use super::edit::edit;
use super::error::{ChangeError, ChangeRefusal, EDIT_TRIES};

/// What a new app password shall be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Its name.
    pub label: Label,
    /// What it opens.
    pub scope: Scope,
    /// Until when.
    pub expires: Option<Timestamp>,
    /// From where.
    pub networks: Networks,
}

/// A new app password. This is the only time that it can be shown.
#[derive(Debug)]
pub struct Created {
    /// The password itself.
    pub password: Generated,
    /// What is stored of it.
    pub record: LiveAppPassword,
    /// The one that it replaces.
    pub replaces: Option<Selector>,
}

/// What became of a revocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revoked {
    /// These were in force, and no longer are.
    Now(Vec<LiveAppPassword>),
    /// It was revoked before.
    Before(Selector),
}

/// Makes an app password.
///
/// # Errors
/// [`ChangeError`]; nothing was changed, unless the directory went down in the middle.
pub async fn create_app_password(
    authority: &Authority,
    account: &AccountId,
    order: &Order,
) -> Result<Created, ChangeError> {
    for _ in 0..EDIT_TRIES {
        let password = draw_app_password(authority)?;
        if let Some(created) = store_app_password(authority, account, order, password).await? {
            return Ok(created);
        }
    }
    Err(ChangeRefusal::Contended.into())
}

/// Whether the account, as it is, permits the app password, so that its owner hears of it before they prove anything.
pub(crate) fn permits(
    data: &AccountData,
    order: &Order,
    limit: u32,
    now: Timestamp,
) -> Result<(), ChangeRefusal> {
    may_expire_at(order.expires, now)?;
    has_room(data, limit)
}

fn may_expire_at(expires: Option<Timestamp>, now: Timestamp) -> Result<(), ChangeRefusal> {
    if expires.is_some_and(|expires| expires <= now) { Err(ChangeRefusal::ExpiresInThePast) } else { Ok(()) }
}

fn has_room(data: &AccountData, limit: u32) -> Result<(), ChangeRefusal> {
    let is_full = data.live_app_passwords().count() >= limit as usize;
    if is_full { Err(ChangeRefusal::TooMany(limit)) } else { Ok(()) }
}

/// Whether this one can be replaced by a new one with the same expiry.
pub(crate) fn permits_regeneration(
    data: &AccountData,
    id: Selector,
    now: Timestamp,
) -> Result<(), ChangeRefusal> {
    match data.live_app_passwords().find(|live| live.id == id) {
        None => Err(ChangeRefusal::NoAppPassword(id)),
        Some(old) if old.is_expired(now) => Err(ChangeRefusal::Expired(id)),
        Some(_) => Ok(()),
    }
}

/// Draws an app password that is stored later, by [`store_app_password`]: it may be written down before.
///
/// # Errors
/// The operating system gives no random bytes.
pub fn draw_app_password(authority: &Authority) -> Result<Generated, RandomnessGone> {
    Generated::draw(authority.random)
}

/// Makes this app password, where the account has none with its id; `None` where it has one.
///
/// # Errors
/// [`ChangeError`]; nothing was changed, unless the directory went down in the middle.
pub async fn store_app_password(
    authority: &Authority,
    account: &AccountId,
    order: &Order,
    password: Generated,
) -> Result<Option<Created>, ChangeError> {
    may_expire_at(order.expires, authority.clock.now())?;
    let record = authority.record(order, &password).await?;
    let added = edit(&*authority.directory, account, |data| {
        data.bury(record.created);
        has_room(data, authority.limits.app_passwords_per_account)?;
        Ok(add(data, &record))
    });
    Ok(added.await?.then_some(Created { password, record, replaces: None }))
}

/// Replaces app passwords by new ones with the same label, scope, expiry and networks: the one with this id, or all
/// that are in force. The old ones are revoked in the same step.
///
/// # Errors
/// [`ChangeError`]; nothing was changed, unless the directory went down in the middle.
pub async fn regenerate_app_passwords(
    authority: &Authority,
    account: &AccountId,
    which: Option<Selector>,
) -> Result<Vec<Created>, ChangeError> {
    for _ in 0..EDIT_TRIES {
        let now = authority.clock.now();
        let read = authority.directory.read(account).await?.ok_or(ChangeRefusal::NoAccount)?;
        if let Some(id) = which {
            permits_regeneration(&read.data, id, now)?;
        }
        let mut replacements = Vec::new();
        for old in read.data.live_app_passwords().filter(|old| which.is_none_or(|id| id == old.id)) {
            if old.is_expired(now) {
                continue;
            }
            let LiveAppPassword { label, scope, expires, networks, .. } = old.clone();
            let (password, record) = authority.mint(&Order { label, scope, expires, networks }).await?;
            replacements.push(Created { password, record, replaces: Some(old.id) });
        }
        let mut data = read.data.clone();
        data.bury(now);
        data.revoke(now, |live| replacements.iter().any(|new| new.replaces == Some(live.id)));
        let fits = replacements.iter().all(|new| add(&mut data, &new.record));
        // The selector is in use, or another process has changed the account: try again with the current data.
        if fits && matches!(authority.directory.update(account, read.revision, &data).await?, Update::Done(_))
        {
            return Ok(replacements);
        }
    }
    Err(ChangeRefusal::Contended.into())
}

/// Revokes the app password with this id, or all. Doing it again changes nothing.
///
/// # Errors
/// [`ChangeError`]; nothing was changed, unless the directory went down in the middle.
pub async fn revoke_app_passwords(
    authority: &Authority,
    account: &AccountId,
    which: Option<Selector>,
) -> Result<Revoked, ChangeError> {
    let now = authority.clock.now();
    edit(&*authority.directory, account, |data| match which.map(|id| (id, data.app_password(id))) {
        Some((id, None)) => Err(ChangeRefusal::NoAppPassword(id).into()),
        Some((id, Some(AppPassword::Revoked(_)))) => Ok(Revoked::Before(id)),
        Some((id, Some(AppPassword::Live(_)))) => Ok(Revoked::Now(data.revoke(now, |live| live.id == id))),
        None => Ok(Revoked::Now(data.revoke(now, |_| true))),
    })
    .await
}

impl Authority {
    async fn mint(&self, order: &Order) -> Result<(Generated, LiveAppPassword), ChangeError> {
        let password = draw_app_password(self)?;
        let record = self.record(order, &password).await?;
        Ok((password, record))
    }

    async fn record(&self, order: &Order, password: &Generated) -> Result<LiveAppPassword, ChangeError> {
        let mut salt = [0; crate::hashing::SALT_BYTES];
        (self.random)(&mut salt)?;
        let cost = self.limits.app_password_cost;
        let hash = self.hasher.hash(password.secret(), &salt, cost, Purpose::AppPassword).await?;
        Ok(LiveAppPassword {
            id: password.selector(),
            label: order.label.clone(),
            scope: order.scope.clone(),
            created: self.clock.now(),
            expires: order.expires,
            networks: order.networks.clone(),
            hash,
        })
    }
}

/// Adds `record`, unless its selector is taken, by a tombstone or otherwise.
fn add(data: &mut AccountData, record: &LiveAppPassword) -> bool {
    let free = data.app_password(record.id).is_none();
    if free {
        data.app_passwords.push(AppPassword::Live(record.clone()));
    }
    free
}
