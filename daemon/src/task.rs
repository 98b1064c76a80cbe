use postern_core::flows::{OwnFlow, PhoneFlow};
use postern_ipc::Flow;

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
    Own(OwnFlow),
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
            Flow::Factors => Self::Own(OwnFlow::Factors),
            Flow::Enrol => Self::Own(OwnFlow::Enrol),
            Flow::Remove => Self::Own(OwnFlow::Remove),
            Flow::Replace => Self::Own(OwnFlow::Replace),
            Flow::RecoveryCodes => Self::Own(OwnFlow::RecoveryCodes),
            Flow::AppPasswordCreate => Self::Own(OwnFlow::AppPasswordCreate),
            Flow::AppPasswordList => Self::Own(OwnFlow::AppPasswordList),
            Flow::AppPasswordRegenerate => Self::Own(OwnFlow::AppPasswordRegenerate),
            Flow::AppPasswordRevoke => Self::Own(OwnFlow::AppPasswordRevoke),
            Flow::DeviceList => Self::Own(OwnFlow::DeviceList),
            Flow::DeviceRevoke => Self::Own(OwnFlow::DeviceRevoke),
            Flow::ChallengeList => Self::Own(OwnFlow::ChallengeList),
            Flow::ChallengeDeny => Self::Own(OwnFlow::ChallengeDeny),
            Flow::PhoneBind => Self::Phone(PhoneFlow::Bind),
            Flow::PhonePending => Self::Phone(PhoneFlow::Pending),
            Flow::PhoneAnswer => Self::Phone(PhoneFlow::Answer),
            Flow::PhoneRing => Self::Phone(PhoneFlow::Ring),
        }
    }

    /// Whether it takes arguments by name, and asks for every secret itself.
    pub(crate) fn takes_arguments(self) -> bool {
        match self {
            Self::Own(_) | Self::Phone(_) => true,
            Self::Login | Self::Lookup | Self::Account | Self::Status => false,
        }
    }

    /// Whether an open page repeats it all the time, so that it is logged only if it is refused.
    pub(crate) fn is_poll(self) -> bool {
        match self {
            Self::Phone(PhoneFlow::Pending) => true,
            Self::Phone(PhoneFlow::Bind | PhoneFlow::Answer | PhoneFlow::Ring)
            | Self::Login
            | Self::Lookup
            | Self::Account
            | Self::Status
            | Self::Own(_) => false,
        }
    }
}
