//! The messages of the protocol.
//!

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Argument, Choice, Flow, FrameError, Secret, Status, Verdict, Version};

/// A message of a front door. The first one of a conversation is `Begin`; no later one is.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ClientMessage {
    /// Opens the conversation.
    Begin(Box<Begin>),
    /// The reply to an `Ask`.
    Answer(
        #[serde(
            serialize_with = "crate::secret::serialize_one",
            deserialize_with = "crate::secret::deserialize_one"
        )]
        Secret,
    ),
    /// The person gave up.
    Cancel {},
}

/// The request that opens a conversation: who wants to do what, and from where.
///
/// Names, addresses and secrets may be of any length: of what is too long for posternd, a part is sent that is still too long.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Begin {
    /// The version that the server answers in.
    pub version: Version,
    /// What is to be done.
    pub flow: Flow,
    /// The service as PAM or Dovecot names it: `imap`, `smtp`, `sshd`.
    #[serde(serialize_with = "crate::typed::serialize_text")]
    pub service: String,
    /// The name that was typed.
    #[serde(serialize_with = "crate::typed::serialize_text")]
    pub user: String,
    /// The password, if the front door already has one.
    #[serde(
        default,
        serialize_with = "crate::typed::serialize_secret",
        deserialize_with = "crate::secret::deserialize"
    )]
    pub secret: Option<Secret>,
    /// The client's address, if there is one.
    #[serde(default, serialize_with = "crate::typed::serialize_some_text")]
    pub rhost: Option<String>,
    /// The server's own address, if it is known.
    #[serde(default, serialize_with = "crate::typed::serialize_some_text")]
    pub local: Option<String>,
    /// The address that the connection itself came from, where it is not the client's: of a proxy or a web mail that the front door
    /// believes about `rhost`.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "crate::typed::serialize_some_text"
    )]
    pub peer_address: Option<String>,
    /// Whether the client's connection is encrypted, if that is known.
    #[serde(default)]
    pub secured: Option<bool>,
    /// The front door's own session id, for matching logs.
    #[serde(default, serialize_with = "crate::typed::serialize_some_text")]
    pub session: Option<String>,
    /// The terminal, as in PAM.
    #[serde(default, serialize_with = "crate::typed::serialize_some_text")]
    pub tty: Option<String>,
    /// A device identity proved by the front door, for example an ssh key.
    #[serde(default)]
    pub device: Option<String>,
    /// The real uid of the process that asks. For su and sudo it is that of the calling user. posternd believes only
    /// root about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ruid: Option<u32>,
    /// Whether a person can answer questions.
    #[serde(default)]
    pub interactive: bool,
    /// The client's language, as in BCP 47.
    #[serde(default, serialize_with = "crate::typed::serialize_some_text")]
    pub language: Option<String>,
    /// The token of a browser's session, as the record `session` told it: its flows are about the account of the session. posternd
    /// believes only the user of the web server about it.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "crate::typed::serialize_secret",
        deserialize_with = "crate::secret::deserialize"
    )]
    pub web_session: Option<Secret>,
    /// What a browser keeps that is trusted, as the record `trusted_browser` told it. Only at the service for browsers.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "crate::typed::serialize_secret",
        deserialize_with = "crate::secret::deserialize"
    )]
    pub trusted_browser: Option<Secret>,
    /// What people call the browser, such as its name and system: 1 to 64 characters. Only at the service for browsers.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "crate::typed::serialize_some_text"
    )]
    pub browser: Option<String>,
    /// Whether the client may begin another conversation on this connection after the verdict. Only for logins and lookups that
    /// ask nothing; posternd grants it to trusted peers.
    #[serde(default, skip_serializing_if = "is_false")]
    pub persistent: bool,
    /// The arguments of a self-service flow, by name: `label`, `id`. The flow asks for a missing one or does without
    /// it. An unknown name is refused.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub arguments: BTreeMap<String, String>,
}

impl Begin {
    /// A conversation with everything optional left out, in [`Version::OLDEST`]: a front door names the oldest version that
    /// has what it needs, so that it works with a posternd of any age, and text is in all of them.
    #[must_use]
    pub fn new(flow: Flow, service: impl Into<String>, user: impl Into<String>) -> Self {
        Self {
            version: Version::OLDEST,
            flow,
            service: service.into(),
            user: user.into(),
            secret: None,
            rhost: None,
            local: None,
            peer_address: None,
            secured: None,
            session: None,
            tty: None,
            device: None,
            ruid: None,
            interactive: false,
            language: None,
            web_session: None,
            trusted_browser: None,
            browser: None,
            persistent: false,
            arguments: BTreeMap::new(),
        }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
pub(crate) fn is_false(flag: &bool) -> bool {
    !flag
}

/// A message of posternd. A conversation ends with `Verdict`, `Status` or `Error`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ServerMessage {
    /// A question; the client replies with `Answer` or `Cancel`.
    Ask {
        /// Whether what is typed may be shown.
        style: Style,
        /// The prompt in the person's language.
        #[serde(
            serialize_with = "crate::secret::serialize_one",
            deserialize_with = "crate::secret::deserialize_one"
        )]
        text: Secret,
        /// Its id in the catalogue; from version 2 on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// What is filled into it, by name; from version 2 on, where there is any.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        arguments: BTreeMap<String, Argument>,
        /// What can be chosen; from version 2 on, where there is a choice.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        choices: Vec<Choice>,
    },
    /// Something to show; no reply.
    Tell {
        /// How to show it.
        style: Tone,
        /// A line of it in version 1; all of it, in one line or several, from version 2 on. Empty where it would not fit.
        #[serde(
            serialize_with = "crate::secret::serialize_one",
            deserialize_with = "crate::secret::deserialize_one"
        )]
        text: Secret,
        /// As in `Ask`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// As in `Ask`.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        arguments: BTreeMap<String, Argument>,
    },
    /// An item that a self-service flow lists or has created, for scripts. The same is told in words. No reply.
    Record {
        /// The kind of the item: `factor`, `app_password`, `device`.
        name: String,
        /// Its fields.
        value: serde_json::Map<String, serde_json::Value>,
    },
    /// The next message may take this long.
    Wait {
        /// Seconds from now.
        seconds: u32,
    },
    /// The end of a login or lookup.
    Verdict(Verdict),
    /// The answer to [`Flow::Status`].
    Status(Box<Status>),
    /// The end of a conversation that was not one.
    Error(ProtocolError),
}

/// Whether an answer is echoed while it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// Echo off.
    Hidden,
    /// Echo on.
    Visible,
}

/// The tone of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// Information.
    Info,
    /// Something is wrong.
    Error,
}

/// Why a conversation was no conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ProtocolError {
    /// A message that the protocol does not have, or not here; what is wrong with it.
    Malformed(String),
    /// A version that the server does not speak.
    Unsupported {
        /// The newest that it does.
        max: u32,
    },
}

/// Reads the first message of a conversation, on the server.
///
/// The version is looked at before anything else, so that a newer client with fields unknown here hears `unsupported`.
///
/// # Errors
/// The [`ProtocolError`] to send back before closing.
pub fn decode_begin(line: &[u8]) -> Result<Begin, ProtocolError> {
    let opening: Opening =
        serde_json::from_slice(line).map_err(|error| ProtocolError::Malformed(describe(&error)))?;
    Version::try_from(opening.begin.version)
        .map_err(|_| ProtocolError::Unsupported { max: Version::NEWEST.into() })?;
    match decode_client(line)? {
        ClientMessage::Begin(begin) => Ok(*begin),
        ClientMessage::Answer(_) | ClientMessage::Cancel {} => {
            Err(ProtocolError::Malformed("a conversation opens with begin".to_owned()))
        }
    }
}

/// Reads any message of a client, on the server.
///
/// # Errors
/// The [`ProtocolError`] to send back before closing. It never quotes the message, which may hold a secret.
pub fn decode_client(line: &[u8]) -> Result<ClientMessage, ProtocolError> {
    serde_json::from_slice(line).map_err(|error| ProtocolError::Malformed(describe(&error)))
}

/// Reads a message of the server, on the client.
///
/// # Errors
/// [`FrameError::Malformed`] for anything the protocol does not have.
pub fn decode_server(line: &[u8]) -> Result<ServerMessage, FrameError> {
    serde_json::from_slice(line).map_err(|_| FrameError::Malformed)
}

#[derive(Deserialize)]
struct Opening {
    begin: OpeningVersion,
}

#[derive(Deserialize)]
struct OpeningVersion {
    version: u32,
}

// serde's own message may quote the offending value, and with it a password that stands in the wrong place.
fn describe(error: &serde_json::Error) -> String {
    let what = match error.classify() {
        serde_json::error::Category::Io => "unreadable",
        serde_json::error::Category::Syntax => "not JSON",
        serde_json::error::Category::Data => "an unknown, missing or mistyped field",
        serde_json::error::Category::Eof => "cut short",
    };
    format!("{what} at column {}", error.column())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Reject, RejectReason};

    fn begin(extra: &str) -> String {
        format!(
            r#"{{"begin":{{"version":1,"flow":"login","service":"imap","user":"alice","secret":"s3cret"{extra}}}}}"#
        )
    }

    #[test]
    fn a_begin_with_only_the_needed_fields_is_read() {
        let read = decode_begin(begin("").as_bytes()).unwrap();
        assert_eq!((read.flow, read.user.as_str(), read.interactive), (Flow::Login, "alice", false));
        assert_eq!(read.secret.unwrap().expose(), "s3cret");
    }

    #[test]
    fn an_unknown_field_is_refused_and_not_quoted() {
        let error = decode_begin(begin(r#","colour":"blue""#).as_bytes()).unwrap_err();
        let ProtocolError::Malformed(text) = error else { panic!("{error:?}") };
        assert!(!text.contains("blue") && !text.contains("s3cret"), "{text}");
    }

    #[test]
    fn a_newer_client_hears_unsupported_even_with_fields_unknown_here() {
        let line = begin(r#","colour":"blue""#).replace("\"version\":1", "\"version\":3");
        assert_eq!(decode_begin(line.as_bytes()).unwrap_err(), ProtocolError::Unsupported { max: 2 });
        let line = begin("").replace("\"version\":1", "\"version\":0");
        assert_eq!(decode_begin(line.as_bytes()).unwrap_err(), ProtocolError::Unsupported { max: 2 });
    }

    #[test]
    fn an_unknown_flow_two_messages_in_one_and_an_early_answer_are_malformed() {
        for line in [
            begin("").replace("login", "become-root"),
            begin("").replacen("{\"begin\"", "{\"cancel\":{},\"begin\"", 1),
            r#"{"answer":"123456"}"#.to_owned(),
            "[]".to_owned(),
            String::new(),
        ] {
            assert!(matches!(decode_begin(line.as_bytes()), Err(ProtocolError::Malformed(_))), "{line}");
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!("{:?}", decode_begin(begin("").as_bytes()).unwrap());
        assert!(!shown.contains("s3cret"), "{shown}");
    }

    #[test]
    fn messages_of_the_server_read_back() {
        let verdict = ServerMessage::Verdict(Verdict::Reject(Reject {
            reason: RejectReason::UseAppPassword,
            text: "no".to_owned(),
        }));
        let line = crate::encode(&verdict).unwrap();
        assert_eq!(
            &line[..],
            b"{\"verdict\":{\"reject\":{\"reason\":\"use_app_password\",\"text\":\"no\"}}}\n"
        );
        assert!(matches!(decode_server(&line), Ok(ServerMessage::Verdict(Verdict::Reject(_)))));
    }
}
