//! An authenticator for passkeys with its own implementation, and the browser that carries its answers.

use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// A security key with one credential. What it does wrong can be set.
#[derive(Debug)]
pub(crate) struct SecurityKey {
    pub(crate) key: SigningKey,
    pub(crate) id: Vec<u8>,
    /// Counts signatures; without it the counter is always 0.
    pub(crate) counter: Option<Mutex<u32>>,
    /// Whether it asks for a PIN.
    pub(crate) verifies: bool,
    /// What the browser says it is at.
    pub(crate) origin: &'static str,
    /// For whom it hashes.
    pub(crate) rp_id: &'static str,
    /// What the browser says it was asked to do.
    pub(crate) asked_to: Option<&'static str>,
    /// Whether a provider copies it.
    pub(crate) is_synced: bool,
    /// The form of an attestation that nobody asked for.
    pub(crate) statement: Option<&'static str>,
    /// A byte of the form of its public key, and what is in its place.
    pub(crate) spoils: Option<(u8, u8)>,
}

impl SecurityKey {
    pub(crate) fn new(seed: u8) -> Self {
        Self {
            key: SigningKey::from_slice(&[seed; 32]).unwrap(),
            id: vec![seed; 16],
            counter: None,
            verifies: true,
            origin: "https://account.example.org",
            rp_id: "account.example.org",
            asked_to: None,
            is_synced: false,
            statement: None,
            spoils: None,
        }
    }

    /// One that counts, from `counter` on.
    pub(crate) fn counting(seed: u8, counter: u32) -> Self {
        Self { counter: Some(Mutex::new(counter)), ..Self::new(seed) }
    }

    /// Answers the question of either ceremony.
    pub(crate) fn answer(&self, options: &str) -> String {
        let options: Value = serde_json::from_str(options).unwrap();
        let challenge = options["challenge"].as_str().unwrap();
        if options["pubKeyCredParams"].is_array() { self.create(challenge) } else { self.sign(challenge) }
    }

    fn create(&self, challenge: &str) -> String {
        let client = self.client_data("webauthn.create", challenge);
        let mut data = self.authenticator_data(ATTESTED);
        data.extend_from_slice(&[0; 16]);
        data.extend_from_slice(&u16::try_from(self.id.len()).unwrap().to_be_bytes());
        data.extend_from_slice(&self.id);
        data.extend_from_slice(&self.cose_key());
        let mut attestation = match self.statement {
            None => b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".to_vec(),
            Some(form) => {
                let length = 0x60 | u8::try_from(form.len()).unwrap();
                [b"\xa3\x63fmt", &[length][..], form.as_bytes(), b"\x67attStmt\xa1\x61x\x01\x68authData\x58"]
                    .concat()
            }
        };
        attestation.push(u8::try_from(data.len()).unwrap());
        attestation.extend_from_slice(&data);
        let response = json!({
            "clientDataJSON": base64(client.as_bytes()), "attestationObject": base64(&attestation),
            "transports": ["usb", "carrier-pigeon"],
        });
        json!({ "rawId": base64(&self.id), "response": response }).to_string()
    }

    fn sign(&self, challenge: &str) -> String {
        let client = self.client_data("webauthn.get", challenge);
        let data = self.authenticator_data(0);
        let signed = [&data[..], &Sha256::digest(client.as_bytes())].concat();
        let signature: Signature = self.key.sign(&signed);
        let response = json!({
            "clientDataJSON": base64(client.as_bytes()), "authenticatorData": base64(&data),
            "signature": base64(signature.to_der().as_bytes()),
        });
        json!({ "rawId": base64(&self.id), "response": response }).to_string()
    }

    fn client_data(&self, kind: &str, challenge: &str) -> String {
        let kind = self.asked_to.unwrap_or(kind);
        json!({ "type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": false })
            .to_string()
    }

    fn authenticator_data(&self, more: u8) -> Vec<u8> {
        let count = self.counter.as_ref().map_or(0, |counter| {
            let mut counter = counter.lock().unwrap();
            *counter += 1;
            *counter
        });
        let verified = if self.verifies { VERIFIED } else { 0 };
        let synced = if self.is_synced { ELIGIBLE | BACKED_UP } else { 0 };
        let mut data = Sha256::digest(self.rp_id.as_bytes()).to_vec();
        data.push(PRESENT | verified | synced | more);
        data.extend_from_slice(&count.to_be_bytes());
        data
    }

    /// A map of five entries: EC2, ES256, P-256, x and y.
    fn cose_key(&self) -> Vec<u8> {
        let point = self.key.verifying_key().to_sec1_point(false);
        let (x, y) = point.as_bytes()[1..].split_at(32);
        let form = |bytes: &[u8]| -> Vec<u8> {
            let spoilt = |byte: &u8| self.spoils.filter(|(from, _)| from == byte).map_or(*byte, |(_, to)| to);
            bytes.iter().map(spoilt).collect()
        };
        let (before, between) = (form(b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20"), form(b"\x22\x58\x20"));
        [&before[..], x, &between, y].concat()
    }
}

fn base64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Flags of authenticator data.
const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const ELIGIBLE: u8 = 0x08;
const BACKED_UP: u8 = 0x10;
const ATTESTED: u8 = 0x40;
