use crate::account::{Account, AccountData, AccountId};
use crate::factor::{Factor, FactorId, RecoveryId};
use crate::keyring::Keyring;
use crate::ledger::Token;
use crate::policy::Ticket;

use super::authority::Authority;
use super::edit::edit;
use super::error::{ChangeError, ChangeRefusal};
use super::new_factor::NewFactor;
use super::single_use::Once;
use super::unique_factors;

/// Binds a factor to an account, in the place of another factor where `replaces` names one, in one step. Tells whether it is
/// the account's first, so that mail programs need app passwords from now on.
///
/// Whether the person has it is for the caller to have found out. Where the caller asked for a code because the account
/// was enrolled, or for none because it was not, `expects_enrolled` says so, and nothing is bound where that is no longer
/// true: otherwise a user who waits long enough could bind an app beside the first one without a code of the first. A ticket of the
/// account is used up.
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
pub(crate) struct Expected {
    /// Whether it is enrolled, and so a code was asked for.
    is_enrolled: Option<bool>,
    /// Its factors and recovery codes, of which one was proved.
    bound: Option<(Vec<FactorId>, Vec<RecoveryId>)>,
    /// The ticket that was shown, where one was asked for.
    ticket: Option<Ticket>,
}

impl Expected {
    /// That all is as it was when the person proved who they are.
    pub(crate) fn of(account: &Account, ticket: Option<Ticket>) -> Self {
        let data = &account.data;
        Self { is_enrolled: Some(data.is_enrolled()), bound: Some(bound(data)), ticket }
    }

    fn holds(&self, data: &AccountData) -> bool {
        self.is_enrolled.is_none_or(|is_enrolled| is_enrolled == data.is_enrolled())
            && self.bound.as_ref().is_none_or(|expected| *expected == bound(data))
            && self.ticket.is_none_or(|ticket| data.policy.ticket == Some(ticket))
    }
}

/// Sorted, because the directory returns them in any order.
fn bound(data: &AccountData) -> (Vec<FactorId>, Vec<RecoveryId>) {
    let mut factors: Vec<FactorId> = data.factors.iter().map(|factor| factor.id).collect();
    let mut codes: Vec<RecoveryId> = data.recovery_codes.iter().map(|code| code.id).collect();
    factors.sort_unstable();
    codes.sort_unstable();
    (factors, codes)
}

/// As [`bind_factor`].
pub(crate) async fn bind_where(
    authority: &Authority,
    keyring: &Keyring,
    account: &AccountId,
    new: &NewFactor,
    replaces: Option<FactorId>,
    expected: &Expected,
) -> Result<bool, ChangeError> {
    let created = authority.clock.now();
    let factor =
        Factor { id: new.id, label: new.label.clone(), created, locked: None, kind: new.kind.clone() };
    let limit = authority.limits.factors_per_account;
    unique_factors::claim(authority, keyring, account, &new.kind).await?;
    if let Some(ticket) = expected.ticket {
        // Used up first, so it is gone where the rest fails.
        let once = Once::Ticket(ticket);
        if !once.use_up(&*authority.ledger, account, Token::new(new.id.bytes()), created).await? {
            return Err(ChangeRefusal::TicketUsed.into());
        }
    }
    edit(&*authority.directory, account, |data| {
        let is_first = !data.is_enrolled();
        if !expected.holds(data) {
            return Err(ChangeRefusal::ChangedMeanwhile.into());
        }
        let others = data.factors.iter().filter(|factor| Some(factor.id) != replaces);
        if others.into_iter().any(|other| factor.is_same_as(other, keyring)) {
            return Err(ChangeRefusal::BoundAlready.into());
        }
        if let Some(old) = replaces {
            let place = data.factors.iter_mut().find(|factor| factor.id == old);
            *place.ok_or(ChangeRefusal::NoFactor(old))? = factor.clone();
            data.forget_trust();
        } else if data.factors.len() >= limit as usize {
            return Err(ChangeRefusal::TooManyFactors(limit).into());
        } else {
            data.bind(factor.clone());
        }
        data.policy.ticket = None;
        unique_factors::refresh_factor_keys(data, keyring);
        Ok(is_first)
    })
    .await
}

/// Unbinds a factor; with the last one the account is no longer enrolled. `may_be_last` says whether that may be.
///
/// # Errors
/// [`ChangeError`]; [`ChangeRefusal::LastFactor`] where it is the last one and may not be.
pub async fn unbind_factor(
    authority: &Authority,
    keyring: &Keyring,
    account: &AccountId,
    id: FactorId,
    may_be_last: bool,
) -> Result<Factor, ChangeError> {
    edit(&*authority.directory, account, |data| {
        let removed = data.unbind(id).ok_or(ChangeRefusal::NoFactor(id))?;
        unique_factors::refresh_factor_keys(data, keyring);
        if data.factors.is_empty() && !may_be_last {
            Err(ChangeRefusal::LastFactor.into())
        } else {
            Ok(removed)
        }
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
