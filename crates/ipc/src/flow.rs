//! The flows: what a conversation can be for.

use serde::{Deserialize, Serialize};

/// What a conversation is for. The flows from `Factors` on are self-service: each is about the account of the peer's own
/// uid, or of a browser's session; those from `PhoneBind` on are the page's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flow {
    /// Authenticate a user.
    Login,
    /// Fetch the userdb fields of an account; no secret is checked.
    Lookup,
    /// Decide whether a login may go on whose first factor Postern did not see (PAM's account management). `secret` is
    /// the [`Accept::proof`](crate::Accept::proof) of the preceding login, if it had one.
    Account,
    /// Ask posternd for its status. Permitted to root and posternd's own user.
    Status,
    /// List the bound factors and the number of recovery codes.
    Factors,
    /// Bind a factor.
    Enrol,
    /// Unbind a factor.
    Remove,
    /// Replace a factor by another one.
    Replace,
    /// Replace the recovery codes by new ones.
    RecoveryCodes,
    /// Create an app password.
    AppPasswordCreate,
    /// List app passwords.
    AppPasswordList,
    /// Replace app passwords by new ones.
    AppPasswordRegenerate,
    /// Revoke app passwords.
    AppPasswordRevoke,
    /// List trusted devices.
    DeviceList,
    /// Revoke trusted devices.
    DeviceRevoke,
    /// List logins that wait for an answer.
    ChallengeList,
    /// Refuse a login that waits for an answer.
    ChallengeDeny,
    /// List recent logins, accepted and refused.
    History,
    /// Ask whether a browser's session is still open. Only with `web_session`.
    SessionCheck,
    /// List the browsers that are signed in.
    SessionList,
    /// Sign browsers out.
    SessionEnd,
    /// Let an application in, such as a web mail: a code for it. Only with `web_session`.
    ApplicationGrant,
    /// Swap such a code for what the application logs in to mail services with. `secret` is the code. The flows from here to
    /// `ApplicationEnd` are the web server's, for applications.
    ApplicationRedeem,
    /// Ask whether the session behind an application's key is still open. `secret` is the key.
    ApplicationCheck,
    /// End that session.
    ApplicationEnd,
    /// Ask whether a phone has answered a challenge that a person with a browser waits for.
    ApprovalCheck,
    /// Tell what mail programs are set up with. It is public.
    MailSettings,
    /// Hand in the key of a phone that is being bound. The flows from here on are those of the page for phones. Each
    /// concerns the account that its arguments name, and counts only if the phone's key signed it.
    PhoneBind,
    /// List the challenges that wait for a phone's answer.
    PhonePending,
    /// Answer a challenge.
    PhoneAnswer,
    /// Set how a phone is notified.
    PhoneRing,
}

impl Flow {
    /// The flow's name on the wire and in the log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Lookup => "lookup",
            Self::Account => "account",
            Self::Status => "status",
            Self::Factors => "factors",
            Self::Enrol => "enrol",
            Self::Remove => "remove",
            Self::Replace => "replace",
            Self::RecoveryCodes => "recovery_codes",
            Self::AppPasswordCreate => "app_password_create",
            Self::AppPasswordList => "app_password_list",
            Self::AppPasswordRegenerate => "app_password_regenerate",
            Self::AppPasswordRevoke => "app_password_revoke",
            Self::DeviceList => "device_list",
            Self::DeviceRevoke => "device_revoke",
            Self::ChallengeList => "challenge_list",
            Self::ChallengeDeny => "challenge_deny",
            Self::History => "history",
            Self::SessionCheck => "session_check",
            Self::SessionList => "session_list",
            Self::SessionEnd => "session_end",
            Self::ApplicationGrant => "application_grant",
            Self::ApplicationRedeem => "application_redeem",
            Self::ApplicationCheck => "application_check",
            Self::ApplicationEnd => "application_end",
            Self::ApprovalCheck => "approval_check",
            Self::MailSettings => "mail_settings",
            Self::PhoneBind => "phone_bind",
            Self::PhonePending => "phone_pending",
            Self::PhoneAnswer => "phone_answer",
            Self::PhoneRing => "phone_ring",
        }
    }
}
