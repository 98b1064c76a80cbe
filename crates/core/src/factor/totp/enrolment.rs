//! Binding an app: its key is shown, and a first code asked for.

use serde_json::json;

use crate::account::Account;
use crate::app_password::Label;
use crate::changes::error::ChangeError;
use crate::changes::new_factor::NewFactor;
use crate::exchange::context::Exchange;
use crate::exchange::localized_conversation::QrCode;
use crate::exchange::outage::Outage;
use crate::exchange::stop::Stop;
use crate::factor::{FactorId, FactorKind, FactorType};
use crate::flows::enrolment::order::{Wanted, default_label};
use crate::keyring::Keyring;
use crate::random::Random;
use crate::verdict::Reason;
use crate::words::{Language, Phrase};

use super::first_code::{FirstCode, FirstCodeProblem};
use super::{NewTotp, TotpShape};

/// Shows the key of a new app as a QR code and as text, asks for a code that it shows, and spends that code.
pub(crate) async fn enrol(
    exchange: &mut Exchange<'_>,
    account: &Account,
    wanted: &Wanted,
) -> Result<NewFactor, Stop> {
    let engine = exchange.engine;
    let language = exchange.person.language();
    let label = wanted.label.clone().unwrap_or_else(|| default_app_label(account, language));
    let totp = NewTotp::draw(engine.random, TotpShape::default())?;
    let id = FactorId::draw(engine.random)?;
    show(exchange, account, &totp).await?;
    prove(exchange, account, id, &totp).await?;
    Ok(totp.to_factor(id, label, &engine.keyring, engine.random).map_err(Outage::from)?)
}

async fn show(exchange: &mut Exchange<'_>, account: &Account, totp: &NewTotp) -> Result<(), Stop> {
    let engine = exchange.engine;
    let uri = totp.uri(&engine.issuer, &account.name)?;
    let short = totp.short_uri(&engine.issuer, &account.name)?;
    let (secret, grouped) = (totp.base32(), totp.base32_grouped());
    let shape = totp.shape;
    let (digits, seconds) = (shape.digits().into(), shape.period.seconds());
    let algorithm = shape.algorithm.name();
    let code = QrCode {
        content: &uri,
        shorter: Some(&short),
        above: &[Phrase::ScanThis {}],
        // The key as text is always there.
        below: &[
            Phrase::SecretAsText { secret: &grouped },
            Phrase::SecretShape { algorithm, digits, seconds },
        ],
        question: &Phrase::FirstCode {},
        instead: &Phrase::QrTooLarge {},
    };
    exchange.person.show_qr(&code).await?;
    let value = json!({ "uri": *uri, "secret": *secret });
    exchange.person.record("key", value).await?;
    Ok(())
}

/// Asks for a code of the new app until one is right, and spends it.
async fn prove(
    exchange: &mut Exchange<'_>,
    account: &Account,
    factor: FactorId,
    totp: &NewTotp,
) -> Result<(), Stop> {
    let authority = exchange.engine.authority();
    let mut first = FirstCode::new(&authority, &account.id, factor, totp, true);
    while first.may_try() {
        let answer = exchange.person.ask_for_code(&Phrase::FirstCode {}).await?;
        let complaint = match first.check(answer.expose()).await.map_err(Outage::from)? {
            None => return Ok(()),
            Some(FirstCodeProblem::Unreadable) => Phrase::CodeUnreadable {},
            Some(FirstCodeProblem::Wrong) => Phrase::FirstCodeWrong {},
            Some(FirstCodeProblem::Replayed) => Phrase::CodeWrong {},
            Some(FirstCodeProblem::TooEarly { seconds }) => Phrase::CodeTooEarly { seconds },
        };
        exchange.person.complain(&complaint).await?;
    }
    Err(if first.was_too_early() {
        Outage::ForgottenCodes.into()
    } else {
        Stop::reject(Reason::BadCredential)
    })
}

/// The label of an app that was given none; see [`default_label`].
#[must_use]
pub fn default_app_label(account: &Account, language: Language) -> Label {
    default_label(account, FactorType::Totp, language)
}

impl NewTotp {
    /// The factor `id`, with this seed.
    ///
    /// # Errors
    /// The seed cannot be sealed, or the operating system gives no random bytes.
    pub fn to_factor(
        &self,
        id: FactorId,
        label: Label,
        keyring: &Keyring,
        random: Random,
    ) -> Result<NewFactor, ChangeError> {
        let mut nonce = [0; 24];
        random(&mut nonce)?;
        Ok(NewFactor { id, label, kind: FactorKind::Totp(self.seal(id, keyring, nonce)?) })
    }
}
