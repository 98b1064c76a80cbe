use std::collections::BTreeMap;

use postern_ipc::Flow;

use super::form::Form;
use super::section::{Goal, Section};

/// What a conversation of these pages is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    LogIn,
    Change(Change),
}

impl Purpose {
    /// The page that its questions belong to, and that follows: after a login the one that the person `wanted`.
    pub(super) fn goal(self, wanted: Goal) -> Goal {
        match self {
            Self::LogIn => wanted,
            Self::Change(change) => Goal::Section(change.section()),
        }
    }
}

/// A change that a form asks for. Each is one flow of a person's own account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Bind a factor of the kind in `kind`.
    AddFactor,
    /// Bind a factor in the place of the one in `id`.
    ReplaceFactor,
    /// Unbind the factor in `id`.
    RemoveFactor,
    /// Make recovery codes.
    RecoveryCodes,
    /// Create an app password.
    CreateAppPassword,
    /// Make a new one in the place of the one in `id`.
    RegenerateAppPassword,
    /// Revoke the one in `id`.
    RevokeAppPassword,
    /// Revoke all app passwords.
    RevokeAppPasswords,
    /// No longer trust the device in `id`.
    RevokeDevice,
    /// No longer trust any device.
    RevokeDevices,
    /// Log the browser in `id` out.
    EndSession,
    /// Log out everywhere.
    EndSessions,
}

impl Change {
    /// Every change.
    pub const ALL: [Self; 12] = [
        Self::AddFactor,
        Self::ReplaceFactor,
        Self::RemoveFactor,
        Self::RecoveryCodes,
        Self::CreateAppPassword,
        Self::RegenerateAppPassword,
        Self::RevokeAppPassword,
        Self::RevokeAppPasswords,
        Self::RevokeDevice,
        Self::RevokeDevices,
        Self::EndSession,
        Self::EndSessions,
    ];

    /// Where its form is sent.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::AddFactor => "/security/add",
            Self::ReplaceFactor => "/security/replace",
            Self::RemoveFactor => "/security/remove",
            Self::RecoveryCodes => "/security/recovery-codes",
            Self::CreateAppPassword => "/app-passwords/create",
            Self::RegenerateAppPassword => "/app-passwords/regenerate",
            Self::RevokeAppPassword => "/app-passwords/revoke",
            Self::RevokeAppPasswords => "/app-passwords/revoke-all",
            Self::RevokeDevice => "/devices/revoke",
            Self::RevokeDevices => "/devices/revoke-all",
            Self::EndSession => "/devices/log-out",
            Self::EndSessions => "/devices/log-out-everywhere",
        }
    }

    pub(super) fn flow(self) -> Flow {
        match self {
            Self::AddFactor => Flow::Enrol,
            Self::ReplaceFactor => Flow::Replace,
            Self::RemoveFactor => Flow::Remove,
            Self::RecoveryCodes => Flow::RecoveryCodes,
            Self::CreateAppPassword => Flow::AppPasswordCreate,
            Self::RegenerateAppPassword => Flow::AppPasswordRegenerate,
            Self::RevokeAppPassword | Self::RevokeAppPasswords => Flow::AppPasswordRevoke,
            Self::RevokeDevice | Self::RevokeDevices => Flow::DeviceRevoke,
            Self::EndSession | Self::EndSessions => Flow::SessionEnd,
        }
    }

    /// The fields of its form, beside the token.
    #[must_use]
    pub fn fields(self) -> &'static [&'static str] {
        match self {
            Self::AddFactor => &["kind"],
            Self::ReplaceFactor => &["id", "kind"],
            Self::RemoveFactor
            | Self::RegenerateAppPassword
            | Self::RevokeAppPassword
            | Self::RevokeDevice
            | Self::EndSession => &["id"],
            Self::CreateAppPassword => {
                &["label", "imap", "pop3", "smtp", "sieve", "dav", "expires", "networks"]
            }
            Self::RecoveryCodes | Self::RevokeAppPasswords | Self::RevokeDevices | Self::EndSessions => &[],
        }
    }

    /// The arguments of the flow.
    pub(super) fn arguments(self, form: &Form) -> BTreeMap<String, String> {
        let mut arguments = BTreeMap::new();
        let mut put = |name: &str, value: &str| drop(arguments.insert(name.to_owned(), value.to_owned()));
        match self {
            Self::RevokeAppPasswords | Self::RevokeDevices | Self::EndSessions => put("all", "true"),
            Self::CreateAppPassword => {
                put("label", form.field("label").trim());
                let scope: Vec<&str> = SCOPES.into_iter().filter(|word| form.is_ticked(word)).collect();
                put("scope", &scope.join(","));
                match form.field("expires") {
                    "" => {}
                    // The end of that day, wherever the person is.
                    day => put("expires", &format!("{day}T23:59:59Z")),
                }
                let networks: Vec<&str> = form
                    .field("networks")
                    .split([',', ' ', '\n', '\r'])
                    .filter(|part| !part.is_empty())
                    .collect();
                if !networks.is_empty() {
                    put("networks", &networks.join(","));
                }
            }
            Self::AddFactor
            | Self::ReplaceFactor
            | Self::RemoveFactor
            | Self::RecoveryCodes
            | Self::RegenerateAppPassword
            | Self::RevokeAppPassword
            | Self::RevokeDevice
            | Self::EndSession => {
                for name in self.fields() {
                    put(name, form.field(name));
                }
            }
        }
        arguments
    }

    /// The page that it was begun from.
    pub(super) fn section(self) -> Section {
        match self {
            Self::AddFactor | Self::ReplaceFactor | Self::RemoveFactor | Self::RecoveryCodes => {
                Section::Security
            }
            Self::CreateAppPassword
            | Self::RegenerateAppPassword
            | Self::RevokeAppPassword
            | Self::RevokeAppPasswords => Section::AppPasswords,
            Self::RevokeDevice | Self::RevokeDevices | Self::EndSession | Self::EndSessions => {
                Section::Devices
            }
        }
    }
}

/// What an app password can open.
pub(super) const SCOPES: [&str; 5] = ["imap", "pop3", "smtp", "sieve", "dav"];
