//! A gateway for text messages: it takes what its documentation asks for, and refuses anything else.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::http_double::{HttpDouble, Mood};
use crate::{canary, host};

/// The gateway, at HTTP on 127.0.0.1.
#[derive(Debug)]
pub struct Gateway {
    /// The server itself, for its moods.
    pub http: HttpDouble,
    secret: PathBuf,
    token: String,
}

/// What it was asked to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sms {
    /// The number, with its plus.
    pub to: String,
    /// The text of the message.
    pub text: String,
}

impl Gateway {
    /// Starts it; what it lets in by is kept in `dir`, which posternd has to be able to enter.
    #[must_use]
    pub fn start(dir: &Path) -> Self {
        let mut random = [0; 16];
        getrandom::fill(&mut random).expect("random bytes");
        let token = format!("{:032x}", u128::from_be_bytes(random));
        canary::register(&token);
        let secret = dir.join("sms.secret");
        std::fs::write(&secret, format!("{token}\n")).expect("a secret");
        let (_, postern) = host::ids("postern");
        host::own(&secret, (0.into(), postern), 0o640);
        let http = HttpDouble::plain();
        http.set(Mood::Answers(202, "Content-Type: application/json\r\n".to_owned(), ACCEPTED.to_owned()));
        Self { http, secret, token }
    }

    /// The section of a configuration that sends by it.
    #[must_use]
    pub fn section(&self) -> String {
        format!(
            "[courier.sms]\nallowed_prefixes = [\"+44\"]\nhourly_budget = 10000\ndaily_budget = 10000\nurl = \"{}/v1/messages\"\nsecret_file = \"{}\"\n\
             headers = {{ Authorization = \"AccessKey {{secret}}\" }}\n\
             body = '{{\"to\":\"{{to}}\",\"text\":\"{{text}}\"}}'\nexpect = '\"status\":\"accepted\"'\n",
            self.http.url(),
            self.secret.display(),
        )
    }

    /// Waits for the next message, and makes sure that the request is as documented.
    #[must_use]
    pub fn next(&self) -> Sms {
        self.next_to("")
    }

    /// The same for the next one to this number.
    #[must_use]
    pub fn next_to(&self, number: &str) -> Sms {
        let seen = self.http.next_with(number);
        assert_eq!((seen.method.as_str(), seen.target.as_str()), ("POST", "/v1/messages"), "{seen:?}");
        assert_eq!(seen.header("authorization"), Some(format!("AccessKey {}", self.token).as_str()));
        assert_eq!(seen.header("content-type"), Some("application/json"));
        assert_eq!(seen.header("host"), Some(format!("127.0.0.1:{}", self.http.port()).as_str()));
        let Value::Object(fields) = seen.json() else { panic!("no object: {}", seen.text()) };
        let field = |name: &str| fields[name].as_str().expect("text").to_owned();
        assert_eq!(fields.len(), 2, "{}", seen.text());
        Sms { to: field("to"), text: field("text") }
    }

    /// How many requests it has had.
    #[must_use]
    pub fn count(&self) -> usize {
        self.http.seen().len()
    }

    /// How many of them were about this number.
    #[must_use]
    pub fn count_to(&self, number: &str) -> usize {
        self.http.count_with(number)
    }
}

impl Sms {
    /// The code in it: its first word of six digits.
    #[must_use]
    pub fn code(&self) -> String {
        code(&self.text)
    }
}

/// The first six digits in a row of a text.
#[must_use]
pub fn code(text: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_digit());
    words
        .filter(|word| word.len() == 6)
        .map(str::to_owned)
        .next()
        .unwrap_or_else(|| panic!("no code in {text:?}"))
}

const ACCEPTED: &str = "{\"id\":\"m-1\",\"status\":\"accepted\"}";
