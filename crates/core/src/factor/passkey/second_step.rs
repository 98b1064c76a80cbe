//! A passkey as a second step: the browser is asked to have the challenge signed.

use crate::account::Account;
use crate::changes::edit::edit;
use crate::changes::notices;
use crate::checks::current_account;
use crate::exchange::context::Exchange;
use crate::exchange::stop::Stop;
use crate::factor::FactorId;
use crate::factor::reply::Reply;
use crate::flows::refused_change;
use crate::verdict::Reason;
use crate::words::Phrase;

use super::ceremony::{Answer, Failed};
use super::{Assertion, Passkey};

/// A passkey of the account that is asked for.
pub(crate) struct PasskeyRequest {
    account: Account,
    assertion: Assertion,
    factor: FactorId,
}

/// Asks for this passkey, or any other one of the account. Where none can answer the person may choose another way.
pub(crate) fn request(
    exchange: &Exchange<'_>,
    account: &Account,
    factor: FactorId,
) -> Option<PasskeyRequest> {
    let party = exchange.engine.relying_party.as_ref().filter(|_| exchange.is_in_browser())?;
    let assertion = Assertion::begin(party, account, factor).ok()?;
    Some(PasskeyRequest { account: account.clone(), assertion, factor })
}

/// Whether the person is at the pages that it was made for.
pub(crate) fn can_answer(exchange: &Exchange<'_>, passkey: &Passkey) -> bool {
    let party = exchange.engine.relying_party.as_ref().filter(|_| exchange.is_in_browser());
    party.is_some_and(|party| party.id() == passkey.rp_id)
}

/// What the browser needs is in the question.
pub(crate) fn question(request: &PasskeyRequest) -> Phrase<'_> {
    Phrase::UsePasskey { options: &request.assertion.options }
}

/// The browser's answer, if it is one; and what is asked for next. Each answer is for a challenge of its own.
pub(crate) async fn answer(
    request: PasskeyRequest,
    exchange: &mut Exchange<'_>,
    typed: &str,
) -> Result<(Reply, Option<PasskeyRequest>), Stop> {
    if !typed.starts_with('{') {
        return Ok((Reply::Other, Some(request)));
    }
    let account = current_account::as_of_now(exchange, request.account.clone()).await?;
    let failed = match check(&request.assertion, exchange, &account, typed).await? {
        Ok(factor) => return Ok((Reply::Approved { factor, trusts: None }, None)),
        Err(failed) => failed,
    };
    if failed == Failed::Behind {
        notices::changed(exchange, &account, &Phrase::ChangedPasskeyCopied {}).await;
    }
    if matches!(failed, Failed::OtherSite | Failed::Behind) {
        let stop = Stop::explained(Reason::BadCredential, failed.detail());
        return Err(exchange.explain(&Phrase::PasskeyRefused {}, stop).await);
    }
    let next = self::request(exchange, &account, request.factor);
    let (complaint, reason) = (Phrase::PasskeyWrong {}, Some(Reason::BadCredential));
    Ok((Reply::NotApproved { complaint, reason }, next))
}

/// Which passkey of the account signed. Its new counter is in the directory before it counts, so that an answer of a copy does not.
async fn check(
    assertion: &Assertion,
    exchange: &mut Exchange<'_>,
    account: &Account,
    typed: &str,
) -> Result<Result<FactorId, Failed>, Stop> {
    let answer = match Answer::read(typed) {
        Ok(answer) => answer,
        Err(failed) => return Ok(Err(failed)),
    };
    let checked = edit(&*exchange.engine.directory, &account.id, |data| {
        let unlocked = data.factors.iter_mut().filter(|factor| factor.locked.is_none());
        for factor in unlocked {
            if let Some(passkey) = factor.kind.passkey_mut().filter(|passkey| answer.is_by(passkey)) {
                return Ok(assertion.finish(&answer, passkey).map(|()| factor.id));
            }
        }
        Ok(Err(Failed::Unknown))
    })
    .await;
    refused_change::told(exchange, checked).await
}
