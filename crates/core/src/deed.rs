//! What a person is asked to confirm: a login, or a change of their account. It travels as a value, and becomes words where it
//! is read.

use serde::{Deserialize, Serialize};

use crate::words::{Language, Phrase};

/// A change of an account that asks for a second step, or sends a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// The mailbox that the code goes to becomes a second factor.
    SetUpAddress,
    /// The telephone that the code goes to becomes a second factor.
    SetUpNumber,
    /// A phone becomes a second factor.
    SetUpPhone,
    /// A second factor is added.
    SetUpFactor,
    /// A second factor takes the place of another.
    ReplaceFactor,
    /// A second factor is removed.
    RemoveFactor,
    /// New recovery codes take the place of the old ones.
    RecoveryCodes,
    /// An app password is made.
    CreateAppPassword,
    /// New app passwords take the place of old ones.
    RegenerateAppPasswords,
    /// App passwords are revoked.
    RevokeAppPasswords,
    /// Devices are trusted no longer.
    RevokeDevices,
}

impl Change {
    /// What it is called.
    pub(crate) fn phrase(self) -> Phrase<'static> {
        match self {
            Self::SetUpAddress => Phrase::DeedSetUpAddress {},
            Self::SetUpNumber => Phrase::DeedSetUpNumber {},
            Self::SetUpPhone => Phrase::DeedSetUpPhone {},
            Self::SetUpFactor => Phrase::DeedSetUpFactor {},
            Self::ReplaceFactor => Phrase::DeedReplaceFactor {},
            Self::RemoveFactor => Phrase::DeedRemoveFactor {},
            Self::RecoveryCodes => Phrase::DeedRecoveryCodes {},
            Self::CreateAppPassword => Phrase::DeedCreateAppPassword {},
            Self::RegenerateAppPasswords => Phrase::DeedRegenerateAppPasswords {},
            Self::RevokeAppPasswords => Phrase::DeedRevokeAppPasswords {},
            Self::RevokeDevices => Phrase::DeedRevokeDevices {},
        }
    }

    /// Whether the code goes to what is to be bound, so that its reader may be a person who has nothing to do with the account.
    fn is_sent_to_the_new_one(self) -> bool {
        matches!(self, Self::SetUpAddress | Self::SetUpNumber)
    }
}

/// What is to be confirmed, by whom it is asked for, and from where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deed<'a> {
    /// The service that is logged in to; for a change the program.
    pub service: &'a str,
    /// The change; `None` for a login.
    pub change: Option<Change>,
    /// Whether an admin does it.
    pub is_by_administrator: bool,
    /// The client's address, where it is known.
    pub rhost: Option<&'a str>,
    /// Whether the person is at the host itself.
    pub is_here: bool,
    /// What people call the host where it is done; empty in a challenge of an earlier build.
    pub host: &'a str,
}

/// A deed in the language of its reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeedText {
    /// What is done: `ssh login on mail1.example.org`, `removing a trusted device`.
    pub what: String,
    /// Where the person is who does it.
    pub place: String,
    /// What its reader should do if it comes as a surprise.
    pub advice: Advice,
}

/// What the reader of a message should do if it comes as a surprise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice {
    /// The main password was given: change it.
    ChangePassword,
    /// Someone typed the reader's address or number: do nothing.
    Ignore,
    /// An admin's command sent it: ask the administrator.
    AskAdministrator,
}

impl Deed<'static> {
    /// One of which only that it was asked for is known.
    pub(crate) fn forgotten() -> Self {
        Self { service: "-", change: None, is_by_administrator: false, rhost: None, is_here: false, host: "" }
    }
}

impl Deed<'_> {
    /// Where the person is.
    pub(crate) fn place(&self, language: Language) -> String {
        match (self.rhost, self.host) {
            (Some(rhost), _) => rhost.to_owned(),
            (None, host) if self.is_here && !host.is_empty() => language.say(&Phrase::PlaceHost { host }),
            (None, _) => language.say(&Phrase::UnknownPlace {}),
        }
    }

    /// What a surprised reader should do.
    pub(crate) fn advice(&self) -> Advice {
        if self.is_by_administrator {
            Advice::AskAdministrator
        } else if self.change.is_some_and(Change::is_sent_to_the_new_one) {
            Advice::Ignore
        } else {
            Advice::ChangePassword
        }
    }
}
