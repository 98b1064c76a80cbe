use postern_core::flows::SelfServiceFlow;
use postern_ipc::{Flow, PhoneFlow};

/// What a conversation is for. It decides who may hold it and which code answers it; a new flow is sorted in here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Task {
    /// A login.
    Login,
    /// A mail server asks for an account's userdb fields.
    Lookup,
    /// PAM asks whether a login may go on.
    Account,
    /// An administrator asks for the status.
    Status,
    /// A person manages their own account.
    SelfService(SelfServiceFlow),
    /// The phone page relays a phone's request.
    Phone(PhoneFlow),
}

impl Task {
    /// The task of a flow of the protocol.
    pub(crate) fn of(flow: Flow) -> Self {
        match flow {
            Flow::Login => Self::Login,
            Flow::Lookup => Self::Lookup,
            Flow::Account => Self::Account,
            Flow::Status => Self::Status,
            Flow::Factors => Self::SelfService(SelfServiceFlow::Factors),
            Flow::Enrol => Self::SelfService(SelfServiceFlow::Enrol),
            Flow::Remove => Self::SelfService(SelfServiceFlow::Remove),
            Flow::Replace => Self::SelfService(SelfServiceFlow::Replace),
            Flow::RecoveryCodes => Self::SelfService(SelfServiceFlow::RecoveryCodes),
            Flow::AppPasswordCreate => Self::SelfService(SelfServiceFlow::AppPasswordCreate),
            Flow::AppPasswordList => Self::SelfService(SelfServiceFlow::AppPasswordList),
            Flow::AppPasswordRegenerate => Self::SelfService(SelfServiceFlow::AppPasswordRegenerate),
            Flow::AppPasswordRevoke => Self::SelfService(SelfServiceFlow::AppPasswordRevoke),
            Flow::DeviceList => Self::SelfService(SelfServiceFlow::DeviceList),
            Flow::DeviceRevoke => Self::SelfService(SelfServiceFlow::DeviceRevoke),
            Flow::ChallengeList => Self::SelfService(SelfServiceFlow::ChallengeList),
            Flow::ChallengeDeny => Self::SelfService(SelfServiceFlow::ChallengeDeny),
            Flow::PhoneBind => Self::Phone(PhoneFlow::Bind),
            Flow::PhonePending => Self::Phone(PhoneFlow::Pending),
            Flow::PhoneAnswer => Self::Phone(PhoneFlow::Answer),
            Flow::PhoneRing => Self::Phone(PhoneFlow::Push),
        }
    }

    /// Whether it takes arguments by name, and asks for every secret itself.
    pub(crate) fn takes_arguments(self) -> bool {
        match self {
            Self::SelfService(_) | Self::Phone(_) => true,
            Self::Login | Self::Lookup | Self::Account | Self::Status => false,
        }
    }

    /// Whether an open page repeats it all the time, so that it is logged only if it is refused.
    pub(crate) fn is_poll(self) -> bool {
        match self {
            Self::Phone(PhoneFlow::Pending) => true,
            Self::Phone(PhoneFlow::Bind | PhoneFlow::Answer | PhoneFlow::Push)
            | Self::Login
            | Self::Lookup
            | Self::Account
            | Self::Status
            | Self::SelfService(_) => false,
        }
    }
}
