//! The protocol between front doors and posternd: messages, framing, a blocking client.
//!
//! It holds no policy and no state that outlives a conversation, so it is safe to link into any host.

#![forbid(unsafe_code)]

mod client;
mod client_config;
mod deferral;
mod flow;
mod frame;
mod message;
mod peer;
mod persistent;
mod phone;
mod prompt;
mod reject;
mod remote_host;
mod secret;
mod status;
mod syslog;
mod terminal;
mod typed;
mod verdict;
mod version;

pub use client::{Client, Failure, NonInteractive, Prompter};
pub use client_config::{CLIENT_CONFIG_PATH, ClientConfig, ConfigError};
pub use deferral::{Deferral, POSTFIX};
pub use flow::Flow;
pub use frame::{FrameError, Frames, MAX_FRAME, encode};
pub use message::{
    Begin, ClientMessage, ProtocolError, ServerMessage, Style, Tone, decode_begin, decode_client,
    decode_server,
};
pub use peer::{SERVER_USER, is_trusted_server, uid_of_local_user};
pub use persistent::PersistentClient;
pub use phone::PhoneFlow;
pub use prompt::{Argument, Choice};
pub use reject::{Reaction, RefusedLookup, RejectReason};
pub use remote_host::RemoteHost;
pub use secret::Secret;
pub use status::Status;
pub use syslog::{Facility, Severity, log, log_to};
pub use terminal::is_terminal;
pub use typed::typed_text;
pub use verdict::{Accept, Defer, Ignore, Reject, Verdict};
pub use version::{UnknownVersion, Version};
