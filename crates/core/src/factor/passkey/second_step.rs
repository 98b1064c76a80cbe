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

use super::Passkey;
use super::ceremony::{Answer, Assertion, Failed};

/// A passkey of the account that is asked for.
pub(crate) struct PasskeyRequest {
    account: Account,
    assertion: Assertion,
    factor: FactorId,
}

impl PasskeyRequest {
    /// Asks for this passkey, or any other one of the account. Where none can answer the person may choose another way.
    pub(crate) fn begin(exchange: &Exchange<'_>, account: &Account, factor: FactorId) -> Option<Self> {
        let assertion = Assertion::begin(exchange.relying_party()?, account, factor).ok()?;
        Some(Self { account: account.clone(), assertion, factor })
    }

    /// The same for the account as it was at the last answer.
    pub(crate) fn again(&self, exchange: &Exchange<'_>) -> Option<Self> {
        Self::begin(exchange, &self.account, self.factor)
    }

    /// What the browser needs is in the question.
    pub(crate) fn question(&self) -> Phrase<'_> {
        Phrase::UsePasskey { options: &self.assertion.options }
    }

    /// The browser's answer, if it is one.
    pub(crate) async fn answer(&mut self, exchange: &mut Exchange<'_>, typed: &str) -> Result<Reply, Stop> {
        if !typed.starts_with('{') {
            return Ok(Reply::Other);
        }
        self.account = current_account::as_of_now(exchange, self.account.clone()).await?;
        let failed = match check(&self.assertion, exchange, &self.account, typed).await? {
            Ok(factor) => return Ok(Reply::Approved { factor, trusts: None }),
            Err(failed) => failed,
        };
        if failed == Failed::Behind {
            notices::changed(exchange, &self.account, &Phrase::ChangedPasskeyCopied {}).await;
        }
        if matches!(failed, Failed::OtherSite | Failed::Behind) {
            let stop = Stop::explained(Reason::BadCredential, failed.detail());
            return Err(exchange.explain(&Phrase::PasskeyRefused {}, stop).await);
        }
        let (complaint, reason) = (Phrase::PasskeyWrong {}, Some(Reason::BadCredential));
        Ok(Reply::NotApproved { complaint, reason })
    }
}

/// Whether the person is at the pages that it was made for.
pub(crate) fn can_answer(exchange: &Exchange<'_>, passkey: &Passkey) -> bool {
    exchange.relying_party().is_some_and(|party| party.id() == passkey.rp_id)
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
