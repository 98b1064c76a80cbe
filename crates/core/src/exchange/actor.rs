//! Who acts, and from where.

use std::net::IpAddr;

use crate::session::{SessionId, WEB_SERVICE};

/// Who acts in an exchange: what they may do, what the log and a notice say of them, and which limits hold for them follow
/// from this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// A person who has yet to prove who they are (NIST SP 800-63B, appendix A: claimant): at a front door, or by a phone's
    /// signature. What they prove in the exchange is all that they may do.
    Claimant,
    /// A user of this host, by the uid of their process. They act for the account with their name and uid, and for no other.
    UnixUser {
        /// That uid.
        uid: u32,
    },
    /// A person with a browser that is signed in. They act for the account of their session, and for no other.
    WebSession {
        /// What people call the session.
        id: SessionId,
        /// Where the browser is.
        address: Option<IpAddr>,
    },
    /// A person with the rights of the site's admins, who acts for any account.
    Admin,
}

impl Actor {
    /// Whether the account may have changed so that the actor no longer may do what they began: an admin always may.
    pub(crate) fn is_owner(self) -> bool {
        match self {
            Self::Claimant | Self::UnixUser { .. } | Self::WebSession { .. } => true,
            Self::Admin => false,
        }
    }

    /// Where they are, if that is not this host.
    pub(crate) fn address(self) -> Option<IpAddr> {
        match self {
            Self::WebSession { address, .. } => address,
            Self::Claimant | Self::UnixUser { .. } | Self::Admin => None,
        }
    }

    /// Whether they are on this host itself, as far as the actor tells. The front door tells it of a claimant.
    pub(crate) fn is_here(self) -> bool {
        match self {
            Self::Claimant | Self::WebSession { .. } => false,
            Self::UnixUser { .. } | Self::Admin => true,
        }
    }

    /// The program with which they change an account, as messages name it.
    pub(crate) fn program(self) -> &'static str {
        match self {
            Self::Claimant | Self::UnixUser { .. } => "postern my",
            Self::WebSession { .. } => WEB_SERVICE,
            Self::Admin => "postern",
        }
    }
}

/// Where the actor of an exchange is, as messages name it. Limits tell actors apart by [`Source`](crate::limits::Source).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The address of their client, if it is known.
    pub(crate) address: Option<IpAddr>,
    /// Whether they are on this host itself.
    pub(crate) is_here: bool,
}
