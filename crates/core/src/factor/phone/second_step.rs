//! A phone that approves as a second step: it is notified, or scans the QR code that the prompt shows.

use serde_json::json;

use crate::account::{Account, AccountId};
use crate::exchange::actor::Actor;
use crate::exchange::context::Exchange;
use crate::exchange::localized_conversation::QrCode;
use crate::exchange::prompt_context::PromptContext;
use crate::exchange::stop::Stop;
use crate::factor::Factor;
use crate::factor::reply::Reply;
use crate::verdict::Reason;
use crate::words::Phrase;

use super::Phone;
use super::approval::{self, Approval, Begun, Decision};

/// Opens a challenge for the phone. A phone that was not notified can scan a QR code.
pub(crate) async fn request(
    exchange: &mut Exchange<'_>,
    account: &Account,
    factor: &Factor,
    phone: &Phone,
    context: &PromptContext<'_>,
) -> Result<Option<Approval>, Stop> {
    match approval::begin(exchange, account, factor, phone, context).await? {
        Begun::Waiting(approval) => {
            if let Err(stop) = announce(exchange, &approval).await {
                approval.give_up(exchange.engine).await;
                return Err(stop);
            }
            Ok(Some(approval))
        }
        Begun::Busy { until } => {
            let seconds = exchange.engine.seconds_until(until);
            exchange.person.complain(&Phrase::PhoneBusy { seconds }).await?;
            Ok(None)
        }
        Begun::NotNow { until } => {
            let minutes = exchange.engine.seconds_until(until).div_ceil(60);
            exchange.person.complain(&Phrase::PhoneNotNow { minutes }).await?;
            Ok(None)
        }
        Begun::NoPage => {
            exchange.person.complain(&Phrase::NothingSent {}).await?;
            Ok(None)
        }
    }
}

async fn announce(exchange: &mut Exchange<'_>, approval: &Approval) -> Result<(), Stop> {
    if !approval.was_pushed {
        show_qr(exchange, approval).await?;
    }
    // With the id a program of the owner's can see when there is an answer, and go on by itself.
    if exchange.is_in_browser() || matches!(exchange.actor, Actor::UnixUser { .. }) {
        let (id, account) = (approval.id().to_string(), exchange.trail.account.clone());
        let account = account.as_ref().map(AccountId::as_str);
        exchange.person.record("approval", json!({ "id": id, "account": account })).await?;
    }
    Ok(())
}

/// The list of factors has scrolled away, at the latest when the QR code is shown: the question says how to see it again.
pub(crate) fn question(approval: &Approval, has_others: bool) -> Phrase<'_> {
    let number = &approval.match_number;
    match (approval.was_pushed, has_others) {
        (true, false) => Phrase::ApproveOnPhone { number },
        (true, true) => Phrase::ApproveOnPhoneOrNumber { number },
        (false, false) => Phrase::ApproveByScan { number },
        (false, true) => Phrase::ApproveByScanOrNumber { number },
    }
}

/// `s` shows the QR code, and Enter waits for the phone.
pub(crate) async fn answer(
    approval: &Approval,
    exchange: &mut Exchange<'_>,
    typed: &str,
) -> Result<Reply, Stop> {
    match typed {
        "s" | "S" => {
            show_qr(exchange, approval).await?;
            Ok(Reply::Shown)
        }
        "" => wait(approval, exchange).await,
        _ => Ok(Reply::Other),
    }
}

async fn wait(approval: &Approval, exchange: &mut Exchange<'_>) -> Result<Reply, Stop> {
    match approval.decide(exchange).await? {
        Decision::Approved { phone, trusts } => Ok(Reply::Approved { factor: phone, trusts: Some(trusts) }),
        Decision::DeniedOnPhone => {
            let stop = Stop::explained(Reason::BadCredential, "refused on a phone");
            Err(exchange.explain(&Phrase::PhoneDenied {}, stop).await)
        }
        Decision::Denied => {
            let stop = Stop::explained(Reason::BadCredential, "refused by postern my, or by an admin");
            Err(exchange.explain(&Phrase::RequestDenied {}, stop).await)
        }
        Decision::WrongNumber => {
            let (complaint, reason) = (Phrase::PhoneWrongNumber {}, Some(Reason::BadCredential));
            Ok(Reply::NotApproved { complaint, reason })
        }
        Decision::Unanswered => {
            Ok(Reply::NotApproved { complaint: Phrase::PhoneUnanswered {}, reason: None })
        }
    }
}

/// Shows a QR code that opens the page at the challenge. The number is not in it.
async fn show_qr(exchange: &mut Exchange<'_>, approval: &Approval) -> Result<(), Stop> {
    let Some(page) = exchange.engine.courier.page() else { return Ok(()) };
    let code = QrCode {
        content: &approval.address(page),
        shorter: None,
        above: &[Phrase::ScanToApprove {}],
        below: &[],
        // Whether there are other factors is not known here: the longer one.
        question: &question(approval, true),
        instead: &Phrase::QrTooLargeToApprove { page },
    };
    exchange.person.show_qr(&code).await?;
    Ok(())
}
