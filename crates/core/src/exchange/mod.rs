//! What flows, checks and changes share while they talk with a person: the conversation, what was found out, and how it ends.

pub(crate) mod dialogue;
pub(crate) mod outage;
pub(crate) mod outcome;
pub(crate) mod prompt_context;
pub(crate) mod stop;
pub(crate) mod trail;

pub use dialogue::PREFERRED_LANGUAGE;
pub use outage::clock_text;
pub use outcome::Outcome;
pub use trail::{SmsBudget, Trail};
