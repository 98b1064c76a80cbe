//! Chance that can be repeated.

/// Marsaglia's xorshift64.
#[derive(Debug)]
pub struct Dice {
    /// What it began with.
    pub seed: u64,
    state: u64,
}

impl Dice {
    /// Thrown anew each time, or as this environment variable says.
    #[must_use]
    pub fn new(variable: &str) -> Self {
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes).expect("random bytes");
        let random = u64::from_ne_bytes(bytes) | 1;
        Self::of(std::env::var(variable).map_or(random, |seed| seed.parse().expect("a number")))
    }

    /// From this seed, which is not 0.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        Self { seed, state: seed }
    }

    /// A number from 0 on, less than `sides`.
    pub fn roll(&mut self, sides: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        usize::try_from(self.state % sides as u64).expect("a small number")
    }
}
