use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

use crate::bucket::{LineBucket, Rate};

/// Limits the lines about faults, warnings and errors alike: whoever can cause one can cause many. Those beyond the limit are counted.
#[derive(Debug, Clone)]
pub struct FaultThrottle(Arc<Mutex<Faults>>);

#[derive(Debug)]
struct Faults {
    rate: Rate,
    bucket: LineBucket,
    left_out: u64,
}

impl FaultThrottle {
    /// One that admits as many lines as `rate` says.
    #[must_use]
    pub fn new(rate: Rate, now: Instant) -> Self {
        Self(Arc::new(Mutex::new(Faults { rate, bucket: LineBucket::full(rate, now), left_out: 0 })))
    }

    /// How many lines were left out since the last call.
    #[must_use]
    pub fn take_left_out(&self) -> u64 {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner).left_out)
    }

    fn admits(&self, now: Instant) -> bool {
        let mut faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let rate = faults.rate;
        let is_admitted = faults.bucket.take(rate, now);
        faults.left_out += u64::from(!is_admitted);
        is_admitted
    }
}

impl<S: Subscriber> Layer<S> for FaultThrottle {
    fn event_enabled(&self, event: &Event<'_>, _: Context<'_, S>) -> bool {
        let metadata = event.metadata();
        // A panic, and lines that were lost, nobody can cause at will.
        let is_our_own = metadata.target().starts_with(env!("CARGO_CRATE_NAME"));
        *metadata.level() > Level::WARN || is_our_own || self.admits(Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn lines_beyond_the_rate_are_counted() {
        let now = Instant::now();
        let throttle = FaultThrottle::new(Rate { burst: 3, refill: Duration::from_secs(1) }, now);
        assert_eq!((0..10).filter(|_| throttle.admits(now)).count(), 3);
        assert_eq!((throttle.take_left_out(), throttle.take_left_out()), (7, 0));
        assert!(
            throttle.admits(now + Duration::from_secs(1)) && !throttle.admits(now + Duration::from_secs(1))
        );
    }
}
