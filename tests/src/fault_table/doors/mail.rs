use crate::stopwatch::Stopwatch;
use crate::{Attempt, Dovecot, Outcome};

use super::{Scene, Seen, Verdict};

/// A login through the auth socket, as Postfix and Dovecot's own login processes ask.
pub(super) fn attempt(dovecot: &Dovecot, scene: &Scene) -> Seen {
    let (user, password) = &scene.people.reader;
    let mut client = dovecot.auth_client();
    let started = Stopwatch::start();
    let id = client.send(&Attempt::new("imap", user, password));
    let reply = client.receive();
    let took = started.elapsed();
    match reply {
        Ok(reply) => {
            assert_eq!(reply.id, id, "an answer to another question");
            let verdict = match reply.outcome {
                Outcome::Accepted => Verdict::Accepted,
                Outcome::Refused => Verdict::Refused,
                Outcome::Unavailable => Verdict::TryLater,
            };
            let fields: Vec<String> =
                reply.fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
            Seen { verdict, took, words: fields.join(" ") }
        }
        Err(error) => Seen { verdict: Verdict::Broken, took, words: error.to_string() },
    }
}
