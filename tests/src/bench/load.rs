use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::{Attempt, Dovecot, Outcome};

/// What one round measured.
#[derive(Debug, Clone)]
pub struct Round {
    /// Logins a second.
    pub rate: f64,
    /// How long each login took, in milliseconds.
    pub latencies: Vec<f64>,
}

/// Logs in over one connection to Dovecot's auth socket for `time`, with `in_flight` at once, through `attempts` in turn.
#[must_use]
pub fn drive(dovecot: &Dovecot, attempts: &[Attempt], in_flight: usize, time: Duration) -> Round {
    let mut client = dovecot.auth_client();
    let mut next = attempts.iter().cycle();
    let mut open = HashMap::new();
    let mut latencies = Vec::new();
    let started = Instant::now();
    let mut last = started;
    loop {
        while open.len() < in_flight && started.elapsed() < time {
            let id = client.send(next.next().expect("attempts"));
            open.insert(id, Instant::now());
        }
        if open.is_empty() {
            break;
        }
        let reply = client.receive().expect("dovecot auth answers");
        assert_eq!(reply.outcome, Outcome::Accepted, "a login failed: {:?}\n{}", reply.fields, dovecot.log());
        let sent: Instant = open.remove(&reply.id).expect("an attempt that was sent");
        last = Instant::now();
        latencies.push(last.duration_since(sent).as_secs_f64() * 1e3);
    }
    Round { rate: latencies.len() as f64 / last.duration_since(started).as_secs_f64(), latencies }
}
