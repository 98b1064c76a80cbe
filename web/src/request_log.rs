use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use postern_log::{FaultThrottle, LineBucket, Rate};
use tracing::info;

use crate::address::Network;

/// Keeps requests, which cost their sender nothing, from filling the log. Lines beyond the limit are counted.
///
/// Each client has a token bucket of its own. All of them together, and all requests of unknown clients, share another
/// one.
#[derive(Debug)]
pub(crate) struct RequestLog {
    buckets: Mutex<Buckets>,
    /// The lines about what goes wrong with them.
    faults: FaultThrottle,
}

#[derive(Debug)]
struct Buckets {
    all: LineBucket,
    each: HashMap<Network, LineBucket>,
    left_out: u64,
}

impl RequestLog {
    pub(crate) fn new(now: Instant, faults: FaultThrottle) -> Self {
        let all = LineBucket::full(OF_ALL, now);
        Self { buckets: Mutex::new(Buckets { all, each: HashMap::new(), left_out: 0 }), faults }
    }

    /// Whether a line about a request of `client` may be written at `now`.
    pub(crate) fn admits(&self, client: Option<Network>, now: Instant) -> bool {
        let mut buckets = self.lock();
        let admitted =
            client.is_none_or(|client| buckets.takes_own(client, now)) && buckets.all.take(OF_ALL, now);
        buckets.left_out += u64::from(!admitted);
        admitted
    }

    /// Writes how many lines were left out since the last time, if any were.
    pub(crate) fn tell_left_out(&self) {
        let left_out = std::mem::take(&mut self.lock().left_out);
        if left_out > 0 {
            info!("more requests than are logged: left_out={left_out}");
        }
        let left_out = self.faults.take_left_out();
        if left_out > 0 {
            info!("more faults than are logged: left_out={left_out}");
        }
    }

    fn lock(&self) -> MutexGuard<'_, Buckets> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Buckets {
    fn takes_own(&mut self, client: Network, now: Instant) -> bool {
        if self.each.len() >= MOST_CLIENTS && !self.each.contains_key(&client) {
            self.each.retain(|_, bucket| !bucket.is_full(OF_ONE, now));
            if self.each.len() >= MOST_CLIENTS {
                return false;
            }
        }
        self.each.entry(client).or_insert(LineBucket::full(OF_ONE, now)).take(OF_ONE, now)
    }
}

/// A phone polls every three seconds.
const OF_ONE: Rate = Rate { burst: 60, refill: Duration::from_secs(1) };
const OF_ALL: Rate = Rate { burst: 600, refill: Duration::from_millis(100) };
const MOST_CLIENTS: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(log: &RequestLog, client: Option<Network>, times: u32, now: Instant) -> u32 {
        (0..times).map(|_| u32::from(log.admits(client, now))).sum()
    }

    fn left_out(log: &RequestLog) -> u64 {
        log.lock().left_out
    }

    #[test]
    fn a_client_fills_only_its_own_bucket_and_further_lines_are_counted() {
        let now = Instant::now();
        let log = RequestLog::new(now, FaultThrottle::new(OF_ONE, now));
        let (flood, other) = (Network::of("192.0.2.1"), Network::of("2001:db8::1"));
        assert_eq!(admitted(&log, flood, 10_000, now), 60);
        assert_eq!(left_out(&log), 9_940);
        assert_eq!(admitted(&log, other, 60, now), 60);
        let later = now + Duration::from_secs(30);
        assert_eq!(admitted(&log, flood, 100, later), 30);
        log.tell_left_out();
        assert_eq!(left_out(&log), 0);
    }

    #[test]
    fn all_clients_together_and_those_without_an_address_have_a_bound() {
        let now = Instant::now();
        let log = RequestLog::new(now, FaultThrottle::new(OF_ONE, now));
        let clients = (0..5000_u32).map(|n| Network::of(&std::net::Ipv4Addr::from_bits(n).to_string()));
        let written: u32 = clients.map(|client| admitted(&log, client, 1, now)).sum();
        assert_eq!(written, 600);
        assert_eq!(admitted(&log, None, 10, now), 0);
        assert_eq!(admitted(&log, None, 100, now + Duration::from_secs(1)), 10);
        assert!(log.lock().each.len() <= MOST_CLIENTS);
    }
}
