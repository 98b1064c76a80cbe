//! An attacker who has taken over postern-web cannot log in, read a seed, or approve a login.

use std::collections::BTreeMap;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use postern_ipc::Flow;
use postern_tests::courier_host::{CourierHost, at_the_number, number};
use postern_tests::login_host::LoginUser;
use postern_tests::self_service::Said;
use postern_tests::{Authenticator, Handset, Ran, host, otp};
use serde_json::{Value, json};

use crate::on_both;

on_both!(
    every_flow_but_those_of_phones_is_refused,
    no_message_of_the_page_approves_a_login_that_the_phone_did_not,
    a_page_cannot_bind_a_phone_of_its_own,
    the_flows_of_phones_are_the_pages_alone,
);

const ALL: [Flow; 31] = [
    Flow::Login,
    Flow::Lookup,
    Flow::Account,
    Flow::Status,
    Flow::Factors,
    Flow::Enrol,
    Flow::Remove,
    Flow::Replace,
    Flow::RecoveryCodes,
    Flow::AppPasswordCreate,
    Flow::AppPasswordList,
    Flow::AppPasswordRegenerate,
    Flow::AppPasswordRevoke,
    Flow::DeviceList,
    Flow::DeviceRevoke,
    Flow::ChallengeList,
    Flow::ChallengeDeny,
    Flow::History,
    Flow::SessionCheck,
    Flow::SessionList,
    Flow::SessionEnd,
    Flow::ApplicationGrant,
    Flow::ApplicationRedeem,
    Flow::ApplicationCheck,
    Flow::ApplicationEnd,
    Flow::ApprovalCheck,
    Flow::MailSettings,
    Flow::PhoneBind,
    Flow::PhonePending,
    Flow::PhoneAnswer,
    Flow::PhoneRing,
];

/// Whether the page may ask for it without a session or a password. A new flow has to be told here, and in [`ALL`].
fn is_of_the_page(flow: Flow) -> bool {
    match flow {
        Flow::ApprovalCheck
        | Flow::MailSettings
        | Flow::PhoneBind
        | Flow::PhonePending
        | Flow::PhoneAnswer
        | Flow::PhoneRing => true,
        // These want a code or a key, and are refused without one.
        Flow::ApplicationRedeem | Flow::ApplicationCheck | Flow::ApplicationEnd => false,
        Flow::ApplicationGrant
        | Flow::Login
        | Flow::Lookup
        | Flow::Account
        | Flow::Status
        | Flow::Factors
        | Flow::Enrol
        | Flow::Remove
        | Flow::Replace
        | Flow::RecoveryCodes
        | Flow::AppPasswordCreate
        | Flow::AppPasswordList
        | Flow::AppPasswordRegenerate
        | Flow::AppPasswordRevoke
        | Flow::DeviceList
        | Flow::DeviceRevoke
        | Flow::ChallengeList
        | Flow::ChallengeDeny
        | Flow::History
        | Flow::SessionCheck
        | Flow::SessionList
        | Flow::SessionEnd => false,
    }
}

/// Says each of these lines on a connection of its own, as `uid`, and answers every question with the main password; what came
/// back on each.
fn says(host: &CourierHost, uid: u32, password: &str, lines: &[String]) -> Vec<String> {
    let socket = host.site.socket();
    let input = json!({ "socket": socket, "answer": password, "lines": lines }).to_string();
    let mut python = Command::new(host::system_program("/usr/bin/python3", "python3"));
    python.args(["-I", "-c", TALK]).uid(uid).gid(uid).current_dir(Path::new("/"));
    let said = Ran::of(&mut python, input.as_bytes(), Duration::from_secs(60)).json();
    said.as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect()
}

fn as_page(host: &CourierHost, password: &str, begins: &[Value]) -> Vec<String> {
    let lines: Vec<String> = begins.iter().map(|begin| json!({ "begin": begin }).to_string()).collect();
    says(host, host::ids("postern-web").0.as_raw(), password, &lines)
}

/// From an address of its own each time: the page says where a phone is, and too many failures from one place are refused
/// without a look.
fn begin(flow: Flow, service: &str, arguments: &[(&str, String)]) -> Value {
    let arguments: BTreeMap<&str, &str> =
        arguments.iter().map(|(name, value)| (*name, value.as_str())).collect();
    static CALLS: AtomicU8 = AtomicU8::new(1);
    let rhost = format!("192.0.2.{}", CALLS.fetch_add(1, Ordering::Relaxed));
    json!({
        "version": 1, "flow": flow.as_str(), "service": service, "user": "", "interactive": true,
        "rhost": rhost, "arguments": arguments,
    })
}

/// No reply holds a seed, however it is written.
fn hold_no_seed(replies: &[String], apps: &[&Authenticator]) {
    let all = replies.join("\n");
    for app in apps {
        let seed = app.seed();
        let forms = [
            app.base32(),
            app.base32().to_lowercase(),
            app.hex(),
            app.hex().to_uppercase(),
            STANDARD_NO_PAD.encode(seed),
            STANDARD.encode(seed),
            URL_SAFE_NO_PAD.encode(seed),
            URL_SAFE.encode(seed),
        ];
        assert!(forms.iter().all(|form| !all.contains(form.as_str())), "a seed was told");
    }
}

struct Victim {
    user: LoginUser,
    phone: Handset,
    app: Authenticator,
}

impl Victim {
    fn new(host: &CourierHost) -> Self {
        let user = host.user("anna");
        let phone = host.bind_phone(&user, &[]);
        let app = host.bind_app(&user);
        Self { user, phone, app }
    }

    fn id(&self, host: &CourierHost) -> String {
        self.phone.challenge(&host.web)["id"].as_str().unwrap().to_owned()
    }
}

fn every_flow_but_those_of_phones_is_refused(host: &CourierHost) {
    let anna = Victim::new(host);
    let (name, password) = (anna.user.unix.name.as_str(), anna.user.password.as_str());
    let mut begins = Vec::new();
    for flow in ALL.into_iter().filter(|flow| !is_of_the_page(*flow)) {
        for service in ["", "web", "sshd", "imap", "required"] {
            let mut with_all = begin(flow, service, &[]);
            with_all["user"] = name.into();
            with_all["secret"] = password.into();
            with_all["ruid"] = 0.into();
            with_all["device"] = "ssh-key ssh-ed25519 AAAA".into();
            begins.extend([begin(flow, service, &[]), with_all]);
        }
        let arguments = [("account", anna.phone.account.clone()), ("kind", "totp".to_owned())];
        begins.push(begin(flow, "web", &arguments));
    }
    let replies = as_page(host, password, &begins);
    for (begin, reply) in begins.iter().zip(&replies) {
        // A login with a browser lists the factors first; no session comes of it.
        assert!(!reply.contains("token"), "{begin}: {reply}");
        let last = reply.lines().last().unwrap_or_default();
        let said: Value = serde_json::from_str(last).unwrap_or_else(|_| panic!("{begin}: {reply}"));
        // Arguments that a flow does not know are refused from all peers.
        let is_bare = begin["secret"].is_null() && begin["arguments"] == json!({});
        let is_nonsense = said["error"]["malformed"].is_string();
        let is_refused = said["verdict"]["reject"]["reason"] == "not_permitted";
        // It may try to log in with a browser, and is stopped at the second factor.
        let is_of_browser = begin["flow"] == "login" && begin["service"] == "web";
        // Or show a web mail's code or key, and has none.
        let is_of_webmail = begin["flow"].as_str().is_some_and(|flow| flow.starts_with("application_"));
        let is_stopped = (is_of_browser || is_of_webmail) && said["verdict"]["reject"].is_object();
        assert!(is_refused || is_stopped || (is_nonsense && !is_bare), "{begin}: {reply}");
    }
    hold_no_seed(&replies, &[&anna.app, &anna.phone.app()]);

    // And what is no protocol at all.
    let mut lines: Vec<String> =
        ["", "{}", "[]", "null", "\u{0}", "{\"answer\":\"x\"}", "{\"cancel\":{}}", "GET / HTTP/1.1"]
            .map(str::to_owned)
            .to_vec();
    lines.push(json!({ "verdict": { "accept": { "user": name, "userdb": {} } } }).to_string());
    lines.push(json!({ "begin": { "version": 1, "flow": "root", "service": "", "user": "" } }).to_string());
    lines.push(json!({ "begin": { "version": 99, "flow": "login", "service": "", "user": "" } }).to_string());
    lines.push("[".repeat(10_000));
    lines.push("x".repeat(100_000));
    let replies = says(host, host::ids("postern-web").0.as_raw(), password, &lines);
    let is_nothing = |reply: &String| reply.is_empty() || reply.starts_with("{\"error\":");
    assert!(replies.iter().all(is_nothing), "{replies:?}");
    assert_eq!(host.posternd.status().pid, host.posternd.pid());
}

fn no_message_of_the_page_approves_a_login_that_the_phone_did_not(host: &CourierHost) {
    let (anna, bert) = (Victim::new(host), Victim::new(host));
    let password = anna.user.password.as_str();
    // What a page has seen before: an approval and a refusal, signed by the phone itself.
    let (time, mut seen) = (otp::now(), Vec::new());
    let (mut visit, shown) = at_the_number(host, &anna.user);
    let old = anna.id(host);
    for (choice, number) in [("approve", shown.as_str()), ("deny", "")] {
        let fields = [("challenge", old.as_str()), ("choice", choice), ("number", number)];
        seen.push(anna.phone.signed("answer", time, &fields));
    }
    assert!(as_page(host, password, &[begin(Flow::PhoneAnswer, "web", &seen[0])])[0].contains("approved"));
    visit.answer("");
    assert_eq!(last(&mut visit), Said::Accept);

    let mut person = host.knows_the_password("sshd", &anna.user);
    let shown = number(&mut person);
    let id = anna.id(host);
    let mut begins = Vec::new();
    let mut answers = |arguments: Vec<(&'static str, String)>| {
        // The one that takes no arguments has its own tests.
        let takes_arguments = |flow: &Flow| is_of_the_page(*flow) && *flow != Flow::MailSettings;
        for flow in ALL.into_iter().filter(takes_arguments) {
            for service in ["web", "sshd"] {
                begins.push(begin(flow, service, &arguments));
            }
        }
    };
    let thief = anna.phone.with_another_key();
    for choice in ["approve", "approve_trust", "deny", "not_me", "", "APPROVE"] {
        let fields = [("challenge", id.as_str()), ("choice", choice), ("number", shown.as_str())];
        // Signed by an unknown key, by another phone in this one's name, and not at all.
        answers(thief.signed("answer", time, &fields));
        let mut renamed = bert.phone.clone();
        renamed.account.clone_from(&anna.phone.account);
        renamed.factor.clone_from(&anna.phone.factor);
        answers(renamed.signed("answer", time, &fields));
        for signature in [String::new(), URL_SAFE_NO_PAD.encode([0; 64]), "A".repeat(86)] {
            let mut unsigned = anna.phone.signed("answer", time, &fields);
            unsigned.last_mut().unwrap().1 = signature;
            answers(unsigned);
        }
    }
    // What the phone did sign, for another challenge or another verb, with a part exchanged.
    let pending = anna.phone.signed("pending", time, &[]);
    let signatures = [&seen[0], &seen[1], &pending].map(|one| one.last().unwrap().1.clone());
    for signature in signatures {
        for choice in ["approve", "approve_trust"] {
            let fields = [("challenge", id.as_str()), ("choice", choice), ("number", shown.as_str())];
            let mut exchanged = anna.phone.signed("answer", time, &fields);
            exchanged.last_mut().unwrap().1 = signature.clone();
            answers(exchanged);
        }
    }
    let replies = as_page(host, password, &begins);
    for (begin, reply) in begins.iter().zip(&replies) {
        assert!(!reply.contains("\"accept\"") && reply.contains("\"reject\""), "{begin}: {reply}");
    }
    // Another account's phone has no say here.
    let fields = [("challenge", id.as_str()), ("choice", "approve"), ("number", shown.as_str())];
    let of_bert = begin(Flow::PhoneAnswer, "web", &bert.phone.signed("answer", time, &fields));
    assert!(as_page(host, password, &[of_bert])[0].contains("\"gone\""));
    // As it was signed it is taken, and says nothing new.
    let again = as_page(host, password, &[begin(Flow::PhoneAnswer, "web", &seen[0])]);
    assert!(again[0].contains("\"gone\""), "{again:?}");
    let listed = as_page(host, password, &[begin(Flow::PhonePending, "web", &pending)]);
    assert!(listed[0].contains(&id) && !listed[0].contains(&format!("\"{shown}\"")), "{listed:?}");
    hold_no_seed(&[replies, again, listed].concat(), &[&anna.app, &anna.phone.app(), &bert.app]);

    assert_eq!(anna.id(host), id, "it still waits");
    assert_eq!(anna.phone.decide(&host.web, "approve", &shown), "approved");
    person.answer_visible("");
    assert_eq!(person.is_in(), anna.user.unix.name);
}

fn a_page_cannot_bind_a_phone_of_its_own(host: &CourierHost) {
    let anna = host.user("anna");
    let mut visit = host.visit(&anna, "enrol", &[("kind", "phone")]);
    let mut own = None;
    let ended = loop {
        match visit.hear() {
            Said::Ask { is_hidden: true, .. } => visit.answer(&anna.password),
            Said::Ask { text, .. } => {
                assert!(text.starts_with("Press Enter once"), "{text}");
                visit.answer("");
            }
            Said::Record { name, value } if name == "key" => {
                // The page learns the account and the challenge, and never the secret.
                let phone = Handset::scans(value["uri"].as_str().unwrap()).with_another_secret();
                let binding = [begin(Flow::PhoneBind, "web", &phone.binding("Fairphone"))];
                drop(as_page(host, &anna.password, &binding));
                own = Some(phone);
            }
            Said::Tell { .. } | Said::Record { .. } => {}
            end @ (Said::Accept | Said::Reject { .. } | Said::Defer(_) | Said::Error(_)) => break end,
        }
    };
    assert!(matches!(&ended, Said::Reject { reason, .. } if reason == "bad_credential"), "{ended:?}");
    assert_eq!(own.unwrap().pending(&host.web).reason, "unknown_account");
}

fn the_flows_of_phones_are_the_pages_alone(host: &CourierHost) {
    let anna = Victim::new(host);
    let (visit, shown) = at_the_number(host, &anna.user);
    let (id, time) = (anna.id(host), otp::now());
    let fields = [("challenge", id.as_str()), ("choice", "approve"), ("number", shown.as_str())];
    let rings = [("ring", "none"), ("endpoint", ""), ("p256dh", ""), ("auth", "")];
    // Rightly signed, all of them.
    let begins = [
        begin(Flow::PhonePending, "web", &anna.phone.signed("pending", time, &[])),
        begin(Flow::PhoneAnswer, "web", &anna.phone.signed("answer", time, &fields)),
        begin(Flow::PhoneRing, "web", &anna.phone.signed("ring", time, &rings)),
        begin(Flow::PhoneBind, "web", &anna.phone.binding("Fairphone")),
    ];
    let lines: Vec<String> = begins.iter().map(|begin| json!({ "begin": begin }).to_string()).collect();
    for uid in [0, host::ids("mallory").0.as_raw(), host::ids("postern").0.as_raw(), anna.user.unix.uid] {
        for reply in says(host, uid, &anna.user.password, &lines) {
            let said: Value = serde_json::from_str(&reply).unwrap_or_else(|_| panic!("{uid}: {reply}"));
            assert_eq!(said["verdict"]["reject"]["reason"], "not_permitted", "{uid}: {reply}");
        }
    }
    assert_eq!(anna.id(host), id);
    drop(visit);
}

/// How a visit ends.
fn last(visit: &mut postern_tests::self_service::Visit) -> Said {
    loop {
        match visit.hear() {
            Said::Tell { .. } | Said::Record { .. } => {}
            said @ (Said::Ask { .. }
            | Said::Accept
            | Said::Reject { .. }
            | Said::Defer(_)
            | Said::Error(_)) => {
                return said;
            }
        }
    }
}

const TALK: &str = r#"
import json, socket, sys
task = json.load(sys.stdin)
def talk(line):
    with socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(20)
        peer.connect(task["socket"])
        heard = b""
        try:
            peer.sendall(line.encode() + b"\n")
            if not line.startswith('{"begin"'):
                peer.shutdown(socket.SHUT_WR)
            while data := peer.recv(65536):
                heard += data
                if data.splitlines()[-1].startswith(b'{"ask"'):
                    peer.sendall(json.dumps({"answer": task["answer"]}).encode() + b"\n")
        except (BrokenPipeError, ConnectionResetError):
            pass
        return heard.decode().strip()
print(json.dumps([talk(line) for line in task["lines"]]))
"#;
