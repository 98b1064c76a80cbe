//! What a person hears of a change that was not made.

use crate::changes::{ChangeError, ChangeRefusal};
use crate::exchange::context::Exchange;
use crate::exchange::outage::Outage;
use crate::exchange::stop::Stop;
use crate::verdict::Reason;
use crate::words::Phrase;

/// What was changed. If the change was refused, the person is told why, so that they can act on it, and the flow ends.
pub(crate) async fn told<T>(exchange: &mut Exchange<'_>, changed: Result<T, ChangeError>) -> Result<T, Stop> {
    match changed {
        Ok(done) => Ok(done),
        Err(error) => Err(stop(exchange, error).await),
    }
}

/// An outage is for the log alone.
async fn stop(exchange: &mut Exchange<'_>, error: ChangeError) -> Stop {
    let refusal = match error {
        ChangeError::Refused(refusal) => refusal,
        ChangeError::Fault(fault) => return Outage::System(fault).into(),
    };
    let short;
    let phrase = match &refusal {
        ChangeRefusal::NoFactor(id) => {
            short = id.short();
            Phrase::NoSuchFactor { id: &short }
        }
        ChangeRefusal::TooManyFactors(count) => Phrase::TooManyFactors { count: (*count).into() },
        ChangeRefusal::LastFactor => Phrase::LastFactorStays {},
        ChangeRefusal::BoundAlready => Phrase::BoundAlready {},
        ChangeRefusal::NumberTaken => Phrase::NumberTaken {},
        ChangeRefusal::NumberClaimed => Phrase::NumberClaimed {},
        ChangeRefusal::NotEnrolled => Phrase::RecoveryNeedsFactor {},
        ChangeRefusal::NoAppPassword(id) | ChangeRefusal::Expired(id) => {
            Phrase::NoSuchAppPassword { id: id.as_str() }
        }
        ChangeRefusal::TooMany(count) => Phrase::TooManyAppPasswords { count: (*count).into() },
        ChangeRefusal::ExpiresInThePast => Phrase::ExpiryInThePast {},
        ChangeRefusal::NoAccount | ChangeRefusal::Contended | ChangeRefusal::ChangedMeanwhile => {
            let stop = Stop::explained(Reason::NotPermitted, "the account was changed meanwhile");
            return exchange.explain(&Phrase::ChangedMeanwhile {}, stop).await;
        }
        ChangeRefusal::TicketUsed => {
            let detail = "the ticket was used before, and the directory has it again";
            return exchange.explain(&Phrase::CodeWrong {}, Stop::explained(Reason::Replayed, detail)).await;
        }
    };
    exchange.explain(&phrase, Stop::explained(Reason::NotPermitted, "the change is not possible")).await
}
