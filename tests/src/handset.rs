//! What the page does on a phone: it keeps a key, and signs what it hands in. Written from the protocol alone.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Map, Value, json};
use sha2::Sha256;

use crate::{Authenticator, Web, canary, otp};

/// A phone that scanned the QR code of a binding.
#[derive(Clone)]
pub struct Handset {
    key: SigningKey,
    secret: Vec<u8>,
    /// Whose it is.
    pub account: String,
    /// Which factor of it.
    pub factor: String,
}

/// What the page heard from its server.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    /// The status of HTTP.
    pub status: u16,
    /// `accept`, `reject` or `defer`.
    pub verdict: String,
    /// The reason of a refusal, or nothing.
    pub reason: String,
    /// The records, in their order.
    pub records: Vec<(String, Value)>,
}

/// An account in base32, as the address has it where its id is a UUID.
fn uuid(short: &str) -> String {
    let bits: [u8; 16] = from_base32(short).try_into().expect("128 bits");
    let hex = format!("{:032x}", u128::from_be_bytes(bits));
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

fn from_base32(text: &str) -> Vec<u8> {
    BASE32_NOPAD.decode(text.as_bytes()).expect("base32")
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any length will do");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().to_vec()
}

impl Handset {
    /// One that has read the QR code `uri`.
    #[must_use]
    pub fn scans(uri: &str) -> Self {
        let (_, fragment) = uri.split_once('#').unwrap_or_else(|| panic!("binds nothing: {uri}"));
        let parts: Vec<&str> = fragment.split('.').collect();
        let (account, secret) = match parts[..] {
            ["B", account, secret] => (uuid(account), from_base32(secret)),
            ["b", account, secret] => (percent_decoded(account), from_base32(secret)),
            _ => panic!("binds nothing: {uri}"),
        };
        let id: [u8; 16] = hmac(&secret, &[b"postern-id-1"])[..16].try_into().expect("128 bits");
        Self { key: new_key(), account, factor: format!("{:032x}", u128::from_be_bytes(id)), secret }
    }

    /// All of it, for a file.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "key": URL_SAFE_NO_PAD.encode(self.key.to_bytes()), "secret": URL_SAFE_NO_PAD.encode(&self.secret), "account": self.account,
            "factor": self.factor,
        })
    }

    /// The one that [`to_json`](Self::to_json) wrote.
    #[must_use]
    pub fn from_json(json: &Value) -> Self {
        let text =
            |name: &str| json[name].as_str().unwrap_or_else(|| panic!("no {name} of a phone")).to_owned();
        let bytes = |name: &str| URL_SAFE_NO_PAD.decode(text(name)).expect("base64url");
        Self {
            key: SigningKey::from_slice(&bytes("key")).expect("a key"),
            secret: bytes("secret"),
            account: text("account"),
            factor: text("factor"),
        }
    }

    /// What is secret about it may stand in no log.
    pub fn register(&self) {
        canary::register(&self.pairing_secret());
        canary::register(&self.app().base32());
    }

    /// The secret of the QR code, as it stands in there.
    #[must_use]
    pub fn pairing_secret(&self) -> String {
        BASE32_NOPAD.encode(&self.secret)
    }

    /// The address at which it answers a challenge, as a QR code has it.
    #[must_use]
    pub fn challenge_address(&self, page: &str, challenge: &str) -> String {
        let short = |hex: &str| {
            let bits = u128::from_str_radix(&hex.replace('-', ""), 16).ok()?;
            Some(BASE32_NOPAD.encode(&bits.to_be_bytes()))
        };
        match (short(&self.account), short(challenge)) {
            (Some(account), Some(challenge)) => format!("{page}#C.{account}.{challenge}"),
            _ => format!("{page}#c.{}.{challenge}", self.account),
        }
    }

    /// The same with an unknown key, as an attacker without this phone has.
    #[must_use]
    pub fn with_another_key(&self) -> Self {
        Self { key: new_key(), ..self.clone() }
    }

    /// The same with another secret, as an attacker has who saw what was handed in, but not the QR code.
    #[must_use]
    pub fn with_another_secret(&self) -> Self {
        Self { secret: vec![0; self.secret.len()], ..self.with_another_key() }
    }

    /// What it hands in to be bound under `name`.
    #[must_use]
    pub fn binding(&self, name: &str) -> Vec<(&'static str, String)> {
        let point = self.point();
        let proof = self.mac(&[b"postern-bind-1", &point, name.as_bytes()]);
        vec![
            ("account", self.account.clone()),
            ("challenge", self.factor.clone()),
            ("key", URL_SAFE_NO_PAD.encode(&point)),
            ("name", name.to_owned()),
            ("proof", URL_SAFE_NO_PAD.encode(proof)),
        ]
    }

    /// The six digits that it shows for comparison.
    #[must_use]
    pub fn compared(&self) -> String {
        let digest = self.mac(&[b"postern-compare-1", &self.point()]);
        let number = u32::from_be_bytes(digest[..4].try_into().expect("four bytes")) % 1_000_000;
        format!("{:03} {:03}", number / 1000, number % 1000)
    }

    /// What shows codes on it without a network.
    #[must_use]
    pub fn app(&self) -> Authenticator {
        Authenticator::new(&self.mac(&[b"postern-seed-1"])[..20])
    }

    /// The arguments of a signed request; `fields` are the verb's own, in the protocol's order.
    #[must_use]
    pub fn signed<'a>(&self, verb: &str, time: u64, fields: &[(&'a str, &str)]) -> Vec<(&'a str, String)> {
        let mut arguments = vec![
            ("account", self.account.clone()),
            ("factor", self.factor.clone()),
            ("time", time.to_string()),
        ];
        arguments.extend(fields.iter().map(|&(name, value)| (name, value.to_owned())));
        arguments.push(("signature", self.signature(verb, time, fields)));
        arguments
    }

    /// The signature of a request.
    #[must_use]
    pub fn signature(&self, verb: &str, time: u64, fields: &[(&str, &str)]) -> String {
        let time = time.to_string();
        let mut lines = vec!["postern-phone-1", verb, &self.account, &self.factor, &time];
        lines.extend(fields.iter().map(|(_, value)| *value));
        let signature: Signature = self.key.sign(lines.join("\n").as_bytes());
        URL_SAFE_NO_PAD.encode(signature.to_bytes())
    }

    /// Hands in its key by this page.
    #[track_caller]
    pub fn bind(&self, web: &Web, name: &str) -> Heard {
        Heard::at(web, "bind", &self.binding(name))
    }

    /// Asks what waits for it.
    #[track_caller]
    pub fn pending(&self, web: &Web) -> Heard {
        self.asks(web, "pending", &[])
    }

    /// The one login that waits for it.
    #[track_caller]
    pub fn challenge(&self, web: &Web) -> Value {
        let heard = self.pending(web);
        let all = heard.all("challenge");
        assert_eq!(all.len(), 1, "{heard:?}");
        all[0].clone()
    }

    /// Answers; what became of it.
    #[track_caller]
    pub fn answer(&self, web: &Web, challenge: &str, choice: &str, number: &str) -> String {
        let fields = [("challenge", challenge), ("choice", choice), ("number", number)];
        let heard = self.asks(web, "answer", &fields);
        let answered = heard.one("answered");
        answered["state"].as_str().expect("a state").to_owned()
    }

    /// Answers the one login that waits for it; what became of it.
    #[track_caller]
    pub fn decide(&self, web: &Web, choice: &str, number: &str) -> String {
        let challenge = self.challenge(web)["id"].as_str().expect("an id").to_owned();
        self.answer(web, &challenge, choice, number)
    }

    /// Wants to be rung by ntfy; the topic that it has to listen to.
    #[track_caller]
    pub fn ring_by_ntfy(&self, web: &Web) -> String {
        let fields = [("ring", "ntfy"), ("endpoint", ""), ("p256dh", ""), ("auth", "")];
        let heard = self.asks(web, "ring", &fields);
        let ring = heard.one("ring");
        let address = ring["address"].as_str().unwrap_or_else(|| panic!("no address: {heard:?}"));
        address.rsplit('/').next().expect("a topic").to_owned()
    }

    /// Makes a signed request by this page.
    #[track_caller]
    pub fn asks(&self, web: &Web, verb: &str, fields: &[(&str, &str)]) -> Heard {
        Heard::at(web, verb, &self.signed(verb, otp::now(), fields))
    }

    fn point(&self) -> Vec<u8> {
        self.key.verifying_key().to_sec1_point(false).as_bytes().to_vec()
    }

    fn mac(&self, parts: &[&[u8]]) -> Vec<u8> {
        hmac(&self.secret, parts)
    }
}

impl std::fmt::Debug for Handset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Handset({}, {})", self.account, self.factor)
    }
}

impl Heard {
    #[track_caller]
    fn at(web: &Web, verb: &str, arguments: &[(&str, String)]) -> Self {
        let fields = arguments.iter().map(|(name, value)| ((*name).to_owned(), value.as_str().into()));
        let (status, json) = web.ask(verb, &Value::Object(fields.collect::<Map<_, _>>()));
        let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
        let records = json["records"].as_array().cloned().unwrap_or_default();
        let record = |one: Value| (one["name"].as_str().expect("a name").to_owned(), one["value"].clone());
        Self {
            status,
            verdict: text("verdict"),
            reason: text("reason"),
            records: records.into_iter().map(record).collect(),
        }
    }

    /// The records of this name.
    #[must_use]
    pub fn all(&self, name: &str) -> Vec<&Value> {
        self.records.iter().filter(|(known, _)| known == name).map(|(_, value)| value).collect()
    }

    /// The record of this name, which came with a yes.
    #[must_use]
    #[track_caller]
    pub fn one(&self, name: &str) -> &Value {
        let all = self.all(name);
        assert!(self.is_accept() && all.len() == 1, "{name}: {self:?}");
        all[0]
    }

    /// Whether it was a yes.
    #[must_use]
    pub fn is_accept(&self) -> bool {
        (self.status, self.verdict.as_str()) == (200, "accept")
    }
}

fn new_key() -> SigningKey {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).expect("random bytes");
    SigningKey::from_slice(&bytes).expect("nearly every number is a key")
}

fn percent_decoded(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).expect("two digits"));
        bytes.extend(&part.as_bytes()[2..]);
    }
    String::from_utf8(bytes).expect("text")
}
