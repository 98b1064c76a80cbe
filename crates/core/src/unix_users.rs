//! The users of this host, according to its name services (nsswitch.conf(5)).

use std::fmt;

use async_trait::async_trait;

/// Looks users of this host up.
#[async_trait]
pub trait UnixUsers: Send + Sync + fmt::Debug {
    /// The uid of the user `name`, or `None` if there is no such user.
    ///
    /// # Errors
    /// The name services do not answer, or fail.
    async fn uid_of(&self, name: &str) -> Result<Option<u32>, NameServiceError>;
}

/// The host's name services do not answer, or fail.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the host's name services do not answer: {0}")]
pub struct NameServiceError(pub String);
