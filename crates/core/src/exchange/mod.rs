//! What flows, checks and changes share while they talk with a person: the conversation, what was found out, and how it ends.

pub(crate) mod actor;
pub(crate) mod context;
mod describe;
pub(crate) mod details;
mod layout;
pub(crate) mod localized_conversation;
pub(crate) mod outage;
pub(crate) mod outcome;
pub(crate) mod prompt_context;
pub(crate) mod stop;
pub(crate) mod trail;
mod unread;

pub use actor::Actor;
pub use details::{EMPTY_ANSWER, NOT_A_PASSWORD};
pub use localized_conversation::PREFERRED_LANGUAGE;
pub use outage::{OutageKind, clock_text};
pub use outcome::Outcome;
pub use trail::{FirstFactorCheck, SmsBudget, Trail};
pub use unread::LineDelivery;
