//! The kinds of factors. A new kind joins the two enums here and the registry; the compiler then names what is missing.

use serde::{Deserialize, Serialize};

use super::{Email, FactorRecord, Passkey, Phone, Sms, Totp};

/// Declares [`FactorType`], so that no kind can be left out of its list.
macro_rules! factor_types {
    ($($(#[$doc:meta])* $kind:ident = $name:literal,)*) => {
        /// A kind of factor (NIST SP 800-63B: authenticator type).
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum FactorType {
            $($(#[$doc])* $kind,)*
        }

        impl FactorType {
            /// In the order in which they are offered: the safest first.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$kind),*];

            /// The name in the stored form, on the wire, on the command line and in the log.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }
        }
    };
}

factor_types! {
    /// A WebAuthn credential of browsers.
    Passkey = "passkey",
    /// An authenticator app or token that shows codes.
    Totp = "totp",
    /// A phone that approves logins.
    Phone = "phone",
    /// A mailbox to which codes are sent.
    Email = "email",
    /// A telephone to which codes are sent.
    Sms = "sms",
}

impl FactorType {
    /// The kind of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// The kind of a factor, with its stored data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum FactorKind {
    /// An authenticator app or token that shows codes (RFC 6238).
    Totp(Totp),
    /// A mailbox to which codes are sent.
    Email(Email),
    /// A telephone to which codes are sent.
    Sms(Sms),
    /// A phone that approves logins.
    Phone(Phone),
    /// A WebAuthn credential of browsers.
    Passkey(Passkey),
}

impl FactorKind {
    /// The kind, without the data.
    #[must_use]
    pub fn factor_type(&self) -> FactorType {
        match self {
            Self::Totp(_) => FactorType::Totp,
            Self::Email(_) => FactorType::Email,
            Self::Sms(_) => FactorType::Sms,
            Self::Phone(_) => FactorType::Phone,
            Self::Passkey(_) => FactorType::Passkey,
        }
    }

    /// The kind's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.factor_type().name()
    }

    /// Whether both have one identity: an account binds it once.
    #[must_use]
    pub fn has_identity_of(&self, other: &Self) -> bool {
        let identity = self.record().identity();
        self.factor_type() == other.factor_type()
            && identity.is_some()
            && identity == other.record().identity()
    }

    /// The phone, if it is one.
    #[must_use]
    pub fn phone(&self) -> Option<&Phone> {
        if let Self::Phone(phone) = self { Some(phone) } else { None }
    }

    /// The same, to be changed.
    pub fn phone_mut(&mut self) -> Option<&mut Phone> {
        if let Self::Phone(phone) = self { Some(phone) } else { None }
    }

    /// The passkey, if it is one.
    #[must_use]
    pub fn passkey(&self) -> Option<&Passkey> {
        if let Self::Passkey(passkey) = self { Some(passkey) } else { None }
    }

    /// The same, to be changed.
    pub fn passkey_mut(&mut self) -> Option<&mut Passkey> {
        if let Self::Passkey(passkey) = self { Some(passkey) } else { None }
    }

    /// The data, whatever the kind.
    #[must_use]
    pub fn record(&self) -> &dyn FactorRecord {
        match self {
            Self::Totp(totp) => totp,
            Self::Email(email) => email,
            Self::Sms(sms) => sms,
            Self::Phone(phone) => phone,
            Self::Passkey(passkey) => passkey,
        }
    }

    /// The same, to be changed.
    pub fn record_mut(&mut self) -> &mut dyn FactorRecord {
        match self {
            Self::Totp(totp) => totp,
            Self::Email(email) => email,
            Self::Sms(sms) => sms,
            Self::Phone(phone) => phone,
            Self::Passkey(passkey) => passkey,
        }
    }
}
