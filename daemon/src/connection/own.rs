use postern_core::flows::OwnFlow;
use postern_ipc::Flow;

/// The self-service flow of that name, where it is one.
pub(super) fn flow(flow: Flow) -> Option<OwnFlow> {
    match flow {
        Flow::Login
        | Flow::Lookup
        | Flow::Account
        | Flow::Status
        | Flow::PhoneBind
        | Flow::PhonePending
        | Flow::PhoneAnswer
        | Flow::PhoneRing => None,
        Flow::Factors => Some(OwnFlow::Factors),
        Flow::Enrol => Some(OwnFlow::Enrol),
        Flow::Remove => Some(OwnFlow::Remove),
        Flow::Replace => Some(OwnFlow::Replace),
        Flow::RecoveryCodes => Some(OwnFlow::RecoveryCodes),
        Flow::AppPasswordCreate => Some(OwnFlow::AppPasswordCreate),
        Flow::AppPasswordList => Some(OwnFlow::AppPasswordList),
        Flow::AppPasswordRegenerate => Some(OwnFlow::AppPasswordRegenerate),
        Flow::AppPasswordRevoke => Some(OwnFlow::AppPasswordRevoke),
        Flow::DeviceList => Some(OwnFlow::DeviceList),
        Flow::DeviceRevoke => Some(OwnFlow::DeviceRevoke),
        Flow::ChallengeList => Some(OwnFlow::ChallengeList),
        Flow::ChallengeDeny => Some(OwnFlow::ChallengeDeny),
    }
}

/// Whether the flow changes the account. What does is always in the log.
pub(super) fn is_change(flow: OwnFlow) -> bool {
    match flow {
        OwnFlow::Factors | OwnFlow::AppPasswordList | OwnFlow::DeviceList | OwnFlow::ChallengeList => false,
        OwnFlow::Enrol
        | OwnFlow::Remove
        | OwnFlow::Replace
        | OwnFlow::RecoveryCodes
        | OwnFlow::AppPasswordCreate
        | OwnFlow::AppPasswordRegenerate
        | OwnFlow::AppPasswordRevoke
        | OwnFlow::DeviceRevoke
        | OwnFlow::ChallengeDeny => true,
    }
}
