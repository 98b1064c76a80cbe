//! The file descriptors that the checkpassword contract numbers. Only unsafe functions take a descriptor by number.

use std::fs::File;
use std::io;
use std::os::fd::{BorrowedFd, FromRawFd, RawFd};

use rustix::io::{FdFlags, fcntl_getfd, fcntl_setfd};

/// Takes ownership of an inherited descriptor. `None` if the parent passed none under this number.
///
/// Call it at most once for a number, and before this process opens a file that could get the number.
#[allow(unsafe_code, reason = "the contract hands over descriptors by number")]
pub(crate) fn inherited(number: RawFd) -> Option<File> {
    if !is_open(number) {
        return None;
    }
    // SAFETY: it is open and was so before main, std owns nothing above 2, and no other code takes this number.
    Some(unsafe { File::from_raw_fd(number) })
}

/// Whether the parent passed a descriptor under this number.
#[allow(unsafe_code, reason = "the contract hands over descriptors by number")]
pub(crate) fn is_open(number: RawFd) -> bool {
    // SAFETY: the borrow ends with the call, and fcntl(2) F_GETFD only answers EBADF where nothing is open.
    let descriptor = unsafe { BorrowedFd::borrow_raw(number) };
    fcntl_getfd(descriptor).is_ok()
}

/// Closes every descriptor above 2 except `keep` at the next exec.
///
/// # Errors
/// If /proc cannot be read: which descriptors are open is unknown then.
#[allow(unsafe_code, reason = "inherited descriptors are known by number only")]
pub(crate) fn keep_from_program(keep: Option<RawFd>) -> io::Result<()> {
    for entry in std::fs::read_dir("/proc/self/fd")? {
        let number: Option<RawFd> = entry?.file_name().to_str().and_then(|name| name.parse().ok());
        let Some(number) = number.filter(|number| *number > 2 && Some(*number) != keep) else { continue };
        // SAFETY: the borrow ends with the call, and fcntl(2) F_SETFD only answers EBADF where nothing is open.
        let descriptor = unsafe { BorrowedFd::borrow_raw(number) };
        fcntl_setfd(descriptor, FdFlags::CLOEXEC)?;
    }
    Ok(())
}
