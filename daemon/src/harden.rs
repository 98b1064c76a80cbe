use nix::sys::prctl::set_dumpable;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::stat::{Mode, umask};

/// Keeps secrets in memory away from core dumps and debuggers, makes new files private, and raises the limit on file descriptors:
/// each conversation needs one, and the usual limit of 1024 may be below `[limits] connections`.
pub(crate) fn harden() -> nix::Result<()> {
    umask(Mode::from_bits_truncate(0o077));
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, most, most)?;
    set_dumpable(false)
}

/// sysexits(3): the operating system does not play along.
pub(crate) const EX_OSERR: u8 = 71;
