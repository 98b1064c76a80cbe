use nix::sys::prctl::set_dumpable;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::stat::{Mode, umask};

/// Keeps secrets in memory out of core dumps and away from debuggers, and new files private.
pub(crate) fn harden() -> nix::Result<()> {
    umask(Mode::from_bits_truncate(0o077));
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
    set_dumpable(false)
}

/// sysexits(3): the operating system does not play along.
pub(crate) const EX_OSERR: u8 = 71;
