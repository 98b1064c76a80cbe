use serde_json::{Value, json};

use super::figure::Spread;
use super::numbers::{quantile, sorted};

/// What one contender reached at one level, for instance with 20 logins in flight.
#[derive(Debug, Clone)]
pub struct Row {
    /// The level: rows of the same one are compared with each other.
    pub level: String,
    /// Who it is.
    pub contender: String,
    /// In the unit of the results, over the rounds.
    pub rate: Spread,
    /// Milliseconds that half of the single measurements stayed below, and 99 of 100; over all rounds.
    pub p50: f64,
    /// See `p50`.
    pub p99: f64,
    /// Whether it is Postern, for the colour of its bar.
    pub ours: bool,
}

impl Row {
    /// Of rounds that each have a rate, and of the milliseconds of all that was measured in them; `ours` if it is Postern.
    #[must_use]
    pub fn new(
        level: &str,
        contender: &str,
        ours: bool,
        rates: impl Iterator<Item = f64>,
        times: impl Iterator<Item = f64>,
    ) -> Self {
        let times = sorted(times);
        Self {
            level: level.to_owned(),
            contender: contender.to_owned(),
            rate: Spread::of(rates),
            p50: quantile(&times, 0.5),
            p99: quantile(&times, 0.99),
            ours,
        }
    }

    pub(super) fn to_json(&self) -> Value {
        json!({
            "level": self.level,
            "contender": self.contender,
            "rate": self.rate.to_json(),
            "p50_ms": self.p50,
            "p99_ms": self.p99,
        })
    }
}
