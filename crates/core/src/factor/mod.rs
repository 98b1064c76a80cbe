//! Second factors, one module a kind.

mod code_text;
mod email;
mod id;
mod kind;
pub(crate) mod passkey;
pub(crate) mod phone;
mod record;
mod recovery;
pub(crate) mod registry;
pub(crate) mod reply;
pub(crate) mod sent_code;
pub(crate) mod sms;
mod stored;
pub(crate) mod totp;

pub use code_text::CodeText;
pub use email::{BadAddress, Email, EmailAddress};
pub use id::{BadFactorId, FactorId};
pub use kind::{FactorKind, FactorType};
pub use passkey::{Backup, Passkey, RelyingParty, Transport, WebAuthnBytes};
pub use phone::{
    BadPhoneKey, LONGEST_PAGE, PAIRING_BYTES, Pairing, Phone, PhoneKey, Push, PushTarget, Subscription,
    fits_terminal,
};
pub use record::{FactorRecord, SealedSecret};
pub use recovery::{RecoveryCode, RecoveryId, RecoveryIdError, RecoveryText};
pub use sent_code::limits::{SmsBudgetUse, sms_budgets};
pub use sms::{BadCountryCode, BadNumber, CountryCode, PhoneNumber, Sms};
pub use stored::{BadFactor, Factor};
pub use totp::{
    Algorithm, BadShape, FirstCode, FirstCodeError, FirstCodeProblem, NewTotp, Period, Seed, Totp, TotpError,
    TotpShape, UriNames, WrittenSeed, default_app_label,
};
