//! A phone whose page talks to the flows in this process.

use std::collections::BTreeMap;
use std::sync::Arc;

use postern_core::clock::Clock;
use postern_core::engine::Engine;
use postern_core::factor::TotpShape;
use postern_core::flows::{self, PhoneRequest};
use postern_core::limits::Source;
use postern_ipc::PhoneFlow;

use super::scripted_user::Heard;
use super::visit::Ended;
use super::{App, Script, Site};

/// A phone that scanned the QR code of a binding.
#[derive(Clone)]
pub(crate) struct Handset {
    engine: Arc<Engine>,
    phone: postern_tests::Handset,
    pub(crate) account: String,
    pub(crate) factor: String,
    pub(crate) time: u64,
    /// Where it is.
    pub(crate) address: &'static str,
}

impl Site {
    /// A phone that has read the QR code `uri`.
    pub(crate) fn handset(&self, uri: &str) -> Handset {
        let phone = postern_tests::Handset::scans(uri);
        Handset {
            engine: Arc::clone(&self.engine),
            account: phone.account.clone(),
            factor: phone.factor.clone(),
            time: self.clock.now().as_unix(),
            address: "198.51.100.7",
            phone,
        }
    }
}

impl Handset {
    /// At another host.
    pub(crate) fn at(&self, engine: &Arc<Engine>) -> Self {
        Self { engine: Arc::clone(engine), ..self.clone() }
    }

    /// With an unknown key, as an attacker without this phone has.
    pub(crate) fn with_another_key(&self) -> Self {
        Self { phone: self.phone.with_another_key(), ..self.clone() }
    }

    /// With another secret, as an attacker has who did not see the QR code.
    pub(crate) fn with_another_secret(&self) -> Self {
        Self { phone: self.phone.with_another_secret(), ..self.clone() }
    }

    /// The address of a challenge in a QR code.
    pub(crate) fn challenge_address(&self, page: &str, challenge: &str) -> String {
        self.phone().challenge_address(page, challenge)
    }

    /// With another account id.
    fn phone(&self) -> postern_tests::Handset {
        let mut phone = self.phone.clone();
        self.account.clone_into(&mut phone.account);
        self.factor.clone_into(&mut phone.factor);
        phone
    }

    /// Submits its key.
    pub(crate) async fn bind(&self, name: &str) -> Ended {
        self.call(PhoneFlow::Bind, &self.phone().binding(name)).await
    }

    /// The six digits that it shows.
    pub(crate) fn compared(&self) -> String {
        self.phone.compared()
    }

    /// The codes that it shows without a network.
    pub(crate) fn app(&self, site: &Site) -> App {
        App::new(self.phone.app().seed(), TotpShape::default(), &site.clock)
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
        self.signed(PhoneFlow::Push, "ring", &fields).await
    }

    pub(crate) async fn signed(&self, flow: PhoneFlow, verb: &str, fields: &[(&str, &str)]) -> Ended {
        let arguments = self.phone().signed(verb, self.time, fields);
        self.call(flow, &arguments).await
    }

    pub(crate) fn signature(&self, verb: &str, fields: &[(&str, &str)]) -> String {
        self.phone().signature(verb, self.time, fields)
    }

    pub(crate) async fn call(&self, flow: PhoneFlow, arguments: &[(&str, String)]) -> Ended {
        let arguments: BTreeMap<String, String> =
            arguments.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let mut page = Script::new(&[]);
        let transcript = page.transcript.clone();
        let source = Source::of(self.address.parse().ok());
        let request = PhoneRequest { flow, arguments: &arguments, language: None, source: &source };
        let outcome = flows::phone(&self.engine, &request, &mut page).await;
        Ended { outcome, heard: transcript.all() }
    }
}

impl Ended {
    /// The value of a field in a record.
    #[track_caller]
    pub(crate) fn field(&self, record: &str, field: &str) -> String {
        let found = self.records(record).last().map(|record| record[field].clone());
        match found {
            Some(serde_json::Value::String(text)) => text,
            Some(value) => value.to_string(),
            None => panic!("no {record}: {:?} {:?}", self.outcome, self.heard),
        }
    }

    /// The URL of the binding.
    pub(crate) fn uri(&self) -> String {
        self.field("key", "uri")
    }

    /// All messages, as one text.
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
