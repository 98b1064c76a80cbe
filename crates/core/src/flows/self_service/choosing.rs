//! Which of several a person means.

/// What `is_meant` picks, where it picks exactly one.
pub(super) fn the_one<T>(all: &[T], is_meant: impl Fn(&T) -> bool) -> Option<&T> {
    let mut meant = all.iter().filter(|one| is_meant(one));
    meant.next().filter(|_| meant.next().is_none())
}

/// The typed text, made safe for a line of output.
pub(super) fn shown(typed: &str) -> String {
    typed.chars().filter(|c| !c.is_control()).take(64).collect()
}
