/// Who opens a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// posternd. It creates files, and decides from when on everything that was spent is known.
    Daemon,
    /// Any other program, whose questions change nothing: it neither creates a file nor raises a fence. It may be shown another start
    /// of the host than posternd is, so it does not draw conclusions from that either.
    Tool,
}
