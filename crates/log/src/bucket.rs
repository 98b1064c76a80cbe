use std::time::{Duration, Instant};

/// The rate of a token bucket: how many lines at once, and how often one more.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    /// How many lines may be written at once.
    pub burst: u32,
    /// One more line each time this has passed.
    pub refill: Duration,
}

/// A token bucket of log lines.
#[derive(Debug, Clone, Copy)]
pub struct LineBucket {
    lines: u32,
    since: Instant,
}

impl LineBucket {
    /// A full bucket.
    #[must_use]
    pub fn full(rate: Rate, now: Instant) -> Self {
        Self { lines: rate.burst, since: now }
    }

    /// Takes a line. `false` if none is left.
    pub fn take(&mut self, rate: Rate, now: Instant) -> bool {
        self.refill(rate, now);
        let is_there = self.lines > 0;
        self.lines -= u32::from(is_there);
        is_there
    }

    /// Whether the bucket is full.
    #[must_use]
    pub fn is_full(mut self, rate: Rate, now: Instant) -> bool {
        self.refill(rate, now);
        self.lines == rate.burst
    }

    fn refill(&mut self, Rate { burst, refill }: Rate, now: Instant) {
        let passed = now.saturating_duration_since(self.since).as_millis() / refill.as_millis().max(1);
        let due = u32::try_from(passed).unwrap_or(u32::MAX);
        if self.lines.saturating_add(due) >= burst {
            *self = Self { lines: burst, since: now };
        } else {
            self.lines += due;
            self.since += refill * due;
        }
    }
}
