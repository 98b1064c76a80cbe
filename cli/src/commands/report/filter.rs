//! Which accounts a report is about.

/// Which accounts are reported.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub(crate) unenrolled: bool,
    pub(crate) ready: bool,
    pub(crate) main_password: bool,
    pub(crate) since: Option<String>,
    pub(crate) csv: bool,
}
