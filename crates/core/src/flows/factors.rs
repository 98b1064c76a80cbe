use std::time::Duration;

use zeroize::Zeroizing;

use crate::account::{Account, AccountData, AccountId};
use crate::app_password::Label;
use crate::clock::Timestamp;
use crate::factor::{
    BadTotp, Email, EmailAddress, Factor, FactorId, FactorKind, NewTotp, Phone, PhoneKey, PhoneNumber,
    RecoveryCode, RecoveryId, RecoveryText, Ring, Seed, Sms, TotpShape,
};
use crate::hashing::{Cost, Purpose, SALT_BYTES};
use crate::keyring::{Keyring, OlderKeys};
use crate::policy::Ticket;

use super::app_password::{Authority, ChangeError, draw_token, edit};
use super::unique;
use super::used::Once;

/// A factor on its way to an account.
#[derive(Debug)]
pub struct NewFactor {
    /// What it will be known as.
    pub id: FactorId,
    /// The name that its owner knows it by.
    pub label: Label,
    /// What it is.
    pub kind: NewKind,
}

/// What a factor on its way to an account is.
#[derive(Debug)]
pub enum NewKind {
    /// An app.
    Totp(NewTotp),
    /// A mailbox.
    Email(EmailAddress),
    /// A telephone that codes are sent to.
    Sms(PhoneNumber),
    /// A phone that approves logins.
    Phone {
        /// What it signs with.
        key: PhoneKey,
        /// For the codes that it shows without a network.
        totp: NewTotp,
    },
}

impl NewKind {
    /// The kind's name, as of the factor that it becomes.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Totp(_) => "totp",
            Self::Email(_) => "email",
            Self::Sms(_) => "sms",
            Self::Phone { .. } => "phone",
        }
    }

    fn seal(&self, id: FactorId, keyring: &Keyring, nonce: [u8; 24]) -> Result<FactorKind, BadTotp> {
        Ok(match self {
            Self::Totp(totp) => FactorKind::Totp(totp.seal(id, keyring, nonce)?),
            Self::Email(address) => FactorKind::Email(Email { address: address.clone() }),
            Self::Sms(number) => FactorKind::Sms(Sms { number: number.clone() }),
            Self::Phone { key, totp } => {
                let totp = totp.seal(id, keyring, nonce)?;
                FactorKind::Phone(Phone { key: key.clone(), totp, ring: Ring::None })
            }
        })
    }

    /// Whether it is what this factor is already: each code, or each answer, would be good twice.
    fn is_that_of(&self, factor: &Factor, keyring: &Keyring) -> bool {
        let is_its_seed =
            |totp: &NewTotp| factor.kind.totp().is_some_and(|old| totp.is_seed_of(old, factor.id, keyring));
        match (self, &factor.kind) {
            (Self::Totp(totp), _) => is_its_seed(totp),
            (Self::Email(new), FactorKind::Email(old)) => old.address.is_same_as(new.as_str()),
            (Self::Sms(new), FactorKind::Sms(old)) => old.number == *new,
            (Self::Phone { key, totp }, FactorKind::Phone(old)) => old.key == *key || is_its_seed(totp),
            (Self::Phone { totp, .. }, FactorKind::Totp(_)) => is_its_seed(totp),
            (
                Self::Email(_) | Self::Sms(_) | Self::Phone { .. },
                FactorKind::Totp(_) | FactorKind::Email(_) | FactorKind::Sms(_) | FactorKind::Phone(_),
            ) => false,
        }
    }
}

impl NewFactor {
    /// An app with a seed and an id of random bytes.
    ///
    /// # Errors
    /// Where the operating system gives none.
    pub fn draw(authority: &Authority, label: Label, shape: TotpShape) -> Result<Self, ChangeError> {
        let mut seed = Zeroizing::new([0; SEED_BYTES]);
        (authority.random)(seed.as_mut())?;
        Self::of(authority, label, NewKind::Totp(NewTotp::new(shape, Seed::new(seed.as_ref())?)))
    }

    /// With an id of random bytes.
    ///
    /// # Errors
    /// As [`NewFactor::draw`].
    pub fn of(authority: &Authority, label: Label, kind: NewKind) -> Result<Self, ChangeError> {
        Ok(Self { id: FactorId::new(draw_token(authority.random)?), label, kind })
    }

    /// What codes without a network will come from, where there will be any.
    #[must_use]
    pub fn totp(&self) -> Option<&NewTotp> {
        match &self.kind {
            NewKind::Totp(totp) | NewKind::Phone { totp, .. } => Some(totp),
            NewKind::Email(_) | NewKind::Sms(_) => None,
        }
    }
}

/// Binds a factor to an account, in the place of another factor where `replaces` names one, in one step. Tells whether it is
/// the account's first, so that mail programs need app passwords from now on.
///
/// Whether the person has it is for the caller to have found out. Where the caller asked for a code because the account
/// was enrolled, or for none because it was not, `expects_enrolled` says so, and nothing is bound where that is no longer
/// true: else whoever waits long enough would bind an app beside the first one without a code of that. A ticket that the account had is used up.
///
/// # Errors
/// [`ChangeError`]; nothing was changed, unless the directory went down in the middle.
pub async fn bind_factor(
    authority: &Authority,
    keyring: &Keyring,
    account: &AccountId,
    new: &NewFactor,
    replaces: Option<FactorId>,
    expects_enrolled: Option<bool>,
) -> Result<bool, ChangeError> {
    let expected = Expected { is_enrolled: expects_enrolled, ..Expected::default() };
    bind_where(authority, keyring, account, new, replaces, &expected).await
}

/// What was found out about an account before a factor is bound to it, and has to be true still when it is.
#[derive(Debug, Clone, Default)]
pub(super) struct Expected {
    /// Whether it is enrolled, and so a code was asked for.
    is_enrolled: Option<bool>,
    /// Its factors and recovery codes, of which one was proved.
    bound: Option<(Vec<FactorId>, Vec<RecoveryId>)>,
    /// The ticket that was shown, where one was asked for.
    ticket: Option<Ticket>,
}

impl Expected {
    /// That all is as it was when the person proved who they are.
    pub(super) fn of(account: &Account, ticket: Option<Ticket>) -> Self {
        let data = &account.data;
        Self { is_enrolled: Some(data.is_enrolled()), bound: Some(bound(data)), ticket }
    }

    fn holds(&self, data: &AccountData) -> bool {
        self.is_enrolled.is_none_or(|is_enrolled| is_enrolled == data.is_enrolled())
            && self.bound.as_ref().is_none_or(|expected| *expected == bound(data))
            && self.ticket.is_none_or(|ticket| data.policy.ticket == Some(ticket))
    }
}

/// In one order, whatever the directory gives.
fn bound(data: &AccountData) -> (Vec<FactorId>, Vec<RecoveryId>) {
    let mut factors: Vec<FactorId> = data.factors.iter().map(|factor| factor.id).collect();
    let mut codes: Vec<RecoveryId> = data.recovery_codes.iter().map(|code| code.id).collect();
    factors.sort_unstable();
    codes.sort_unstable();
    (factors, codes)
}

/// As [`bind_factor`].
pub(super) async fn bind_where(
    authority: &Authority,
    keyring: &Keyring,
    account: &AccountId,
    new: &NewFactor,
    replaces: Option<FactorId>,
    expected: &Expected,
) -> Result<bool, ChangeError> {
    let mut nonce = [0; 24];
    (authority.random)(&mut nonce)?;
    let kind = new.kind.seal(new.id, keyring, nonce)?;
    let created = authority.clock.now();
    let factor = Factor { id: new.id, label: new.label.clone(), created, locked: None, kind };
    let limit = authority.limits.factors_per_account;
    unique::claim(authority, keyring, account, &new.kind).await?;
    if let Some(ticket) = expected.ticket {
        // Used up first, so it is gone where the rest fails.
        let once = Once::Ticket(ticket);
        if !once.use_up(&*authority.ledger, account, new.id.bytes(), created).await? {
            return Err(ChangeError::TicketUsed);
        }
    }
    edit(&*authority.directory, account, |data| {
        let is_first = !data.is_enrolled();
        if !expected.holds(data) {
            return Err(ChangeError::ChangedMeanwhile);
        }
        let others = data.factors.iter().filter(|factor| Some(factor.id) != replaces);
        if others.into_iter().any(|factor| new.kind.is_that_of(factor, keyring)) {
            return Err(ChangeError::BoundAlready);
        }
        if let Some(old) = replaces {
            let place = data.factors.iter_mut().find(|factor| factor.id == old);
            *place.ok_or(ChangeError::NoFactor(old))? = factor.clone();
            data.forget_trust();
        } else if data.factors.len() >= limit as usize {
            return Err(ChangeError::TooManyFactors(limit));
        } else {
            data.bind(factor.clone());
        }
        data.policy.ticket = None;
        unique::refresh_factor_keys(data, keyring);
        Ok(is_first)
    })
    .await
}

/// Unbinds a factor; with the last one the account is no longer enrolled. `may_be_last` says whether that may be.
///
/// # Errors
/// [`ChangeError`]; [`ChangeError::LastFactor`] where it is the last one and may not be.
pub async fn unbind_factor(
    authority: &Authority,
    keyring: &Keyring,
    account: &AccountId,
    id: FactorId,
    may_be_last: bool,
) -> Result<Factor, ChangeError> {
    edit(&*authority.directory, account, |data| {
        let removed = data.unbind(id).ok_or(ChangeError::NoFactor(id))?;
        unique::refresh_factor_keys(data, keyring);
        if data.factors.is_empty() && !may_be_last { Err(ChangeError::LastFactor) } else { Ok(removed) }
    })
    .await
}

/// Unlocks every factor of an account, and forgets its wrong codes and its wrong main and app passwords, wherever they came
/// from; tells how many factors were locked.
///
/// # Errors
/// [`ChangeError`].
pub async fn unlock_factors(authority: &Authority, account: &AccountId) -> Result<usize, ChangeError> {
    authority.ledger.forget_codes(account).await?;
    authority.ledger.forget_attempts(account).await?;
    edit(&*authority.directory, account, |data| {
        let locked = data.factors.iter_mut().filter_map(|factor| factor.locked.take());
        Ok(locked.count())
    })
    .await
}

/// New recovery codes. This is the only time that they can be shown.
#[derive(Debug)]
pub struct NewRecoveryCodes(pub Vec<RecoveryText>);

/// Makes recovery codes in the place of all earlier ones.
///
/// # Errors
/// [`ChangeError`]; [`ChangeError::NotEnrolled`] where no factor is bound.
pub async fn create_recovery_codes(
    authority: &Authority,
    account: &AccountId,
) -> Result<NewRecoveryCodes, ChangeError> {
    let mut codes: Vec<RecoveryText> = Vec::new();
    let mut stored = Vec::new();
    while codes.len() < authority.limits.recovery_codes as usize {
        let code = RecoveryText::draw(authority.random)?;
        if codes.iter().any(|other| other.id() == code.id()) {
            continue;
        }
        let mut salt = [0; SALT_BYTES];
        (authority.random)(&mut salt)?;
        let cost = Cost::MAIN_PASSWORD;
        let hash = authority.hasher.hash(code.secret(), &salt, cost, Purpose::RecoveryCode).await?;
        stored.push(RecoveryCode { id: code.id(), hash });
        codes.push(code);
    }
    edit(&*authority.directory, account, |data| {
        if !data.is_enrolled() {
            return Err(ChangeError::NotEnrolled);
        }
        data.recovery_codes.clone_from(&stored);
        // Whoever makes new ones may have lost the old ones, and what was opened with them.
        data.forget_trust();
        Ok(())
    })
    .await?;
    Ok(NewRecoveryCodes(codes))
}

/// Makes a ticket with which the person may bind a first factor, where policy asks for one. It is shown this once, works
/// once, and takes the place of an earlier one.
///
/// # Errors
/// [`ChangeError`].
pub async fn invite(
    authority: &Authority,
    keyring: &Keyring,
    account: &AccountId,
    good_for: Duration,
) -> Result<(RecoveryText, Timestamp), ChangeError> {
    let ticket = RecoveryText::draw(authority.random)?;
    let expires = authority.clock.now().plus(good_for);
    let digest = keyring.digest(TICKET, &ticket_parts(account, &ticket));
    edit(&*authority.directory, account, |data| {
        data.policy.ticket = Some(Ticket { digest, expires });
        Ok(())
    })
    .await?;
    Ok((ticket, expires))
}

/// Takes a ticket back; tells whether there was one.
///
/// # Errors
/// [`ChangeError`].
pub async fn forget_ticket(authority: &Authority, account: &AccountId) -> Result<bool, ChangeError> {
    edit(&*authority.directory, account, |data| Ok(data.policy.ticket.take().is_some())).await
}

/// Whether `typed` is the account's ticket, at `now`.
pub(super) fn is_ticket(
    keyring: &Keyring,
    account: &AccountId,
    ticket: Option<Ticket>,
    typed: &RecoveryText,
    now: Timestamp,
) -> bool {
    ticket.is_some_and(|ticket| {
        // The digest stands in the directory, and a key alone makes no ticket of it.
        let older = OlderKeys::All;
        ticket.expires > now && keyring.vouches(&ticket.digest, TICKET, &ticket_parts(account, typed), older)
    })
}

fn ticket_parts<'a>(account: &'a AccountId, ticket: &'a RecoveryText) -> [&'a [u8]; 3] {
    [account.as_str().as_bytes(), ticket.id_part(), ticket.secret()]
}

const TICKET: &str = "ticket";
/// RFC 4226, section 4, R6: 160 bits are recommended.
pub(super) const SEED_BYTES: usize = 20;
