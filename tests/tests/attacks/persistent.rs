//! Connections that hold one conversation after another.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use postern_tests::wire::connect_as;
use postern_tests::{Site, Stopwatch, guard, host};
use serde_json::{Value, json};

use crate::Target;
use crate::raw::{Said, login, say, say_as};

/// A connection of root that stays open.
struct Connection(BufReader<UnixStream>);

impl Connection {
    fn to(target: &Target) -> Self {
        Self::of(UnixStream::connect(target.site.socket()).expect("posternd listens"))
    }

    fn of(stream: UnixStream) -> Self {
        stream.set_read_timeout(Some(LIMIT)).expect("a timeout");
        Self(BufReader::new(stream))
    }

    /// Sends bytes, and hears the next line. Where posternd hangs up, nothing is said.
    fn say(&mut self, bytes: &[u8]) -> Said {
        // It may have hung up already.
        drop(self.0.get_mut().write_all(bytes));
        self.hear()
    }

    fn hear(&mut self) -> Said {
        let mut line = String::new();
        match self.0.read_line(&mut line) {
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => Said::Nothing,
            read => {
                read.expect("posternd answers or hangs up in time");
                Said::read(&line)
            }
        }
    }

    /// Whether posternd has hung up, within a moment.
    fn is_over(&mut self) -> bool {
        self.hear() == Said::Nothing
    }
}

/// A right login that asks for the connection to stay.
fn good(target: &Target) -> Vec<u8> {
    persistent(target, &json!({}))
}

fn persistent(target: &Target, more: &Value) -> Vec<u8> {
    let mut fields = json!({ "persistent": true });
    fields.as_object_mut().expect("fields").extend(more.as_object().expect("fields").clone());
    login("alice", &target.thunderbird.password, &fields)
}

fn accepted() -> Said {
    Said::Accept("alice".to_owned())
}

#[test]
fn each_conversation_of_a_connection_is_decided_by_itself() {
    let target = Target::new("persistent");
    let mut connection = Connection::to(&target);
    let wrong = login("alice", "wrong", &json!({ "persistent": true }));
    let unknown = persistent(&target, &json!({ "user": "nobody" }));
    let lookup = persistent(&target, &json!({ "flow": "lookup", "service": "lmtp", "secret": null }));
    for _ in 0..3 {
        assert_eq!(connection.say(&good(&target)), accepted());
        assert_eq!(connection.say(&wrong), Said::reject("bad_credential"));
        assert_eq!(connection.say(&unknown), Said::reject("unknown_account"));
        assert_eq!(connection.say(&lookup), accepted());
    }
    drop(target.site.cli_ok(&["app-password", "revoke", "alice", &target.thunderbird.id]));
    assert_eq!(connection.say(&good(&target)), Said::reject("expired"), "at once");
    let last = login("alice", &target.alice.password, &json!({}));
    assert_eq!(connection.say(&last), accepted(), "it does not ask for another one");
    assert!(connection.is_over());
}

#[test]
fn who_begins_before_the_answer_is_cut_off_and_gets_nothing_twice() {
    let target = Target::new("pipelined");
    let (good, socket) = (good(&target), target.site.socket());
    assert_eq!(say(&socket, &[&good[..], &good].concat()), Said::Malformed, "two lines at once");
    let mut connection = Connection::to(&target);
    assert_eq!(connection.say(&good), accepted());
    assert_eq!(connection.say(&[&good[..], &good[..20]].concat()), Said::Malformed, "a line and a half");
    assert!(connection.is_over());
    // While the first is being worked on, which a wrong main password takes long enough for.
    let slow = login("alice", "a wrong main password", &json!({ "persistent": true }));
    let mut connection = Connection::to(&target);
    connection.0.get_mut().write_all(&slow).unwrap();
    guard::pause(Duration::from_millis(2));
    let said = connection.say(&good);
    assert!([Said::Malformed, Said::reject("bad_credential")].contains(&said), "{said:?}");
    for left in ["{\"answer\":\"x\"}\n", "{\"cancel\":{}}\n", "\n", "{}\n"] {
        let mut connection = Connection::to(&target);
        assert_eq!(connection.say(&good), accepted());
        assert_eq!(connection.say(left.as_bytes()), Said::Malformed, "{left:?}");
        assert!(connection.is_over());
    }
    target.assert_alice_gets_in();
}

#[test]
fn what_asks_a_person_and_who_is_not_trusted_have_one_conversation_a_connection() {
    let target = Target::new("not persistent");
    let socket = target.site.socket();
    for more in [
        json!({ "interactive": true }),
        json!({ "flow": "account", "service": "sshd", "secret": null }),
        json!({ "flow": "status", "service": "", "secret": null }),
        json!({ "flow": "factors", "service": "", "secret": null }),
        json!({ "persistent": "yes" }),
    ] {
        assert_eq!(say(&socket, &persistent(&target, &more)), Said::Malformed, "{more}");
    }
    // It reads until posternd hangs up.
    let lookup = persistent(&target, &json!({ "flow": "lookup", "secret": null }));
    let said = say_as("mallory", &socket, &[good(&target), lookup]);
    assert_eq!(said, vec![Said::reject("not_permitted"); 2]);
}

#[test]
fn idle_connections_take_no_places_and_each_is_given_up_in_favour_of_nobody() {
    let settings = "connections = 64";
    let target = Target::of(Site::builder("idle").setting("[limits]", settings).build());
    let mut held: Vec<Connection> = Vec::new();
    for _ in 0..256 {
        let mut connection = Connection::to(&target);
        assert_eq!(connection.say(&good(&target)), accepted(), "{} are idle", held.len());
        held.push(connection);
    }
    wait_until_only_the_one_that_asks(&target);
    target.assert_alice_gets_in();
    // Half of the number of places may be idle. The others were closed after their verdict, and their clients connect anew.
    let (mut idle, mut closed) = (0, 0);
    for connection in &mut held {
        match connection.say(&good(&target)) {
            Said::Accept(_) => idle += 1,
            Said::Nothing => closed += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((idle, closed), (32, 256 - 32));
    assert!(target.posternd.peak_resident_kib() < 256 * 1024);
}

#[test]
fn half_a_begin_keeps_a_place_for_seconds_and_silence_keeps_none() {
    let target = Target::of(Site::builder("half begin").setting("[limits]", "connections = 8").build());
    let mut held: Vec<Connection> = (0..4).map(|_| Connection::to(&target)).collect();
    for connection in &mut held {
        assert_eq!(connection.say(&good(&target)), accepted());
    }
    for connection in &mut held {
        connection.0.get_mut().write_all(b"{\"begin\":").unwrap();
    }
    guard::wait_for("places to be taken", LIMIT, || {
        (target.posternd.status().connections == 5).then_some(())
    });
    target.assert_alice_gets_in();
    assert!(held.iter_mut().all(Connection::is_over), "the begin has to come within 5 s");
    wait_until_only_the_one_that_asks(&target);
}

#[test]
fn who_is_no_longer_trusted_is_hung_up_on() {
    let target = Target::new("idle without trust");
    let dovecot = connect_as(host::ids("dovecot").0.as_raw(), &target.site.socket());
    let mut connection = Connection::of(dovecot.expect("posternd listens"));
    assert_eq!(connection.say(&good(&target)), accepted());
    target.site.edit_config(|text| text.replace("dovecot = [", "vmail = ["));
    target.posternd.reload();
    assert_eq!(connection.say(&good(&target)), Said::Nothing);
    let refused = target.posternd.log().matches("not_permitted").count();
    assert_eq!(refused, 0, "it was not even read");
}

#[test]
fn idle_connections_do_not_keep_posternd_from_stopping() {
    let mut target = Target::new("idle at the end");
    let mut idle: Vec<Connection> = (0..20).map(|_| Connection::to(&target)).collect();
    idle.iter_mut().for_each(|connection| assert_eq!(connection.say(&good(&target)), accepted()));
    let started = Stopwatch::start();
    assert!(target.posternd.stop().success());
    started.elapsed().assert_within(Duration::from_secs(3));
    assert!(idle.iter_mut().all(Connection::is_over));
    target.posternd.start_again();
    target.assert_alice_gets_in();
}

/// A place is given back a moment after the client has its verdict.
fn wait_until_only_the_one_that_asks(target: &Target) {
    guard::wait_for("the places to be given back", LIMIT, || {
        (target.posternd.status().connections == 1).then_some(())
    });
}

const LIMIT: Duration = Duration::from_secs(30);
