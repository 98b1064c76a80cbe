//! The users of this host, as its name services (nsswitch.conf(5)) know them.

use std::fmt;

use async_trait::async_trait;

/// Looks users of this host up.
#[async_trait]
pub trait UnixUsers: Send + Sync + fmt::Debug {
    /// The uid of the user `name`, or `None` where there is no such user.
    ///
    /// # Errors
    /// Where the name services cannot say.
    async fn uid_of(&self, name: &str) -> Result<Option<u32>, NameServiceError>;
}

/// The host's name services are out of order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the host's name services do not answer: {0}")]
pub struct NameServiceError(pub String);
