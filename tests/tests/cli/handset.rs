use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use postern_tests::guard::wait_for;
use postern_tests::otp::now;
use postern_tests::{Web, canary};
use serde_json::{Map, Value, json};
use sha2::Sha256;

/// What the page does on a phone that scanned the QR code of a binding.
pub(crate) struct Handset {
    key: SigningKey,
    secret: Vec<u8>,
    account: String,
    factor: String,
}

impl Handset {
    /// A phone that reads the address in the QR code.
    pub(crate) fn scans(uri: &str) -> Self {
        let (_, fragment) = uri.trim().split_once("#b.").expect("a binding");
        let parts: Vec<&str> = fragment.split('.').collect();
        canary::register(parts[2]);
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).unwrap();
        Self {
            key: SigningKey::from_slice(&bytes).unwrap(),
            secret: URL_SAFE_NO_PAD.decode(parts[2]).unwrap(),
            account: parts[0].replace("%2D", "-"),
            factor: parts[1].to_owned(),
        }
    }

    fn point(&self) -> Vec<u8> {
        self.key.verifying_key().to_sec1_point(false).as_bytes().to_vec()
    }

    fn mac(&self, parts: &[&[u8]]) -> Vec<u8> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.secret).unwrap();
        parts.iter().for_each(|part| mac.update(part));
        mac.finalize().into_bytes().to_vec()
    }

    /// Hands in its key, and gives the six digits that it shows.
    pub(crate) fn binds(&self, web: &Web, name: &str) -> String {
        let point = self.point();
        let proof = self.mac(&[b"postern-bind-1", &point, name.as_bytes()]);
        let body = json!({
            "account": self.account, "challenge": self.factor, "name": name,
            "key": URL_SAFE_NO_PAD.encode(&point), "proof": URL_SAFE_NO_PAD.encode(proof),
        });
        let (status, answer) = web.ask("bind", &body);
        assert_eq!(status, 200, "{answer}");
        let digest = self.mac(&[b"postern-compare-1", &point]);
        let number = u32::from_be_bytes(digest[..4].try_into().unwrap()) % 1_000_000;
        format!("{:03} {:03}", number / 1000, number % 1000)
    }

    /// Is rung by ntfy from now on.
    pub(crate) fn listens(&self, web: &Web) {
        let fields = [("ring", "ntfy"), ("endpoint", ""), ("p256dh", ""), ("auth", "")];
        // It is known once the terminal has heard that the digits are the same.
        wait_for("the phone to be known", Duration::from_secs(10), || {
            (web.ask("ring", &self.signed("ring", &fields)).0 == 200).then_some(())
        });
    }

    fn signed(&self, verb: &str, fields: &[(&str, &str)]) -> Value {
        let time = now().to_string();
        let mut lines = vec!["postern-phone-1", verb, &self.account, &self.factor, &time];
        lines.extend(fields.iter().map(|(_, value)| *value));
        let signature: Signature = self.key.sign(lines.join("\n").as_bytes());
        let mut body: Map<String, Value> =
            fields.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        body.insert("account".to_owned(), json!(self.account));
        body.insert("factor".to_owned(), json!(self.factor));
        body.insert("time".to_owned(), json!(time));
        body.insert("signature".to_owned(), json!(URL_SAFE_NO_PAD.encode(signature.to_bytes())));
        Value::Object(body)
    }
}
