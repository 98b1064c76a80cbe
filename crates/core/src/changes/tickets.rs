//! Tickets, with which a person may bind a first factor.

use std::time::Duration;

use crate::account::AccountId;
use crate::clock::Timestamp;
use crate::factor::RecoveryText;
use crate::keyring::{Keyring, OlderKeys};
use crate::policy::Ticket;

use super::authority::Authority;
use super::edit::edit;
use super::error::ChangeError;

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
pub(crate) fn is_ticket(
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
