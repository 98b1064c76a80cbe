//! Whole conversations over the raw socket, a line at a time.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use nix::unistd::{Gid, Uid};
use postern_tests::{Account, Authenticator, Site, guard, unix_users};
use serde_json::{Value, json};

use crate::Target;
use crate::raw::{Said, line, peer_with};

/// A conversation that has begun.
pub(crate) struct RawConversation {
    says: Option<Box<dyn Write>>,
    hears: BufReader<Box<dyn Read>>,
    stream: Option<UnixStream>,
    relay: Option<Child>,
}

/// A question.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) style: String,
    pub(crate) text: String,
    /// The lines and records before it.
    pub(crate) before: Vec<Value>,
}

impl RawConversation {
    /// As root.
    pub(crate) fn begin(socket: &Path, begin: &Value) -> Self {
        let stream = UnixStream::connect(socket).expect("posternd listens");
        stream.set_read_timeout(Some(LIMIT)).expect("a timeout");
        stream.set_write_timeout(Some(LIMIT)).expect("a timeout");
        let mut says = stream.try_clone().expect("a second descriptor");
        says.write_all(&line(&json!({ "begin": begin }))).expect("it hears the beginning");
        let hears = stream.try_clone().expect("a third descriptor");
        Self {
            says: Some(Box::new(Closing(says))),
            hears: BufReader::new(Box::new(hears)),
            stream: Some(stream),
            relay: None,
        }
    }

    /// As another user of the test host.
    pub(crate) fn begin_as(ids: (Uid, Gid), socket: &Path, begin: &Value) -> Self {
        let mut command = peer_with(ids, &["relay", &socket.display().to_string()]);
        let mut relay = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("python3");
        let (mut says, hears) = (relay.stdin.take().unwrap(), relay.stdout.take().unwrap());
        says.write_all(&line(&json!({ "begin": begin }))).expect("it hears the beginning");
        Self {
            says: Some(Box::new(says)),
            hears: BufReader::new(Box::new(hears)),
            stream: None,
            relay: Some(relay),
        }
    }

    /// Waits for a question.
    #[track_caller]
    pub(crate) fn asked(&mut self) -> Asked {
        self.asked_or_ended().unwrap_or_else(|(said, _)| panic!("a question was expected: {said:?}"))
    }

    /// Waits for the end; also returns the lines and records before it.
    #[track_caller]
    pub(crate) fn ended(&mut self) -> (Said, Vec<Value>) {
        self.asked_or_ended().expect_err("the end was expected")
    }

    /// Waits for a question or for the end.
    pub(crate) fn asked_or_ended(&mut self) -> Result<Asked, (Said, Vec<Value>)> {
        let mut before = Vec::new();
        loop {
            let heard = self.hear();
            let said: Value = serde_json::from_str(&heard).unwrap_or_default();
            if let Some(ask) = said.get("ask") {
                let text = |key: &str| ask[key].as_str().expect("text").to_owned();
                return Ok(Asked { style: text("style"), text: text("text"), before });
            }
            if !["tell", "record", "wait"].iter().any(|kind| said.get(kind).is_some()) {
                return Err((Said::read(&heard), before));
            }
            before.push(said);
        }
    }

    /// The same without what came before.
    #[track_caller]
    pub(crate) fn verdict(&mut self) -> Said {
        self.ended().0
    }

    pub(crate) fn answer(&mut self, text: &str) {
        self.say(&line(&json!({ "answer": text })));
    }

    pub(crate) fn cancel(&mut self) {
        self.say(&line(&json!({ "cancel": {} })));
    }

    /// posternd may hang up before it has read everything.
    pub(crate) fn say(&mut self, bytes: &[u8]) {
        let says = self.says.as_mut().expect("not hung up");
        drop(says.write_all(bytes).and_then(|()| says.flush()));
    }

    /// Waits so long for the next line, as root.
    pub(crate) fn patience(&mut self, longest: Duration) {
        self.stream.as_ref().expect("as root").set_read_timeout(Some(longest)).expect("a timeout");
    }

    /// Ends the sending side, and so the conversation.
    pub(crate) fn hang_up(&mut self) {
        self.says = None;
    }

    /// The next line, "" at the end.
    pub(crate) fn hear(&mut self) -> String {
        let mut heard = String::new();
        match self.hears.read_line(&mut heard) {
            // posternd hung up before it had read all bytes.
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => {}
            read => drop(read.expect("posternd says something in time")),
        }
        heard
    }
}

impl Drop for RawConversation {
    fn drop(&mut self) {
        self.says = None;
        if let Some(relay) = &mut self.relay {
            drop(relay.kill());
            drop(relay.wait());
        }
    }
}

/// Closes for both of its descriptors when dropped.
struct Closing(UnixStream);

impl Write for Closing {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

impl Drop for Closing {
    fn drop(&mut self) {
        drop(self.0.shutdown(Shutdown::Write));
    }
}

/// A login at sshd with a conversation; `more` are further fields, or replacements.
pub(crate) fn at_sshd(user: &str, more: &Value) -> Value {
    with(
        json!({ "version": 1, "flow": "login", "service": "sshd", "user": user, "rhost": "192.0.2.1",
                "interactive": true }),
        more,
    )
}

/// A self-service flow.
pub(crate) fn own(flow: &str, more: &Value) -> Value {
    with(json!({ "version": 1, "flow": flow, "service": "", "user": "", "interactive": true }), more)
}

/// Binds an app by self-service, as the account's own user.
pub(crate) fn bind_a_factor(target: &Target, person: &Account) -> Authenticator {
    let ids = (person.uid.into(), person.uid.into());
    let mut talk = RawConversation::begin_as(ids, &target.site.socket(), &own("enrol", &json!({})));
    assert_eq!(talk.asked().style, "hidden");
    talk.answer(&person.password);
    let asked = talk.asked();
    assert_eq!(asked.style, "visible");
    let uri = asked.before.iter().find_map(|said| said.pointer("/record/value/uri")).expect("a URI");
    let app = Authenticator::from_uri(uri.as_str().unwrap()).unwrap();
    talk.answer(&app.code(0));
    let mut answered = talk.asked_or_ended();
    let is_offer = |asked: &Asked| asked.text.starts_with("Make recovery codes now");
    if let Ok(asked) = &answered
        && !is_offer(asked)
    {
        // A new ledger does not know which codes were spent before it was created, and says how long that matters.
        let text = asked.before.iter().find_map(|said| said.pointer("/tell/text")).and_then(Value::as_str);
        let seconds = text.and_then(|text| text.split(' ').find_map(|word| word.parse().ok()));
        guard::pause(Duration::from_secs(seconds.unwrap_or_else(|| panic!("{asked:?}"))));
        talk.answer(&app.code(0));
        answered = talk.asked_or_ended();
    }
    if answered.as_ref().is_ok_and(is_offer) {
        talk.answer("n");
        answered = talk.asked_or_ended();
    }
    assert_eq!(answered.unwrap_err().0, Said::Accept(person.name.clone()));
    app
}

/// A site with a user whom this host and the directory both know.
pub(crate) fn world_with_person(site: Site) -> (Target, Account) {
    let target = Target::of(site);
    let person = target.site.account_of(&unix_users::fresh("ann"));
    (target, person)
}

fn with(mut begin: Value, more: &Value) -> Value {
    for (key, value) in more.as_object().expect("fields") {
        begin[key] = value.clone();
    }
    begin
}

const LIMIT: Duration = Duration::from_secs(60);
