use std::sync::Arc;

use crate::account::{AccountData, AccountId};
use crate::app_password::{AppPassword, Generated, Label, LiveAppPassword, Networks, Scope, Selector};
use crate::clock::{Clock, Timestamp};
use crate::directory::{Directory, DirectoryError, Update};
use crate::factor::{BadTotp, FactorId};
use crate::hashing::{HashPool, NotComputed, Purpose};
use crate::ledger::{Ledger, LedgerError, Token};
use crate::limits::Limits;

/// What a change of an account needs.
#[derive(Debug, Clone)]
pub struct Authority {
    /// Keeps accounts.
    pub directory: Arc<dyn Directory>,
    /// Keeps what may expire.
    pub ledger: Arc<dyn Ledger>,
    /// Computes argon2id.
    pub hasher: Arc<HashPool>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// How much is too much.
    pub limits: Limits,
    /// Fills a buffer with random bytes of the operating system.
    pub random: fn(&mut [u8]) -> Result<(), RandomnessGone>,
}

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
    Err(ChangeError::Contended)
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
    if order.expires.is_some_and(|expires| expires <= authority.clock.now()) {
        return Err(ChangeError::ExpiresInThePast);
    }
    let record = authority.record(order, &password).await?;
    let added = edit(&*authority.directory, account, |data| {
        data.bury(record.created);
        let limit = authority.limits.app_passwords_per_account;
        if data.live_app_passwords().count() >= limit as usize {
            return Err(ChangeError::TooMany(limit));
        }
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
        let read = authority.directory.read(account).await?.ok_or(ChangeError::NoAccount)?;
        if let Some(id) = which
            && !read.data.live_app_passwords().any(|live| live.id == id)
        {
            return Err(ChangeError::NoAppPassword(id));
        }
        let mut replacements = Vec::new();
        for old in read.data.live_app_passwords().filter(|old| which.is_none_or(|id| id == old.id)) {
            if old.is_expired(now) {
                if which.is_some() {
                    return Err(ChangeError::Expired(old.id));
                }
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
        // A taken selector, or somebody else's change in between: once more with what is there now.
        if fits && matches!(authority.directory.update(account, read.revision, &data).await?, Update::Done(_))
        {
            return Ok(replacements);
        }
    }
    Err(ChangeError::Contended)
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
        Some((id, None)) => Err(ChangeError::NoAppPassword(id)),
        Some((id, Some(AppPassword::Revoked(_)))) => Ok(Revoked::Before(id)),
        Some((id, Some(AppPassword::Live(_)))) => Ok(Revoked::Now(data.revoke(now, |live| live.id == id))),
        None => Ok(Revoked::Now(data.revoke(now, |_| true))),
    })
    .await
}

/// Reads an account, lets `change` alter its data and writes them back, again from the start where somebody else was
/// faster. Nothing is written where `change` alters nothing or fails.
///
/// # Errors
/// [`ChangeError`], or what `change` fails with.
pub async fn edit<T>(
    directory: &dyn Directory,
    account: &AccountId,
    mut change: impl FnMut(&mut AccountData) -> Result<T, ChangeError> + Send,
) -> Result<T, ChangeError> {
    for _ in 0..EDIT_TRIES {
        let read = directory.read(account).await?.ok_or(ChangeError::NoAccount)?;
        let mut data = read.data.clone();
        let result = change(&mut data)?;
        if data == read.data {
            return Ok(result);
        }
        match directory.update(account, read.revision, &data).await? {
            Update::Done(_) => return Ok(result),
            Update::Conflict => {}
        }
    }
    Err(ChangeError::Contended)
}

/// Why a change was not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// The account is gone.
    #[error("there is no such account")]
    NoAccount,
    /// The account has no app password with this id.
    #[error("the account has no app password {0} in force")]
    NoAppPassword(Selector),
    /// An expired app password cannot be regenerated with its expiry.
    #[error("app password {0} has expired; create a new one")]
    Expired(Selector),
    /// The account has as many as it may.
    #[error(
        "the account has {0} app passwords, which is as many as [limits] app_passwords_per_account allows; revoke one first"
    )]
    TooMany(u32),
    /// Nobody could ever use it.
    #[error("the expiry lies in the past")]
    ExpiresInThePast,
    /// Somebody else keeps changing the account.
    #[error("the account was changed by somebody else {EDIT_TRIES} times in a row; try again")]
    Contended,
    /// The account has no second factor with this id.
    #[error("the account has no second factor {0}")]
    NoFactor(FactorId),
    /// The account has as many as it may.
    #[error(
        "the account has {0} second factors, which is as many as [limits] factors_per_account allows; remove one first"
    )]
    TooManyFactors(u32),
    /// A second factor is needed, so the last one stays.
    #[error("a second factor is required, so the last one can be replaced but not removed")]
    LastFactor,
    /// Each code of it would be good twice.
    #[error("the account has this very second factor already")]
    BoundAlready,
    /// One number binds to one account.
    #[error("the telephone number is bound to another account")]
    NumberTaken,
    /// Somebody is about to bind it, or did so a moment ago.
    #[error("the telephone number is being bound by somebody just now; try again in half a minute")]
    NumberClaimed,
    /// What was proved is no longer what has to be proved.
    #[error("the account's second factors were changed by somebody else; begin again")]
    ChangedMeanwhile,
    /// The directory has it again, from a backup.
    #[error("the ticket was used before; make another one: postern account invite")]
    TicketUsed,
    /// A recovery code stands for a factor.
    #[error("the account has no second factor, for which a recovery code could stand")]
    NotEnrolled,
    /// A secret cannot be sealed or opened.
    #[error(transparent)]
    Factor(#[from] BadTotp),
    /// The directory is out of order.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The ledger is out of order.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Hashing is out of order.
    #[error(transparent)]
    Hashing(#[from] NotComputed),
    /// Randomness is out of order.
    #[error(transparent)]
    Randomness(#[from] RandomnessGone),
}

/// The operating system gives no random bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gives no random bytes")]
pub struct RandomnessGone;

/// 128 random bits.
pub(super) fn draw_token(
    random: fn(&mut [u8]) -> Result<(), RandomnessGone>,
) -> Result<Token, RandomnessGone> {
    let mut token = Token::default();
    random(&mut token)?;
    Ok(token)
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

const EDIT_TRIES: usize = 16;
