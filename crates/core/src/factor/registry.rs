//! What flows ask of each kind of factor. But for `kind.rs`, no other file matches on kinds; what is asked of a stored factor is in
//! [`FactorRecord`](super::FactorRecord).

use crate::account::Account;
use crate::changes::new_factor::NewFactor;
use crate::engine::Engine;
use crate::exchange::context::Exchange;
use crate::exchange::prompt_context::PromptContext;
use crate::exchange::stop::Stop;
use crate::flows::enrolment::order::Wanted;
use crate::typed::cleaned;
use crate::words::Phrase;

use super::passkey::second_step::PasskeyRequest;
use super::phone::approval::Approval;
use super::reply::Reply;
use super::{Factor, FactorId, FactorKind, FactorType, email, passkey, phone, sent_code, sms, totp};

/// Whether the site has what the kind needs, and the person can bind it where they are.
pub(crate) fn is_available(kind: FactorType, exchange: &Exchange<'_>) -> bool {
    let engine = exchange.engine;
    match kind {
        FactorType::Totp => true,
        FactorType::Passkey => exchange.relying_party().is_some(),
        FactorType::Phone => phone::enrolment::is_available(engine),
        FactorType::Email => email::enrolment::is_available(engine),
        FactorType::Sms => sms::enrolment::is_available(engine),
    }
}

/// The phrase that offers the kind as a choice.
pub(crate) fn description(kind: FactorType) -> Phrase<'static> {
    match kind {
        FactorType::Totp => Phrase::KindTotp {},
        FactorType::Passkey => Phrase::KindPasskey {},
        FactorType::Phone => Phrase::KindPhone {},
        FactorType::Email => Phrase::KindEmail {},
        FactorType::Sms => Phrase::KindSms {},
    }
}

/// Asks for the address or number of a new factor of the kind, if it has one and none was given that will do.
pub(crate) async fn prepare(
    kind: FactorType,
    exchange: &mut Exchange<'_>,
    account: &Account,
    wanted: Wanted,
) -> Result<Wanted, Stop> {
    match kind {
        FactorType::Totp | FactorType::Phone | FactorType::Passkey => Ok(wanted),
        FactorType::Email => email::enrolment::prepare(exchange, account, wanted).await,
        FactorType::Sms => sms::enrolment::prepare(exchange, account, wanted).await,
    }
}

/// What the owner hears of a factor that was bound: what they will be asked for. Codes are sent to `to`.
pub(crate) fn bound<'a>(kind: FactorType, label: &'a str, to: &'a str) -> Phrase<'a> {
    match kind {
        FactorType::Totp => Phrase::FactorBoundTotp { label },
        FactorType::Passkey => Phrase::FactorBoundPasskey { label },
        FactorType::Phone => Phrase::FactorBoundPhone { label },
        FactorType::Email | FactorType::Sms => Phrase::FactorBoundSent { label, to },
    }
}

/// Guides a person to a new factor of the kind, up to the proof that they have it.
/// `replaces` is the factor in whose place it will be.
pub(crate) async fn enrol(
    kind: FactorType,
    exchange: &mut Exchange<'_>,
    account: &Account,
    wanted: &Wanted,
    replaces: Option<FactorId>,
) -> Result<NewFactor, Stop> {
    match kind {
        FactorType::Totp => totp::enrolment::enrol(exchange, account, wanted).await,
        FactorType::Passkey => passkey::enrolment::enrol(exchange, account, wanted, replaces).await,
        FactorType::Phone => phone::enrolment::enrol(exchange, account, wanted).await,
        FactorType::Email => email::enrolment::enrol(exchange, account, wanted).await,
        FactorType::Sms => sms::enrolment::enrol(exchange, account, wanted).await,
    }
}

/// Whether the person can prove the factor where they are. A passkey is of use at the account's pages alone.
pub(crate) fn can_be_proved(factor: &Factor, exchange: &Exchange<'_>) -> bool {
    match &factor.kind {
        FactorKind::Passkey(passkey) => passkey::second_step::can_answer(exchange, passkey),
        FactorKind::Totp(_) | FactorKind::Phone(_) | FactorKind::Email(_) | FactorKind::Sms(_) => true,
    }
}

/// Whether the factor has to be asked before it can be proved: by a message, or a challenge. An app shows codes by itself.
pub(crate) fn needs_request(factor: &Factor) -> bool {
    match factor.kind.factor_type() {
        FactorType::Totp => false,
        FactorType::Phone | FactorType::Email | FactorType::Sms | FactorType::Passkey => true,
    }
}

/// Whether it is proved away from the prompt, where Enter means that this was done.
pub(crate) fn is_approved_elsewhere(factor: &Factor) -> bool {
    match factor.kind.factor_type() {
        FactorType::Phone => true,
        FactorType::Totp | FactorType::Email | FactorType::Sms | FactorType::Passkey => false,
    }
}

/// Whether a code can be typed for it: one that it shows, or that is sent to it.
pub(crate) fn takes_codes(factor: &Factor) -> bool {
    match factor.kind.factor_type() {
        FactorType::Totp | FactorType::Phone | FactorType::Email | FactorType::Sms => true,
        FactorType::Passkey => false,
    }
}

/// Whether all that take codes are locked. Not so where none does.
pub(crate) fn are_codes_locked(factors: &[Factor]) -> bool {
    let mut takers = factors.iter().filter(|factor| takes_codes(factor)).peekable();
    takers.peek().is_some() && takers.all(|factor| factor.locked.is_some())
}

/// Whether it can be proved by a signature, so that a pause after wrong codes does not concern it.
pub(crate) fn signs(factor: &Factor) -> bool {
    match factor.kind.factor_type() {
        FactorType::Phone | FactorType::Passkey => true,
        FactorType::Totp | FactorType::Email | FactorType::Sms => false,
    }
}

/// Whether it takes codes that are sent, where Enter sends another one.
pub(crate) fn sends_codes(factor: &Factor) -> bool {
    match factor.kind.factor_type() {
        FactorType::Email | FactorType::Sms => true,
        FactorType::Totp | FactorType::Phone | FactorType::Passkey => false,
    }
}

/// Asks the factor for a second step: sends its code, or has the phone approve. Where that is not possible the person is told.
pub(crate) async fn request(
    exchange: &mut Exchange<'_>,
    account: &Account,
    factor: &Factor,
    context: &PromptContext<'_>,
) -> Result<Requested, Stop> {
    match &factor.kind {
        FactorKind::Totp(_) => Ok(Requested::Nothing),
        FactorKind::Email(_) | FactorKind::Sms(_) => {
            let sent = sent_code::second_step::request(exchange, account, factor, context).await?;
            Ok(sent.map_or(Requested::Nothing, Requested::SentCode))
        }
        FactorKind::Phone(phone) => {
            let approval = phone::second_step::request(exchange, account, factor, phone, context).await?;
            Ok(approval.map_or(Requested::Nothing, Requested::Approval))
        }
        FactorKind::Passkey(_) => Ok(PasskeyRequest::begin(exchange, account, factor.id).into()),
    }
}

/// What a factor was asked for.
#[derive(Default)]
pub(crate) enum Requested {
    /// Nothing: it shows codes by itself, or cannot be reached.
    #[default]
    Nothing,
    /// A code was sent, to this masked address.
    SentCode(String),
    /// A phone is to approve.
    Approval(Approval),
    /// The browser is to have a passkey sign.
    Passkey(Box<PasskeyRequest>),
}

impl Requested {
    /// The question for it. `has_others` says whether other factors can be chosen.
    pub(crate) fn question(&self, has_others: bool) -> Option<Phrase<'_>> {
        match self {
            Self::Nothing => None,
            Self::SentCode(to) => Some(sent_code::second_step::question(to, has_others)),
            Self::Approval(approval) => Some(phone::second_step::question(approval, has_others)),
            Self::Passkey(request) => Some(request.question()),
        }
    }

    /// What was typed, where it is for what was requested and no code.
    pub(crate) async fn answer(&mut self, exchange: &mut Exchange<'_>, answer: &str) -> Result<Reply, Stop> {
        match self {
            Self::Nothing | Self::SentCode(_) => Ok(Reply::Other),
            Self::Passkey(request) => {
                let reply = request.answer(exchange, answer).await?;
                // Each answer is for a challenge of its own.
                if matches!(reply, Reply::NotApproved { .. }) {
                    *self = request.again(exchange).into();
                }
                Ok(reply)
            }
            Self::Approval(approval) => {
                let typed = cleaned(answer);
                let reply = phone::second_step::answer(approval, exchange, &typed).await;
                // It is waited for once.
                if typed.is_empty() {
                    *self = Self::Nothing;
                }
                reply
            }
        }
    }

    /// The person does something else: nothing waits for an answer any more.
    pub(crate) async fn give_up(&mut self, engine: &Engine) {
        match std::mem::take(self) {
            Self::Nothing | Self::SentCode(_) | Self::Passkey(_) => {}
            Self::Approval(approval) => approval.give_up(engine).await,
        }
    }
}

impl From<Option<PasskeyRequest>> for Requested {
    fn from(request: Option<PasskeyRequest>) -> Self {
        request.map_or(Self::Nothing, |request| Self::Passkey(Box::new(request)))
    }
}
