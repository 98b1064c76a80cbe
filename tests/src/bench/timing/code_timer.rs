use std::time::{Duration, Instant};

use postern_ipc::{Prompter, Secret, Style, Tone};

/// Types a code once, and nothing after it, and times what comes next.
pub(super) struct CodeTimer {
    code: String,
    answered: Option<Instant>,
    took: Option<Duration>,
}

impl CodeTimer {
    pub(super) fn of(code: String) -> Self {
        Self { code, answered: None, took: None }
    }

    /// From the code to what came next, the end if nothing did; `None` if it was not asked for.
    pub(super) fn took(&self) -> Option<Duration> {
        self.took.or_else(|| Some(self.answered?.elapsed()))
    }

    fn heard(&mut self) {
        if let (Some(answered), None) = (self.answered, self.took) {
            self.took = Some(answered.elapsed());
        }
    }
}

impl Prompter for CodeTimer {
    fn ask(&mut self, _: Style, _: &str) -> Option<Secret> {
        self.heard();
        if self.answered.is_some() {
            return None;
        }
        self.answered = Some(Instant::now());
        Some(Secret::new(self.code.clone()))
    }

    fn tell(&mut self, _: Tone, _: &str) {
        self.heard();
    }
}
