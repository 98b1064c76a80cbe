use crate::account::AccountId;
use crate::ledger::Credential;
use crate::login_event::UsedCredential;
use crate::session::SessionId;
use crate::verdict::Reason;
use crate::words::Language;

use super::outage::OutageKind;

/// What was found out on the way. It holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trail {
    /// The account that the name belongs to.
    pub account: Option<AccountId>,
    /// What the secret was taken for.
    pub credential: Option<Credential>,
    /// The same as the owner of the account knows it, for the history; `None` if nothing more is known.
    pub used: Option<UsedCredential>,
    /// What came of the first factor at a login with a dialogue; `None` if it was not checked.
    pub first_factor: Option<FirstFactorCheck>,
    /// The main password was right, and its owner has to change it.
    pub is_password_due: bool,
    /// No code was sent and no push was sent, because the first factor was not proved to Postern.
    pub is_sending_withheld: bool,
    /// No code was sent, because `allowed_prefixes` does not name the telephone number.
    pub is_number_forbidden: bool,
    /// Something was changed that outlives the conversation, however it ended.
    pub is_changed: bool,
    /// What policy would have refused, were it not only observed.
    pub observed: Option<Reason>,
    /// What is out of order, if the flow defers for it.
    pub outage: Option<OutageKind>,
    /// Whether no mail login of this host gets a verdict for it.
    pub is_outage_for_all: bool,
    /// The ledger could not be used.
    pub is_ledger_down: bool,
    /// A message could not be sent.
    pub is_courier_down: bool,
    /// What the site's budget for text messages has come to, where there is something to say.
    pub sms_budget: Option<SmsBudget>,
    /// The session of the browser that this began or was done with.
    pub session: Option<SessionId>,
    /// A secret of a trusted browser came back that had been replaced, so that somebody has a copy of it.
    pub is_trust_copied: bool,
    /// The language that the person was spoken to in.
    pub language: Option<Language>,
}

impl Trail {
    /// What the log says if what decided has no detail of its own.
    pub(crate) fn note(&self) -> Option<&'static str> {
        if self.is_trust_copied {
            Some("an earlier secret of a trusted browser came back; the browser is no longer trusted")
        } else if self.is_sending_withheld {
            Some("nothing is sent: the first factor was not proved to Postern")
        } else if self.is_number_forbidden {
            Some("a telephone number that allowed_prefixes does not name")
        } else if self.is_password_due {
            Some("the directory wants the main password changed")
        } else {
            None
        }
    }
}

/// What came of the first factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstFactorCheck {
    /// The main password was not right, or not looked at.
    WrongPassword,
    /// The main password was right, or the front door has proof of a key.
    Proved,
}

/// What the site's budget for text messages has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmsBudget {
    /// Four fifths of it are used up.
    Near,
    /// Nothing is sent.
    UsedUp,
    /// Nothing is sent for logins from sources that never succeeded for the account.
    UsedUpForNewSources,
    /// Nothing is sent to numbers that are not bound yet.
    UsedUpForNewNumbers,
}

impl SmsBudget {
    /// As the log has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Near => "near",
            Self::UsedUp => "used_up",
            Self::UsedUpForNewSources => "used_up_for_new_sources",
            Self::UsedUpForNewNumbers => "used_up_for_new_numbers",
        }
    }
}
