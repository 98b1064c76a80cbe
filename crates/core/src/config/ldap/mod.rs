//! The settings of a directory in LDAP.

mod condition;
mod filter;
mod read;
mod uri;

pub use condition::Condition;
pub use filter::{Filter, FilterTemplate};
pub(super) use read::read;
pub use uri::LdapUri;

/// Why a setting of `[directory]` is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadLdap {
    /// Not a server.
    #[error("is not ldaps://host, ldap://host or ldapi://%2Fpath%2Fto%2Fsocket")]
    Uri,
    /// Not a filter.
    #[error("is not a filter in parentheses that match")]
    Parentheses,
    /// A filter without `{user}`, which finds the same for all users.
    #[error("does not contain {{user}}, the typed name")]
    NoUser,
    /// An unknown placeholder.
    #[error("has a placeholder other than {{user}}")]
    Placeholder,
    /// Not an LDAP filter.
    #[error("is not a filter such as (ou=sales) or (&(ou=sales)(!(title=*))) (RFC 4515)")]
    Filter,
    /// A filter that is not a supported condition.
    #[error("is not a filter of (attribute=*), (attribute=value), &, | and !")]
    Condition,
}
