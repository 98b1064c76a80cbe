use postern_core::flows::{ApplicationFlow, SelfServiceFlow};
use postern_ipc::{Begin, Flow, PhoneFlow};

/// What a conversation is for. It decides which peers may hold it and which code answers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Task {
    /// An administrator asks for posternd's status. The daemon answers this itself.
    Status,
    /// A flow of the core, which ends with a verdict.
    Flow(CoreFlow),
}

/// The flows of the core. A new flow is added here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CoreFlow {
    /// A login.
    Login,
    /// A mail server asks for an account's userdb fields.
    Lookup,
    /// PAM asks whether a login may go on.
    Account,
    /// A person manages their own account, as a user of this host.
    SelfService(SelfServiceFlow),
    /// The same with a browser that is signed in.
    Browser(SelfServiceFlow),
    /// An application asks about the session that let it in.
    Application(ApplicationFlow),
    /// A page asks whether a phone has answered.
    ApprovalCheck,
    /// A page asks what mail programs are set up with.
    MailSettings,
    /// The phone page relays a phone's request.
    Phone(PhoneFlow),
}

impl Task {
    /// The task of a conversation that begins so.
    pub(crate) fn of_begin(begin: &Begin) -> Self {
        match (Self::of(begin.flow), &begin.web_session) {
            (Self::Flow(CoreFlow::SelfService(flow)), Some(_)) => Self::Flow(CoreFlow::Browser(flow)),
            (task, _) => task,
        }
    }

    /// The task of a flow of the protocol, without a browser's session.
    pub(crate) fn of(flow: Flow) -> Self {
        let self_service = |flow| Self::Flow(CoreFlow::SelfService(flow));
        let application = |flow| Self::Flow(CoreFlow::Application(flow));
        let phone = |flow| Self::Flow(CoreFlow::Phone(flow));
        match flow {
            Flow::Status => Self::Status,
            Flow::Login => Self::Flow(CoreFlow::Login),
            Flow::Lookup => Self::Flow(CoreFlow::Lookup),
            Flow::Account => Self::Flow(CoreFlow::Account),
            Flow::Factors => self_service(SelfServiceFlow::Factors),
            Flow::Enrol => self_service(SelfServiceFlow::Enrol),
            Flow::Remove => self_service(SelfServiceFlow::Remove),
            Flow::Replace => self_service(SelfServiceFlow::Replace),
            Flow::RecoveryCodes => self_service(SelfServiceFlow::RecoveryCodes),
            Flow::AppPasswordCreate => self_service(SelfServiceFlow::AppPasswordCreate),
            Flow::AppPasswordList => self_service(SelfServiceFlow::AppPasswordList),
            Flow::AppPasswordRegenerate => self_service(SelfServiceFlow::AppPasswordRegenerate),
            Flow::AppPasswordRevoke => self_service(SelfServiceFlow::AppPasswordRevoke),
            Flow::DeviceList => self_service(SelfServiceFlow::DeviceList),
            Flow::DeviceRevoke => self_service(SelfServiceFlow::DeviceRevoke),
            Flow::ChallengeList => self_service(SelfServiceFlow::ChallengeList),
            Flow::ChallengeDeny => self_service(SelfServiceFlow::ChallengeDeny),
            Flow::History => self_service(SelfServiceFlow::History),
            Flow::SessionCheck => self_service(SelfServiceFlow::SessionCheck),
            Flow::SessionList => self_service(SelfServiceFlow::SessionList),
            Flow::SessionEnd => self_service(SelfServiceFlow::SessionEnd),
            Flow::ApplicationGrant => self_service(SelfServiceFlow::GrantApplication),
            Flow::ApplicationRedeem => application(ApplicationFlow::Redeem),
            Flow::ApplicationCheck => application(ApplicationFlow::Check),
            Flow::ApplicationEnd => application(ApplicationFlow::End),
            Flow::ApprovalCheck => Self::Flow(CoreFlow::ApprovalCheck),
            Flow::MailSettings => Self::Flow(CoreFlow::MailSettings),
            Flow::PhoneBind => phone(PhoneFlow::Bind),
            Flow::PhonePending => phone(PhoneFlow::Pending),
            Flow::PhoneAnswer => phone(PhoneFlow::Answer),
            Flow::PhoneRing => phone(PhoneFlow::Push),
        }
    }

    /// Whether it begins with a secret.
    pub(crate) fn takes_a_secret(self) -> bool {
        match self {
            Self::Flow(
                CoreFlow::Login
                | CoreFlow::Account
                | CoreFlow::Application(_)
                | CoreFlow::Lookup
                | CoreFlow::MailSettings,
            )
            | Self::Status => true,
            Self::Flow(
                CoreFlow::SelfService(_)
                | CoreFlow::Browser(_)
                | CoreFlow::ApprovalCheck
                | CoreFlow::Phone(_),
            ) => false,
        }
    }

    /// Whether it takes arguments by name.
    pub(crate) fn takes_arguments(self) -> bool {
        match self {
            Self::Flow(
                CoreFlow::SelfService(_)
                | CoreFlow::Browser(_)
                | CoreFlow::Application(_)
                | CoreFlow::ApprovalCheck
                | CoreFlow::Phone(_),
            ) => true,
            Self::Flow(CoreFlow::Login | CoreFlow::Lookup | CoreFlow::Account | CoreFlow::MailSettings)
            | Self::Status => false,
        }
    }

    /// Whether pages repeat it all the time, so that it is logged only if it is refused.
    pub(crate) fn is_poll(self) -> bool {
        match self {
            Self::Flow(
                CoreFlow::Phone(PhoneFlow::Pending)
                | CoreFlow::Browser(SelfServiceFlow::SessionCheck)
                | CoreFlow::Application(ApplicationFlow::Check)
                | CoreFlow::ApprovalCheck
                | CoreFlow::MailSettings,
            ) => true,
            Self::Flow(
                CoreFlow::Phone(PhoneFlow::Bind | PhoneFlow::Answer | PhoneFlow::Push)
                | CoreFlow::Login
                | CoreFlow::Lookup
                | CoreFlow::Account
                | CoreFlow::SelfService(_)
                | CoreFlow::Browser(_)
                | CoreFlow::Application(ApplicationFlow::Redeem | ApplicationFlow::End),
            )
            | Self::Status => false,
        }
    }
}
