//! A push service and a browser that subscribed to it. http_ece decrypts what it got, py_vapid checks who sent it.

use std::fs;
use std::path::{Path, PathBuf};

use postern_core::factor::Subscription;
use serde_json::{Value, json};

use crate::certs::Certs;
use crate::http_double::{HttpDouble, Mood};
use crate::python::PythonService;
use crate::{canary, host};

/// The service, at HTTPS on 127.0.0.1.
#[derive(Debug)]
pub struct PushService {
    /// The server itself, for its moods.
    pub http: HttpDouble,
    certs: Certs,
    key_file: PathBuf,
}

/// A browser that subscribed.
#[derive(Debug, Clone)]
pub struct Browser {
    /// What it hands out.
    pub subscription: Subscription,
    private: String,
}

/// What a browser gets.
#[derive(Debug, Clone, PartialEq)]
pub struct Pushed {
    /// What its service worker reads.
    pub payload: Value,
    /// What the service was told about who sends: `aud`, `exp`, `sub`.
    pub claims: Value,
    /// The public key that showed it.
    pub key: String,
    /// How long it is kept for, in seconds.
    pub ttl: u64,
    /// How urgent it is.
    pub urgency: String,
}

impl PushService {
    /// Starts it; `dir` has or gets a certificate authority and the path of a key of VAPID, which `postern init` has to make.
    #[must_use]
    pub fn start(dir: &Path) -> Self {
        let certs = Certs::make(dir);
        let http = HttpDouble::tls(&certs);
        http.set(Mood::Answers(201, String::new(), String::new()));
        Self { http, certs, key_file: dir.join("vapid.pem") }
    }

    /// The section of a configuration that sends to it.
    #[must_use]
    pub fn section(&self) -> String {
        format!(
            "[courier.web_push]\nkey_file = \"{}\"\ncontact = \"mailto:postmaster@example.org\"\n\
             hosts = [\"127.0.0.1:{}\"]\nca_file = \"{}\"\n",
            self.key_file.display(),
            self.http.port(),
            self.certs.ca.display()
        )
    }

    /// Where its key has to be.
    #[must_use]
    pub fn key_file(&self) -> &Path {
        &self.key_file
    }

    /// A browser subscribes.
    #[must_use]
    pub fn browser(&self) -> Browser {
        let made = WEB_PUSH.ask("subscribe", json!({}));
        let text = |key: &str| made[key].as_str().expect("text").to_owned();
        let endpoint = format!("{}/push/{}", self.http.url(), text("id"));
        let browser = Browser {
            subscription: Subscription { endpoint, p256dh: text("p256dh"), auth: text("auth") },
            private: text("private"),
        };
        canary::register(&browser.subscription.auth);
        browser
    }

    /// Waits for the next message, and reads it as `browser` does.
    #[must_use]
    pub fn next(&self, browser: &Browser) -> Pushed {
        let seen = self.http.next();
        assert_eq!(seen.method, "POST");
        assert_eq!(format!("{}{}", self.http.url(), seen.target), browser.subscription.endpoint);
        assert_eq!(seen.header("content-encoding"), Some("aes128gcm"));
        assert!(seen.body.len() <= 4096, "{} bytes (RFC 8030, section 7.2)", seen.body.len());
        let hex: String = seen.body.iter().map(|byte| format!("{byte:02x}")).collect();
        let message = json!({
            "body": hex,
            "private": browser.private,
            "auth": browser.subscription.auth,
            "authorization": seen.header("authorization").expect("a field Authorization"),
        });
        let read = WEB_PUSH.ask("read", message);
        assert_eq!(read["verified"], json!(true), "{read}");
        let payload = read["payload"].as_str().expect("text");
        Pushed {
            payload: serde_json::from_str(payload).unwrap_or_else(|error| panic!("{error}: {payload}")),
            claims: read["claims"].clone(),
            key: read["key"].as_str().expect("text").to_owned(),
            ttl: seen.header("ttl").expect("a field TTL").parse().expect("seconds"),
            urgency: seen.header("urgency").unwrap_or("normal").to_owned(),
        }
    }

    /// How many requests it has had.
    #[must_use]
    pub fn count(&self) -> usize {
        self.http.seen().len()
    }

    /// Makes the key as `postern init` would, where there is no site to run it for.
    pub fn make_key(&self) {
        fs::write(&self.key_file, &*postern_courier::new_vapid_key().expect("random bytes")).expect("a key");
        host::own(&self.key_file, (0.into(), host::ids("postern").1), 0o640);
    }
}

static WEB_PUSH: PythonService = PythonService::new(host::python_with_web_push, SCRIPT);

const SCRIPT: &str = r#"
import base64, json, os, sys, traceback
import http_ece
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02

def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

def subscribe(asked):
    key = ec.generate_private_key(ec.SECP256R1())
    point = key.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return {"p256dh": encode(point), "auth": encode(os.urandom(16)),
            "private": private.decode(), "id": os.urandom(16).hex()}

def read(asked):
    key = serialization.load_pem_private_key(asked["private"].encode(), None)
    payload = http_ece.decrypt(bytes.fromhex(asked["body"]), private_key=key,
                               auth_secret=decode(asked["auth"]), version="aes128gcm")
    verified = Vapid02.verify(asked["authorization"])
    parts = dict(part.split("=", 1) for part in asked["authorization"].split(" ", 1)[1].split(","))
    claims = json.loads(decode(parts["t"].split(".")[1]))
    return {"payload": payload.decode(), "verified": verified, "claims": claims, "key": parts["k"]}

for line in sys.stdin:
    asked = json.loads(line)
    try:
        answer = {"subscribe": subscribe, "read": read}[asked["ask"]](asked)
    except Exception:
        answer = {"raised": traceback.format_exc()}
    print(json.dumps(answer), flush=True)
"#;
