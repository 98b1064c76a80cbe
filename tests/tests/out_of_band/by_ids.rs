//! A front door that renders every prompt itself: protocol version 2 by ids, arguments and choices, no text read.

use std::collections::BTreeMap;

use postern_tests::courier_host::CourierHost;
use postern_tests::login_host::LoginUser;
use postern_tests::self_service::Visit;
use postern_tests::{Authenticator, Handset, canary};
use serde_json::{Map, Value, json};

use crate::on_both;

on_both!(
    enrolments_and_a_login_go_by_ids_alone_in_english,
    enrolments_and_a_login_go_by_ids_alone_in_chinese,
    version_1_has_text_and_nothing_else,
);

fn enrolments_and_a_login_go_by_ids_alone_in_english(host: &CourierHost) {
    enrolments_and_a_login_go_by_ids_alone(host, "en");
}

fn enrolments_and_a_login_go_by_ids_alone_in_chinese(host: &CourierHost) {
    enrolments_and_a_login_go_by_ids_alone(host, "zh-CN");
}

fn enrolments_and_a_login_go_by_ids_alone(host: &CourierHost, language: &str) {
    let anna = host.user("anna");
    let app = binds_an_app(host, &anna, language);
    binds_a_mailbox(host, &anna, &app, language);
    binds_a_phone(host, &anna, &app, language);

    let mut talk = Talk::begin(host, 0, &login(&anna, 2, language));
    talk.asked("password");
    talk.answer(&anna.password);
    let first = talk.question();
    assert_eq!(first.kinds(), ["email", "phone", "totp"]);
    talk.answer(first.choice("totp"));
    let code = talk.asked("code-or-number");
    assert_eq!(talk.told("factor-to-choose").len(), 3);
    talk.answer(code.choice("email"));
    let sent = talk.asked("sent-code-or-number");
    assert_eq!(sent.argument("to"), talk.told("code-sent")[0].argument("to"));
    // An earlier code was sent where the mailbox was proposed before it was chosen.
    let mailed = (0..MOST_MAILS).find_map(|_| {
        talk.answer(&host.mailbox.next_to(&anna.backup()).code());
        match talk.next() {
            (kind, said) if kind == "verdict" => Some(Value::from(said)),
            (kind, said) => {
                assert_eq!((kind.as_str(), Prompt::of(said).id.as_str()), ("ask", "sent-code-or-number"));
                None
            }
        }
    });
    assert_eq!(mailed.unwrap().pointer("/accept/user"), Some(&json!(anna.unix.name)));
}

fn binds_an_app(host: &CourierHost, anna: &LoginUser, language: &str) -> Authenticator {
    let mut talk = Talk::begin(host, anna.unix.uid, &own(language));
    let kinds = talk.asked("which-kind");
    assert_eq!(kinds.kinds(), ["email", "phone", "sms", "totp"]);
    talk.answer(kinds.choice("totp"));
    assert_eq!(talk.asked("password-for-change").argument("account"), anna.unix.name);
    talk.answer(&anna.password);
    talk.asked("first-code");
    let app = Authenticator::from_uri(talk.told("qr")[0].argument("text")).expect("a URI of a key");
    canary::register(&app.base32());
    let typed = talk.told("secret-as-text")[0].argument("secret").replace(' ', "");
    assert_eq!(typed, app.base32(), "the key as text is the one of the QR code");
    let shape = &talk.told("secret-shape")[0].arguments;
    assert_eq!((&shape["digits"], &shape["seconds"]), (&json!(6), &json!(30)));
    // The steps before, of and after this moment are spent one after the other.
    drop(app.fresh_code(10));
    talk.answer(&app.code(-1));
    talk.asked("offer-recovery-codes");
    talk.answer("n");
    let accepted = talk.verdict();
    assert_eq!(accepted.pointer("/accept/user"), Some(&json!(anna.unix.name)), "{accepted}");
    assert_eq!(talk.told("factor-bound-totp").len(), 1);
    app
}

fn binds_a_mailbox(host: &CourierHost, anna: &LoginUser, app: &Authenticator, language: &str) {
    let mut talk = Talk::begin(host, anna.unix.uid, &own(language));
    let kinds = talk.asked("which-kind");
    talk.answer(kinds.choice("email"));
    talk.asked("which-address");
    talk.answer(&anna.backup());
    talk.asked("password-for-change");
    talk.answer(&anna.password);
    let code = talk.asked("code");
    assert!(code.choices.is_empty(), "there is one factor");
    talk.answer(&app.code(0));
    talk.asked("sent-code-to-bind");
    talk.answer(&host.mailbox.next_to(&anna.backup()).code());
    let accepted = talk.verdict();
    assert_eq!(accepted.pointer("/accept/user"), Some(&json!(anna.unix.name)), "{accepted}");
}

fn binds_a_phone(host: &CourierHost, anna: &LoginUser, app: &Authenticator, language: &str) {
    let mut talk = Talk::begin(host, anna.unix.uid, &own(language));
    let kinds = talk.asked("which-kind");
    talk.answer(kinds.choice("phone"));
    talk.asked("password-for-change");
    talk.answer(&anna.password);
    let first = talk.question();
    assert_eq!(first.kinds(), ["email", "totp"]);
    talk.answer(&app.code(1));
    talk.asked("phone-scanned");
    let phone = Handset::scans(talk.told("qr")[0].argument("text"));
    phone.register();
    assert!(phone.bind(&host.web, "Anna's phone").is_accept());
    talk.answer("");
    assert_eq!(talk.asked("phone-shows").argument("code"), phone.compared());
    talk.answer("y");
    let accepted = talk.verdict();
    assert_eq!(accepted.pointer("/accept/user"), Some(&json!(anna.unix.name)), "{accepted}");
}

fn version_1_has_text_and_nothing_else(host: &CourierHost) {
    let anna = host.user("anna");
    let mut begin = own("en");
    begin["version"] = json!(1);
    let mut visit = Visit::begin_with(&host.site.socket(), anna.unix.uid, &begin);
    let mut heard = Vec::new();
    for answer in ["1", anna.password.as_str()] {
        heard.extend(until_asked(&mut visit));
        visit.answer(answer);
    }
    heard.extend(until_asked(&mut visit));
    let mut talk = Visit::begin_with(&host.site.socket(), 0, &login(&anna, 1, "en"));
    heard.extend(until_asked(&mut talk));
    let lines = heard.iter().filter(|message| message.get("tell").is_some()).count();
    assert!(lines > 20, "the lines of the list and of the QR code, each by itself: {lines}");
    for message in &heard {
        let Some(said) = message.get("ask").or(message.get("tell")) else { continue };
        let fields: Vec<&String> = said.as_object().expect("fields").keys().collect();
        assert_eq!(fields, ["style", "text"]);
        assert!(!said["text"].as_str().expect("text").contains('\n'), "a line is one message");
    }
}

/// All up to the next question, with it.
fn until_asked(visit: &mut Visit) -> Vec<Value> {
    let mut heard = Vec::new();
    loop {
        let message = visit.hear_message().expect("a message");
        let is_question = message.get("ask").is_some();
        heard.push(message);
        if is_question {
            return heard;
        }
    }
}

fn own(language: &str) -> Value {
    json!({ "version": 2, "flow": "enrol", "service": "", "user": "", "interactive": true, "language": language })
}

fn login(anna: &LoginUser, version: u32, language: &str) -> Value {
    json!({ "version": version, "flow": "login", "service": "sshd", "user": anna.unix.name, "rhost": "192.0.2.1",
            "interactive": true, "language": language })
}

/// A conversation in version 2. Its text is thrown away as it arrives.
struct Talk {
    visit: Visit,
    told: BTreeMap<String, Vec<Prompt>>,
}

struct Prompt {
    id: String,
    arguments: Map<String, Value>,
    choices: Vec<Map<String, Value>>,
}

impl Talk {
    fn begin(host: &CourierHost, uid: u32, begin: &Value) -> Self {
        Self { visit: Visit::begin_with(&host.site.socket(), uid, begin), told: BTreeMap::new() }
    }

    /// The next question. What is told before it can be looked up.
    #[track_caller]
    fn question(&mut self) -> Prompt {
        match self.next() {
            (kind, said) if kind == "ask" => Prompt::of(said),
            (kind, said) => panic!("no question: {kind} {said:?}"),
        }
    }

    #[track_caller]
    fn asked(&mut self, id: &str) -> Prompt {
        let prompt = self.question();
        assert_eq!(prompt.id, id);
        prompt
    }

    #[track_caller]
    fn verdict(&mut self) -> Value {
        match self.next() {
            (kind, said) if kind == "verdict" => said.into(),
            (kind, said) => panic!("no verdict: {kind} {said:?}"),
        }
    }

    /// What was told with this id, all through the conversation.
    #[track_caller]
    fn told(&self, id: &str) -> &[Prompt] {
        self.told.get(id).unwrap_or_else(|| panic!("{id} was not told: {:?}", self.told.keys()))
    }

    fn answer(&mut self, text: &str) {
        self.visit.answer(text);
    }

    fn next(&mut self) -> (String, Map<String, Value>) {
        loop {
            let Some(Value::Object(message)) = self.visit.hear_message() else { panic!("hung up") };
            let (kind, said) = message.into_iter().next().expect("a message");
            let Value::Object(said) = said else { panic!("{kind} has no fields") };
            match kind.as_str() {
                "tell" => {
                    let prompt = Prompt::of(said);
                    self.told.entry(prompt.id.clone()).or_default().push(prompt);
                }
                "record" | "wait" => {}
                _ => return (kind, said),
            }
        }
    }
}

impl Prompt {
    fn of(mut said: Map<String, Value>) -> Self {
        assert!(said.remove("text").is_some_and(|text| text.is_string()));
        let Some(Value::String(id)) = said.remove("id") else { panic!("no id: {said:?}") };
        let arguments = match said.remove("arguments") {
            None => Map::new(),
            Some(arguments) => arguments.as_object().expect("fields").clone(),
        };
        let choices = match said.remove("choices") {
            None => Vec::new(),
            Some(choices) => serde_json::from_value(choices).expect("a list of fields"),
        };
        Self { id, arguments, choices }
    }

    #[track_caller]
    fn argument(&self, name: &str) -> &str {
        self.arguments[name].as_str().expect("a text")
    }

    /// The answer that chooses the one of this kind.
    #[track_caller]
    fn choice(&self, kind: &str) -> &str {
        let choice = self.choices.iter().find(|choice| choice["kind"] == kind);
        choice.unwrap_or_else(|| panic!("no {kind} in {:?}", self.kinds()))["id"].as_str().expect("a text")
    }

    fn kinds(&self) -> Vec<&str> {
        let mut kinds: Vec<&str> =
            self.choices.iter().map(|choice| choice["kind"].as_str().expect("a text")).collect();
        kinds.sort_unstable();
        kinds
    }
}

const MOST_MAILS: u32 = 3;
