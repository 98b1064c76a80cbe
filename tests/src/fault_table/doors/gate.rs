use std::time::Duration;

use crate::stopwatch::Stopwatch;

use super::{Scene, Seen, Verdict};

/// A question about a session that the gate was not asked about for longer than it keeps an answer.
pub(super) fn attempt(scene: &Scene) -> Seen {
    scene.people.gate.next(|session| {
        while !session.asked.elapsed().at_least(KEPT) {
            crate::guard::pause(Duration::from_millis(50));
        }
        let started = Stopwatch::start();
        let reply = scene.web.at_gate("/gate?application=gated", "/mail", &session.cookie).try_send();
        let took = started.elapsed();
        session.asked = Stopwatch::start();
        match reply {
            Ok(reply) => {
                let verdict = match reply.status {
                    200 if reply.header("authorization").is_some() => Verdict::Accepted,
                    401 => Verdict::Refused,
                    503 => Verdict::TryLater,
                    _ => Verdict::Broken,
                };
                Seen { verdict, took, words: format!("{} {}", reply.status, reply.body) }
            }
            Err(error) => Seen { verdict: Verdict::Broken, took, words: error.to_string() },
        }
    })
}

/// Longer than `web/src/applications/live.rs` keeps an answer.
const KEPT: Duration = Duration::from_millis(5500);
