use postern_core::flows::PhoneFlow;
use postern_ipc::Flow;

/// The flow of the page for phones of that name, where it is one.
pub(super) fn flow(flow: Flow) -> Option<PhoneFlow> {
    match flow {
        Flow::PhoneBind => Some(PhoneFlow::Bind),
        Flow::PhonePending => Some(PhoneFlow::Pending),
        Flow::PhoneAnswer => Some(PhoneFlow::Answer),
        Flow::PhoneRing => Some(PhoneFlow::Ring),
        Flow::Login
        | Flow::Lookup
        | Flow::Account
        | Flow::Status
        | Flow::Factors
        | Flow::Enrol
        | Flow::Remove
        | Flow::Replace
        | Flow::RecoveryCodes
        | Flow::AppPasswordCreate
        | Flow::AppPasswordList
        | Flow::AppPasswordRegenerate
        | Flow::AppPasswordRevoke
        | Flow::DeviceList
        | Flow::DeviceRevoke
        | Flow::ChallengeList
        | Flow::ChallengeDeny => None,
    }
}

/// Whether it is in the log where all went well. A page that is open asks every few seconds what waits for it.
pub(super) fn is_logged(flow: PhoneFlow) -> bool {
    match flow {
        PhoneFlow::Pending => false,
        PhoneFlow::Bind | PhoneFlow::Answer | PhoneFlow::Ring => true,
    }
}
