use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How far a long command is: on standard error, where that is a terminal, and nowhere else.
#[derive(Debug)]
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// For `length` steps of something, or for nobody knows how many.
    pub(crate) fn new(what: &'static str, length: Option<u64>) -> Self {
        // It draws nothing where standard error is no terminal.
        let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr());
        let template = match length {
            Some(_) => "{msg} {wide_bar} {pos}/{len} ({eta})",
            None => "{spinner} {msg} {pos} ({elapsed})",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(what);
        Self(bar)
    }

    /// Whether anybody sees it.
    pub(crate) fn is_shown(&self) -> bool {
        !self.0.is_hidden()
    }

    /// Prints something else meanwhile, without the bar in its way.
    pub(crate) fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        self.0.suspend(print)
    }

    /// One more.
    pub(crate) fn step(&self) {
        self.0.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
