use postern_core::flows::{OwnFlow, PhoneFlow};
use postern_ipc::Flow;

/// What a conversation is for, by who may hold it and what answers it. The one place where a new flow has to be sorted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Task {
    /// Somebody logs in.
    Login,
    /// The mail server wants an account's userdb fields.
    Lookup,
    /// PAM asks whether a login may go on.
    Account,
    /// A keeper asks how posternd is.
    Status,
    /// Somebody sees to their own account.
    Own(OwnFlow),
    /// The page for phones passes something on.
    Phone(PhoneFlow),
}

impl Task {
    /// What the flow of the protocol is for.
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

    /// Whether it is told something beforehand, by name, and asks for all secrets itself.
    pub(crate) fn takes_arguments(self) -> bool {
        match self {
            Self::Own(_) | Self::Phone(_) => true,
            Self::Login | Self::Lookup | Self::Account | Self::Status => false,
        }
    }

    /// Whether it is asked all the time by a page that is open, and is worth a line only where it is refused.
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
