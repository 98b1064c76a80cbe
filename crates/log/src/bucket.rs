use std::time::{Duration, Instant};

/// How many lines may be written at once, and after how long one more may be.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    /// At once.
    pub burst: u32,
    /// One more each time that this has passed.
    pub refill: Duration,
}

/// The lines that may still be written: a token bucket.
#[derive(Debug, Clone, Copy)]
pub struct LineBucket {
    lines: u32,
    since: Instant,
}

impl LineBucket {
    /// One with all the lines that may be written at once.
    #[must_use]
    pub fn full(rate: Rate, now: Instant) -> Self {
        Self { lines: rate.burst, since: now }
    }

    /// Takes a line, and says whether there was one.
    pub fn take(&mut self, rate: Rate, now: Instant) -> bool {
        self.refill(rate, now);
        let is_there = self.lines > 0;
        self.lines -= u32::from(is_there);
        is_there
    }

    /// Whether nothing was taken that has not come back.
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
