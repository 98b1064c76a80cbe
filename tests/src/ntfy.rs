//! An ntfy server that takes messages as docs.ntfy.sh has them ("Publish as JSON").

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::http_double::HttpDouble;
use crate::{canary, host};

/// The server, at HTTP on 127.0.0.1.
#[derive(Debug)]
pub struct Ntfy {
    /// The server itself, for its moods.
    pub http: HttpDouble,
    token_file: PathBuf,
    token: String,
}

/// What a phone gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The topic.
    pub topic: String,
    /// Above it.
    pub title: String,
    /// What it says.
    pub message: String,
    /// What a tap opens.
    pub click: Option<String>,
    /// 1 to 5.
    pub priority: u64,
}

impl Ntfy {
    /// Starts it; its access token is kept in `dir`.
    #[must_use]
    pub fn start(dir: &Path) -> Self {
        let mut random = [0; 16];
        getrandom::fill(&mut random).expect("random bytes");
        // The documentation: tokens begin with tk_ and have 32 characters.
        let token = format!("tk_{:029x}", u128::from_be_bytes(random) >> 12);
        canary::register(&token);
        let token_file = dir.join("ntfy.secret");
        std::fs::write(&token_file, &token).expect("a secret");
        let (_, postern) = host::ids("postern");
        host::own(&token_file, (0.into(), postern), 0o640);
        Self { http: HttpDouble::plain(), token_file, token }
    }

    /// The section of a configuration that publishes to it.
    #[must_use]
    pub fn section(&self) -> String {
        format!(
            "[courier.ntfy]\nurl = \"{}\"\ntoken_file = \"{}\"\n",
            self.http.url(),
            self.token_file.display()
        )
    }

    /// Waits for the next message, and makes sure that it is as documented.
    #[must_use]
    pub fn next(&self) -> Published {
        self.next_to("")
    }

    /// The same for the next one to this topic.
    #[must_use]
    pub fn next_to(&self, topic: &str) -> Published {
        let seen = self.http.next_with(topic);
        assert_eq!((seen.method.as_str(), seen.target.as_str()), ("POST", "/"), "{seen:?}");
        assert_eq!(seen.header("authorization"), Some(format!("Bearer {}", self.token).as_str()));
        assert!(seen.body.len() <= 4096, "{} bytes", seen.body.len());
        let Value::Object(fields) = seen.json() else { panic!("no object: {}", seen.text()) };
        for (name, value) in &fields {
            let is_documented = match name.as_str() {
                "topic" => value.as_str().is_some_and(is_topic),
                "title" | "message" | "icon" => value.is_string(),
                "click" => value.as_str().is_some_and(|url| url.contains("://")),
                "priority" => value.as_u64().is_some_and(|level| (1..=5).contains(&level)),
                "tags" => value.as_array().is_some_and(|tags| tags.iter().all(Value::is_string)),
                _ => false,
            };
            assert!(is_documented, "{name}: {value}");
        }
        let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
        Published {
            topic: text("topic").expect("a topic"),
            title: text("title").expect("a title"),
            message: text("message").expect("a message"),
            click: text("click"),
            priority: fields.get("priority").and_then(Value::as_u64).unwrap_or(3),
        }
    }

    /// How many requests it has had.
    #[must_use]
    pub fn count(&self) -> usize {
        self.http.seen().len()
    }

    /// How many of them were to this topic.
    #[must_use]
    pub fn count_to(&self, topic: &str) -> usize {
        self.http.count_with(topic)
    }
}

// The documentation: letters, digits, underscores and dashes, up to 64.
fn is_topic(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b))
}
