//! What posternd says to phones, written from the protocol alone: its own proofs, its own signatures, its own clock.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use postern_tests::fake::Line;
use postern_tests::{Authenticator, FakePosternd, canary, otp};
use serde_json::{Value, json};
use sha2::Sha256;

/// The account's id, with a character that an address has to escape.
pub(crate) const ACCOUNT: &str = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
/// The number that the terminal shows at every login.
pub(crate) const NUMBER: &str = "07";

/// It listens until it is dropped.
pub(crate) struct PhonePosternd {
    fake: FakePosternd,
    socket: PathBuf,
    state: Arc<Mutex<State>>,
}

pub(crate) struct State {
    secret: [u8; 20],
    pub(crate) offered: Option<Phone>,
    /// Whether it is one from before phones were told whom they are being bound to.
    pub(crate) is_earlier: bool,
    pub(crate) bound: Option<Phone>,
    /// Seconds by which its clock is ahead of the phone's.
    pub(crate) ahead: i64,
    pub(crate) challenges: Vec<Challenge>,
    /// What was answered: challenge, choice, number.
    pub(crate) answers: Vec<(String, String, String)>,
    pub(crate) ring: Value,
    pub(crate) push_key: Option<String>,
    pub(crate) ntfy: bool,
    /// How often the clock was too far off.
    pub(crate) late: u32,
    /// What to say the next time that a challenge is answered.
    pub(crate) instead: Option<Vec<Value>>,
    /// The languages and addresses that were passed on.
    pub(crate) visitors: Vec<(Value, Value)>,
}

#[derive(Clone)]
pub(crate) struct Phone {
    key: VerifyingKey,
    point: Vec<u8>,
    pub(crate) name: String,
}

#[derive(Clone)]
pub(crate) struct Challenge {
    pub(crate) id: String,
    pub(crate) rhost: Option<String>,
    pub(crate) until: u64,
    pub(crate) trust_days: u32,
}

impl PhonePosternd {
    pub(crate) fn start(socket: &Path) -> Self {
        let mut secret = [0; 20];
        getrandom::fill(&mut secret).unwrap();
        canary::register(&BASE32_NOPAD.encode(&secret));
        let state = Arc::new(Mutex::new(State {
            secret,
            offered: None,
            is_earlier: false,
            bound: None,
            ahead: 0,
            challenges: Vec::new(),
            answers: Vec::new(),
            ring: json!({"ring": "none", "address": null}),
            push_key: None,
            ntfy: false,
            late: 0,
            instead: None,
            visitors: Vec::new(),
        }));
        let fake = FakePosternd::start(socket, {
            let state = Arc::clone(&state);
            move |line| {
                let begin = line.begin();
                if !begin.is_null() {
                    lock(&state).answer(&begin, line);
                }
            }
        });
        std::fs::set_permissions(socket, std::fs::Permissions::from_mode(0o666)).unwrap();
        Self { fake, socket: socket.to_owned(), state }
    }

    pub(crate) fn socket(&self) -> &Path {
        &self.socket
    }

    /// What it knows and what it is told to do.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// All that was said to it.
    pub(crate) fn conversations(&self) -> Vec<Vec<Value>> {
        self.fake.conversations()
    }

    /// What the terminal's QR code says.
    pub(crate) fn qr_code(&self, page: &str) -> String {
        let account = u128::from_str_radix(&ACCOUNT.replace('-', ""), 16).unwrap().to_be_bytes();
        format!("{page}#B.{}.{}", BASE32_NOPAD.encode(&account), BASE32_NOPAD.encode(&self.state().secret))
    }

    /// The same where the id of the account is no UUID.
    pub(crate) fn long_qr_code(&self, page: &str) -> String {
        format!("{page}#b.{ACCOUNT}.{}", BASE32_NOPAD.encode(&self.state().secret))
    }

    /// The same as a posternd wrote it before the page was upgraded.
    pub(crate) fn earlier_qr_code(&self, page: &str) -> String {
        let state = self.state();
        format!("{page}#b.{ACCOUNT}.{}.{}", state.factor(), URL_SAFE_NO_PAD.encode(state.secret))
    }

    /// The id of the challenge that binds, and of the factor that it makes.
    pub(crate) fn factor(&self) -> String {
        self.state().factor()
    }

    pub(crate) fn challenge_address(&self, page: &str, id: &str) -> String {
        format!("{page}#c.{ACCOUNT}.{id}")
    }

    /// The code that the terminal shows beside the QR code once a phone has handed in its key.
    pub(crate) fn compare_code(&self) -> String {
        let state = self.state();
        let phone = state.offered.as_ref().or(state.bound.as_ref()).expect("no phone handed in a key");
        let mac = mac(&state.secret, &[b"postern-compare-1", &phone.point]);
        let number = u32::from_be_bytes(mac[..4].try_into().unwrap()) % 1_000_000;
        format!("{:03} {:03}", number / 1000, number % 1000)
    }

    /// The terminal shows another QR code.
    pub(crate) fn renew(&self) {
        let mut state = self.state();
        getrandom::fill(&mut state.secret).unwrap();
        canary::register(&BASE32_NOPAD.encode(&state.secret));
        state.offered = None;
    }

    /// The person says yes at the terminal.
    pub(crate) fn confirm(&self) {
        let mut state = self.state();
        state.bound = Some(state.offered.take().expect("no phone handed in a key"));
    }

    /// The seed of the phone's own code, as an app that is not the page.
    pub(crate) fn app(&self) -> Authenticator {
        Authenticator::new(&mac(&self.state().secret, &[b"postern-seed-1"])[..20])
    }

    /// A login waits.
    pub(crate) fn challenge(&self, number: u8, seconds: u64) -> String {
        let id = format!("{number:032x}");
        let until = otp::now() + seconds;
        let rhost = Some("203.0.113.7".to_owned());
        self.state().challenges.push(Challenge { id: id.clone(), rhost, until, trust_days: 30 });
        id
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    fn factor(&self) -> String {
        mac(&self.secret, &[b"postern-id-1"])[..16].iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn is_known(&self, account: String, factor: String) -> bool {
        (account, factor) == (ACCOUNT.to_owned(), self.factor())
    }

    fn answer(&mut self, begin: &Value, line: &mut Line) {
        assert_eq!(begin["service"], "web");
        assert_eq!(begin["user"], "");
        assert!(begin["secret"].is_null());
        self.visitors.push((begin["language"].clone(), begin["rhost"].clone()));
        let given = |name: &str| begin["arguments"][name].as_str().unwrap_or_default().to_owned();
        if begin["flow"] == "phone_bind" {
            self.bind(&given, line);
            return;
        }
        let is_known = self.is_known(given("account"), given("factor"));
        let Some(phone) = self.bound.clone().filter(|_| is_known) else {
            // It waits for the terminal, as far as that is still there.
            let state = if is_known && self.offered.is_some() { "binding" } else { "unknown" };
            record(line, "phone", json!({"state": state}));
            line.reject("unknown_account", "This phone is not bound.");
            return;
        };
        let now = otp::now().saturating_add_signed(self.ahead);
        if given("time").parse::<u64>().unwrap_or_default().abs_diff(now) > 120 {
            self.late += 1;
            record(line, "clock", json!({"now": now}));
            line.reject("bad_credential", "The phone's clock is wrong.");
            return;
        }
        let (verb, own): (_, &[&str]) = match begin["flow"].as_str() {
            Some("phone_pending") => ("pending", &[]),
            Some("phone_answer") => ("answer", &["challenge", "choice", "number"]),
            Some("phone_ring") => ("ring", &["ring", "endpoint", "p256dh", "auth"]),
            other => panic!("{other:?}"),
        };
        let mut lines = vec![
            "postern-phone-1".to_owned(),
            verb.to_owned(),
            given("account"),
            given("factor"),
            given("time"),
        ];
        lines.extend(own.iter().map(|name| given(name)));
        let signature = URL_SAFE_NO_PAD.decode(given("signature")).unwrap_or_default();
        let is_right = Signature::from_slice(&signature)
            .is_ok_and(|signature| phone.key.verify(lines.join("\n").as_bytes(), &signature).is_ok());
        if !is_right {
            line.reject("bad_credential", "The signature is wrong.");
            return;
        }
        if verb == "answer"
            && let Some(instead) = self.instead.take()
        {
            instead.into_iter().for_each(|message| line.say(message));
            return;
        }
        match verb {
            "pending" => self.pending(&phone, line),
            "answer" => self.answered(&given, line),
            _ => {
                self.ring = json!({"ring": given("ring"), "endpoint": given("endpoint"), "p256dh": given("p256dh"),
                    "auth": given("auth")});
                let address = (given("ring") == "ntfy").then_some("https://ntfy.example/qZ7up8kT2mVx");
                record(line, "ring", json!({"ring": given("ring"), "address": address}));
            }
        }
        accept(line);
    }

    fn bind(&mut self, given: &dyn Fn(&str) -> String, line: &mut Line) {
        let point = URL_SAFE_NO_PAD.decode(given("key")).unwrap_or_default();
        let name = given("name");
        let proof = mac(&self.secret, &[b"postern-bind-1", &point, name.as_bytes()]);
        let is_proved = URL_SAFE_NO_PAD.encode(&proof) == given("proof");
        let key = VerifyingKey::from_sec1_bytes(&point).ok().filter(|_| point.len() == 65);
        match key {
            Some(key) if is_proved && self.is_known(given("account"), given("challenge")) => {
                self.offered = Some(Phone { key, point, name });
                if !self.is_earlier {
                    record(line, "phone", json!({"state": "binding", "user": "alice"}));
                }
                accept(line);
            }
            _ => line.reject("bad_credential", "That is not possible."),
        }
    }

    fn pending(&self, phone: &Phone, line: &mut Line) {
        record(line, "site", json!({"issuer": "example.org", "push_key": self.push_key, "ntfy": self.ntfy}));
        let ring = &self.ring["ring"];
        record(line, "phone", json!({"state": "bound", "user": "alice", "label": phone.name, "ring": ring}));
        for open in self.challenges.iter().filter(|open| open.until > otp::now()) {
            let place = |unknown: &str| open.rhost.clone().unwrap_or_else(|| unknown.to_owned());
            record(
                line,
                "challenge",
                json!({"id": open.id, "service": "sshd", "rhost": open.rhost, "user": "alice",
                "what": {"en": "ssh login on mail1.example.org", "zh-CN": "mail1.example.org 上的 ssh 登录"},
                "place": {"en": place("an unknown address"), "zh-CN": place("未知地址")},
                "created": "2026-01-31T12:00:00Z", "expires": "2026-01-31T12:02:00Z",
                "seconds_left": open.until - otp::now(), "trust_days": open.trust_days}),
            );
        }
    }

    fn answered(&mut self, given: &dyn Fn(&str) -> String, line: &mut Line) {
        let (challenge, choice, number) = (given("challenge"), given("choice"), given("number"));
        let is_open = self.challenges.iter().any(|open| open.id == challenge && open.until > otp::now());
        self.challenges.retain(|open| open.id != challenge);
        let state = match choice.as_str() {
            _ if !is_open => "gone",
            "approve" | "approve_trust" if number == NUMBER => "approved",
            "approve" | "approve_trust" => "wrong_number",
            "deny" | "not_me" if number.is_empty() => "denied",
            _ => panic!("{choice} {number}"),
        };
        self.answers.push((challenge, choice, number));
        record(line, "answered", json!({"state": state}));
    }
}

#[allow(clippy::needless_pass_by_value, reason = "so that it reads json!(…)")]
fn record(line: &mut Line, name: &str, value: Value) {
    line.say(json!({"record": {"name": name, "value": value}}));
}

fn accept(line: &mut Line) {
    line.say(json!({"verdict": {"accept": {"user": "alice", "userdb": {}}}}));
}

fn mac(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().to_vec()
}
