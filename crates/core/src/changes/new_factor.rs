//! Factors on their way to an account.

use zeroize::Zeroizing;

use crate::app_password::Label;
use crate::factor::{
    Email, EmailAddress, Factor, FactorId, FactorKind, NewTotp, Phone, PhoneKey, PhoneNumber, Ring, Seed,
    Sms, TotpError, TotpShape,
};
use crate::keyring::Keyring;
use crate::random::draw_bits;

use super::authority::Authority;
use super::error::ChangeError;

/// A factor on its way to an account.
#[derive(Debug)]
pub struct NewFactor {
    /// What it will be known as.
    pub id: FactorId,
    /// The name that its owner knows it by.
    pub label: Label,
    /// What it is.
    pub kind: NewKind,
}

/// What a factor on its way to an account is.
#[derive(Debug)]
pub enum NewKind {
    /// An app.
    Totp(NewTotp),
    /// A mailbox.
    Email(EmailAddress),
    /// A telephone that codes are sent to.
    Sms(PhoneNumber),
    /// A phone that approves logins.
    Phone {
        /// What it signs with.
        key: PhoneKey,
        /// For the codes that it shows without a network.
        totp: NewTotp,
    },
}

impl NewKind {
    /// The kind's name, as of the factor that it becomes.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Totp(_) => "totp",
            Self::Email(_) => "email",
            Self::Sms(_) => "sms",
            Self::Phone { .. } => "phone",
        }
    }

    pub(crate) fn seal(
        &self,
        id: FactorId,
        keyring: &Keyring,
        nonce: [u8; 24],
    ) -> Result<FactorKind, TotpError> {
        Ok(match self {
            Self::Totp(totp) => FactorKind::Totp(totp.seal(id, keyring, nonce)?),
            Self::Email(address) => FactorKind::Email(Email { address: address.clone() }),
            Self::Sms(number) => FactorKind::Sms(Sms { number: number.clone() }),
            Self::Phone { key, totp } => {
                let totp = totp.seal(id, keyring, nonce)?;
                FactorKind::Phone(Phone { key: key.clone(), totp, ring: Ring::None })
            }
        })
    }

    /// Whether it is what this factor is already: each code, or each answer, would be good twice.
    pub(crate) fn is_that_of(&self, factor: &Factor, keyring: &Keyring) -> bool {
        let is_its_seed =
            |totp: &NewTotp| factor.kind.totp().is_some_and(|old| totp.is_seed_of(old, factor.id, keyring));
        match (self, &factor.kind) {
            (Self::Totp(totp), _) => is_its_seed(totp),
            (Self::Email(new), FactorKind::Email(old)) => old.address.is_same_as(new.as_str()),
            (Self::Sms(new), FactorKind::Sms(old)) => old.number == *new,
            (Self::Phone { key, totp }, FactorKind::Phone(old)) => old.key == *key || is_its_seed(totp),
            (Self::Phone { totp, .. }, FactorKind::Totp(_)) => is_its_seed(totp),
            (
                Self::Email(_) | Self::Sms(_) | Self::Phone { .. },
                FactorKind::Totp(_) | FactorKind::Email(_) | FactorKind::Sms(_) | FactorKind::Phone(_),
            ) => false,
        }
    }
}

impl NewFactor {
    /// An app with a seed and an id of random bytes.
    ///
    /// # Errors
    /// Where the operating system gives none.
    pub fn draw(authority: &Authority, label: Label, shape: TotpShape) -> Result<Self, ChangeError> {
        let mut seed = Zeroizing::new([0; SEED_BYTES]);
        (authority.random)(seed.as_mut())?;
        Self::of(authority, label, NewKind::Totp(NewTotp::new(shape, Seed::new(seed.as_ref())?)))
    }

    /// With an id of random bytes.
    ///
    /// # Errors
    /// As [`NewFactor::draw`].
    pub fn of(authority: &Authority, label: Label, kind: NewKind) -> Result<Self, ChangeError> {
        Ok(Self { id: FactorId::new(draw_bits(authority.random)?), label, kind })
    }

    /// What codes without a network will come from, where there will be any.
    #[must_use]
    pub fn totp(&self) -> Option<&NewTotp> {
        match &self.kind {
            NewKind::Totp(totp) | NewKind::Phone { totp, .. } => Some(totp),
            NewKind::Email(_) | NewKind::Sms(_) => None,
        }
    }
}

/// RFC 4226, section 4, R6: 160 bits are recommended.
pub(crate) const SEED_BYTES: usize = 20;
