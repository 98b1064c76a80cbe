//! What the people of the stored data know and have. All of it is secret in tests only.

use serde_json::Value;

use crate::login_host::CodeApp;
use crate::{Authenticator, Handset, canary};

/// What stands in `people.json`.
#[derive(Debug)]
pub struct Left(Value);

impl Left {
    /// Reads it, and registers its secrets.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let left = Self(serde_json::from_str(text).expect("people.json"));
        for name in SECRETS {
            canary::register(left.text(name));
        }
        left.recovery_codes().iter().for_each(|code| canary::register(code));
        left.phone().register();
        left
    }

    /// The moment after which nothing was written any more, in seconds since the epoch.
    #[must_use]
    pub fn made_at(&self) -> u64 {
        self.0["made_at"].as_u64().expect("a moment")
    }

    /// A text by its name.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.0[name].as_str().unwrap_or_else(|| panic!("no {name} in people.json"))
    }

    /// The number of a Unix user.
    #[must_use]
    pub fn uid(&self, name: &str) -> u32 {
        let uid = self.0["uids"][name].as_u64();
        u32::try_from(uid.unwrap_or_else(|| panic!("no {name} in people.json"))).expect("a uid")
    }

    /// Anna's app, of which the code of one step is spent.
    #[must_use]
    pub fn app(&self) -> CodeApp {
        CodeApp::after(Authenticator::new(&bytes(self.text("anna_seed"))), self.spent_step())
    }

    /// The step of Anna's app that is spent.
    #[must_use]
    pub fn spent_step(&self) -> u64 {
        self.0["spent_step"].as_u64().expect("a step")
    }

    /// Anna's recovery codes, of which the first is used.
    #[must_use]
    pub fn recovery_codes(&self) -> Vec<&str> {
        let codes = self.0["recovery_codes"].as_array().expect("recovery codes");
        codes.iter().map(|code| code.as_str().expect("a recovery code")).collect()
    }

    /// Carl's phone.
    #[must_use]
    pub fn phone(&self) -> Handset {
        Handset::from_json(&self.0["phone"])
    }
}

/// Bytes from hexadecimal.
fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).expect("hex")).collect()
}

/// The texts that are secrets.
const SECRETS: &[&str] = &[
    "anna_password",
    "anna_app_password",
    "anna_revoked_app_password",
    "anna_seed",
    "berta_password",
    "berta_app_password",
    "carl_password",
];

/// What stands in `people.json`, with a phone.
pub(super) fn with_phone(mut fields: Value, phone: &Handset) -> Value {
    fields["phone"] = phone.to_json();
    fields
}
