//! What the page does on a phone: it keeps a key, and signs what it hands in.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use postern_core::clock::Clock;
use postern_core::engine::Engine;
use postern_core::factor::{Seed, TotpShape};
use postern_core::flows::{self, PhoneCall, PhoneFlow};
use sha2::Sha256;

use super::person::Heard;
use super::visit::Ended;
use super::{App, Script, Site};

/// A phone that scanned the QR code of a binding.
#[derive(Clone)]
pub(crate) struct Handset {
    engine: Arc<Engine>,
    key: SigningKey,
    secret: Vec<u8>,
    pub(crate) account: String,
    pub(crate) factor: String,
    pub(crate) time: u64,
}

impl Site {
    /// A phone that has read the QR code `uri`.
    pub(crate) fn handset(&self, uri: &str) -> Handset {
        let (_, fragment) = uri.split_once("#b.").unwrap();
        let parts: Vec<&str> = fragment.split('.').collect();
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).unwrap();
        Handset {
            engine: Arc::clone(&self.engine),
            key: SigningKey::from_slice(&bytes).unwrap(),
            secret: URL_SAFE_NO_PAD.decode(parts[2]).unwrap(),
            account: parts[0].replace("%2D", "-"),
            factor: parts[1].to_owned(),
            time: self.clock.now().as_unix(),
        }
    }
}

impl Handset {
    /// At another host.
    pub(crate) fn at(&self, engine: &Arc<Engine>) -> Self {
        Self { engine: Arc::clone(engine), ..self.clone() }
    }

    /// With a key that nobody knows, as somebody would have it who does not have this phone.
    pub(crate) fn with_another_key(&self) -> Self {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).unwrap();
        Self { key: SigningKey::from_slice(&bytes).unwrap(), ..self.clone() }
    }

    fn point(&self) -> Vec<u8> {
        self.key.verifying_key().to_sec1_point(false).as_bytes().to_vec()
    }

    fn mac(&self, parts: &[&[u8]]) -> Vec<u8> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.secret).unwrap();
        parts.iter().for_each(|part| mac.update(part));
        mac.finalize().into_bytes().to_vec()
    }

    /// Hands in its key.
    pub(crate) async fn bind(&self, name: &str) -> Ended {
        let point = self.point();
        let proof = self.mac(&[b"postern-bind-1", &point, name.as_bytes()]);
        let arguments = [
            ("account", self.account.clone()),
            ("challenge", self.factor.clone()),
            ("key", URL_SAFE_NO_PAD.encode(&point)),
            ("name", name.to_owned()),
            ("proof", URL_SAFE_NO_PAD.encode(proof)),
        ];
        self.call(PhoneFlow::Bind, &arguments).await
    }

    /// The six digits that it shows.
    pub(crate) fn compared(&self) -> String {
        let digest = self.mac(&[b"postern-compare-1", &self.point()]);
        let number = u32::from_be_bytes(digest[..4].try_into().unwrap()) % 1_000_000;
        format!("{:03} {:03}", number / 1000, number % 1000)
    }

    /// The codes that it shows without a network.
    pub(crate) fn app(&self, site: &Site) -> App {
        let seed = self.mac(&[b"postern-seed-1"]);
        assert!(Seed::new(&seed[..20]).is_ok());
        App::new(&seed[..20], TotpShape::default(), &site.clock)
    }

    pub(crate) async fn pending(&self) -> Ended {
        self.signed(PhoneFlow::Pending, "pending", &[]).await
    }

    pub(crate) async fn answer(&self, challenge: &str, choice: &str, number: &str) -> Ended {
        let fields = [("challenge", challenge), ("choice", choice), ("number", number)];
        self.signed(PhoneFlow::Answer, "answer", &fields).await
    }

    pub(crate) async fn ring(&self, ring: &str, endpoint: &str) -> Ended {
        let (p256dh, auth) = if ring == "web_push" { ("key", "auth") } else { ("", "") };
        let fields = [("ring", ring), ("endpoint", endpoint), ("p256dh", p256dh), ("auth", auth)];
        self.signed(PhoneFlow::Ring, "ring", &fields).await
    }

    pub(crate) async fn signed(&self, flow: PhoneFlow, verb: &str, fields: &[(&str, &str)]) -> Ended {
        let mut arguments = vec![
            ("account", self.account.clone()),
            ("factor", self.factor.clone()),
            ("time", self.time.to_string()),
        ];
        arguments.extend(fields.iter().map(|(name, value)| (*name, (*value).to_owned())));
        arguments.push(("signature", self.signature(verb, fields)));
        self.call(flow, &arguments).await
    }

    pub(crate) fn signature(&self, verb: &str, fields: &[(&str, &str)]) -> String {
        let time = self.time.to_string();
        let mut lines = vec!["postern-phone-1", verb, &self.account, &self.factor, &time];
        lines.extend(fields.iter().map(|(_, value)| *value));
        let signature: Signature = self.key.sign(lines.join("\n").as_bytes());
        URL_SAFE_NO_PAD.encode(signature.to_bytes())
    }

    pub(crate) async fn call(&self, flow: PhoneFlow, arguments: &[(&str, String)]) -> Ended {
        let arguments: BTreeMap<String, String> =
            arguments.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let mut page = Script::new(&[]);
        let memory = page.memory.clone();
        let call = PhoneCall { flow, arguments: &arguments, language: None };
        let outcome = flows::phone(&self.engine, &call, &mut page).await;
        Ended { outcome, heard: memory.all() }
    }
}

impl Ended {
    /// What a record says in a field.
    #[track_caller]
    pub(crate) fn field(&self, record: &str, field: &str) -> String {
        let found = self.records(record).last().map(|record| record[field].clone());
        match found {
            Some(serde_json::Value::String(text)) => text,
            Some(value) => value.to_string(),
            None => panic!("no {record}: {:?} {:?}", self.outcome, self.heard),
        }
    }

    /// What the address of a binding is.
    pub(crate) fn uri(&self) -> String {
        self.field("key", "uri")
    }

    /// Everything that was shown, as one text.
    pub(crate) fn text(&self) -> String {
        let lines = self.heard.iter().filter_map(|heard| match heard {
            Heard::Question(_, text) | Heard::Line(_, text) => Some(text.as_str()),
            Heard::Record(..) => None,
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

impl Site {
    /// The time in seconds.
    pub(crate) fn clock_now(&self) -> u64 {
        self.clock.now().as_unix()
    }
}
