//! Sessions: browsers that are signed in.
//!
//! A browser keeps a [`SessionToken`] in a cookie. The ledger stores a record of the session under a keyed digest of the token, but
//! is not trusted itself: each record has a MAC under the keyring. Whoever has the token, and nobody else, acts for the account.

mod application;
mod bearer;
mod mail_password;
mod record;
mod token;

pub use application::{Application, ApplicationCode, ApplicationGrant, ApplicationKey, CODE_GOOD_FOR};
pub use mail_password::SessionMailPassword;
pub(crate) use record::browser_name;
pub use record::{ProvedBy, SEEN_EVERY, Session, SessionId, SessionProof};
pub use token::SessionToken;

/// The service at which people sign in with a browser.
pub const WEB_SERVICE: &str = "web";
