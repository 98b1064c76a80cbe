//! What a person hears of a change that was not made.

use crate::changes::{ChangeError, ChangeRefusal};
use crate::exchange::context::Exchange;
use crate::exchange::stop::Stop;
use crate::verdict::Reason;
use crate::words::Phrase;

/// Tells the person why a change was refused, so that they can act on it. An outage is for the log alone.
pub(crate) async fn stop(exchange: &mut Exchange<'_>, error: ChangeError) -> Stop {
    let refusal = match error {
        ChangeError::Refused(refusal) => refusal,
        ChangeError::Outage(_) => return Stop::Defer(error.into()),
    };
    let short;
    let (phrase, reason, detail) = match &refusal {
        ChangeRefusal::NoFactor(id) => {
            short = id.short();
            (Phrase::NoSuchFactor { id: &short }, Reason::NotPermitted, NOT_POSSIBLE)
        }
        ChangeRefusal::TooManyFactors(count) => {
            (Phrase::TooManyFactors { count: (*count).into() }, Reason::NotPermitted, NOT_POSSIBLE)
        }
        ChangeRefusal::LastFactor => (Phrase::LastFactorStays {}, Reason::NotPermitted, NOT_POSSIBLE),
        ChangeRefusal::BoundAlready => (Phrase::BoundAlready {}, Reason::NotPermitted, NOT_POSSIBLE),
        ChangeRefusal::NumberTaken => (Phrase::NumberTaken {}, Reason::NotPermitted, NOT_POSSIBLE),
        ChangeRefusal::NumberClaimed => (Phrase::NumberClaimed {}, Reason::NotPermitted, NOT_POSSIBLE),
        ChangeRefusal::NotEnrolled => (Phrase::RecoveryNeedsFactor {}, Reason::NotPermitted, NOT_POSSIBLE),
        ChangeRefusal::NoAppPassword(id) | ChangeRefusal::Expired(id) => {
            (Phrase::NoSuchAppPassword { id: id.as_str() }, Reason::NotPermitted, NOT_POSSIBLE)
        }
        ChangeRefusal::TooMany(count) => {
            (Phrase::TooManyAppPasswords { count: (*count).into() }, Reason::NotPermitted, NOT_POSSIBLE)
        }
        ChangeRefusal::ExpiresInThePast => {
            let phrase = Phrase::BadArgument { name: "expires", problem: "lies in the past" };
            (phrase, Reason::NotPermitted, NOT_POSSIBLE)
        }
        ChangeRefusal::NoAccount | ChangeRefusal::Contended | ChangeRefusal::ChangedMeanwhile => {
            (Phrase::ChangedMeanwhile {}, Reason::NotPermitted, CHANGED_MEANWHILE)
        }
        ChangeRefusal::TicketUsed => (Phrase::CodeWrong {}, Reason::Replayed, TICKET_RESTORED),
    };
    exchange.trail.detail = Some(detail);
    match exchange.person.complain(&phrase).await {
        Ok(()) => Stop::Reject(reason),
        Err(gone) => gone.into(),
    }
}

const NOT_POSSIBLE: &str = "the change is not possible";
const CHANGED_MEANWHILE: &str = "the account was changed meanwhile";
const TICKET_RESTORED: &str = "the ticket was used before, and the directory has it again";
