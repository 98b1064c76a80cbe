//! libpam's functions, as <security/pam_modules.h> and <security/pam_ext.h> declare them. All unsafe code is in this
//! file.

#![allow(unsafe_code, reason = "libpam is C")]

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::ptr::{self, NonNull};
use std::time::Duration;

use pamsm::Pam;
use zeroize::{Zeroize, Zeroizing};

/// The handle of one PAM transaction, for as long as a hook runs.
pub(crate) struct Handle(*mut c_void);

impl From<Pam> for Handle {
    fn from(pam: Pam) -> Self {
        // SAFETY: Pam is repr(transparent) over the pointer that libpam gave to the hook.
        Self(unsafe { std::mem::transmute::<Pam, *mut c_void>(pam) })
    }
}

/// An item of a transaction, by its number in <security/_pam_types.h>.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Item {
    /// The service.
    Service = 1,
    /// The user name that was typed.
    User = 2,
    /// The terminal. sshd sets `ssh`, Dovecot sets `dovecot`.
    Tty = 3,
    /// The client's address or name.
    RemoteHost = 4,
    /// The password that an earlier module asked for.
    AuthToken = 6,
    /// The client's own user name.
    RemoteUser = 8,
    /// The prompt with which libpam asks for a user name.
    UserPrompt = 9,
}

/// The style of a message, by its number in <security/_pam_types.h>.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// A question with echo off.
    Hidden = 1,
    /// A question with echo on.
    Visible = 2,
    /// An error to show.
    Error = 3,
    /// Information to show.
    Info = 4,
}

impl Handle {
    /// A copy of an item, wiped when dropped. `None` if it is not set.
    pub(crate) fn item(&self, item: Item) -> Option<Zeroizing<Vec<u8>>> {
        let mut found: *const c_void = ptr::null();
        // SAFETY: the handle is libpam's own for this hook, and `found` outlives the call.
        let code = unsafe { pam_get_item(self.0, item as c_int, &raw mut found) };
        if code != SUCCESS || found.is_null() {
            return None;
        }
        // SAFETY: every item of `Item` is a string of C, which stays until it is set anew; it is copied at once.
        let text = unsafe { CStr::from_ptr(found.cast()) };
        Some(Zeroizing::new(text.to_bytes().to_vec()))
    }

    /// Whether the host gave this PAM_TTY.
    pub(crate) fn is_at_tty(&self, tty: &[u8]) -> bool {
        self.item(Item::Tty).is_some_and(|item| item.as_slice() == tty)
    }

    /// The user name that was typed. libpam asks for it if the host has not.
    pub(crate) fn user(&self) -> Option<Vec<u8>> {
        let mut found: *const c_char = ptr::null();
        // SAFETY: the handle is libpam's own for this hook, `found` outlives the call, and a null prompt means libpam's.
        let code = unsafe { pam_get_user(self.0, &raw mut found, ptr::null()) };
        if code != SUCCESS || found.is_null() {
            return None;
        }
        // SAFETY: on success it is the string of PAM_USER, which stays until it is set anew; it is copied at once.
        let text = unsafe { CStr::from_ptr(found) };
        Some(text.to_bytes().to_vec())
    }

    /// Sets an item. `false` if that failed, or if the value holds a NUL, where C would cut it off.
    pub(crate) fn set_item(&self, item: Item, value: &str) -> bool {
        if value.contains('\0') {
            return false;
        }
        let value = c_string(value);
        // SAFETY: the handle is libpam's own for this hook, and of every item of `Item` libpam copies the string, which
        // ends in NUL.
        unsafe { pam_set_item(self.0, item as c_int, value.as_ptr().cast()) == SUCCESS }
    }

    /// A copy of a variable of the PAM environment, wiped when dropped.
    pub(crate) fn variable(&self, name: &CStr) -> Option<Zeroizing<Vec<u8>>> {
        // SAFETY: the handle is libpam's own for this hook, and the name ends in NUL.
        let found = unsafe { pam_getenv(self.0, name.as_ptr()) };
        if found.is_null() {
            return None;
        }
        // SAFETY: it is the value's string in libpam's list, which stays until the list is changed; it is copied at once.
        let text = unsafe { CStr::from_ptr(found) };
        Some(Zeroizing::new(text.to_bytes().to_vec()))
    }

    /// Sets (`NAME=value`) or removes (`NAME`) a variable of the PAM environment. `false` if that failed.
    pub(crate) fn put_variable(&self, assignment: &str) -> bool {
        let assignment = c_string(assignment);
        // SAFETY: the handle is libpam's own for this hook, and libpam copies the string, which ends in NUL.
        unsafe { pam_putenv(self.0, assignment.as_ptr().cast()) == SUCCESS }
    }

    /// Asks the host to wait about this long before it reports a failed login.
    pub(crate) fn delay_failure(&self, time: Duration) {
        let microseconds = c_uint::try_from(time.as_micros()).unwrap_or(c_uint::MAX);
        // SAFETY: the handle is libpam's own for this hook; a failure means no delay.
        unsafe { pam_fail_delay(self.0, microseconds) };
    }

    /// Shows a line. Hosts may drop it.
    pub(crate) fn show(&self, manner: Manner, line: &str) {
        drop(self.converse(manner, line));
    }

    /// Puts a question. `None` if the host has no answer.
    pub(crate) fn ask(&self, manner: Manner, prompt: &str) -> Option<Reply> {
        self.converse(manner, prompt)
    }

    fn converse(&self, manner: Manner, line: &str) -> Option<Reply> {
        let line = c_string(line);
        let mut answer: *mut c_char = ptr::null_mut();
        // SAFETY: the handle is libpam's own for this hook, `answer` outlives the call, and "%s" takes one string.
        let code = unsafe {
            pam_prompt(
                self.0,
                manner as c_int,
                &raw mut answer,
                c"%s".as_ptr(),
                line.as_ptr().cast::<c_char>(),
            )
        };
        // Taken even after a failed call, so that an answer that the host left there is wiped.
        let reply = NonNull::new(answer).map(Reply);
        if code == SUCCESS { reply } else { None }
    }
}

/// An answer of the host, which we own: it is wiped and freed when dropped.
pub(crate) struct Reply(NonNull<c_char>);

impl Reply {
    /// The answer without its NUL.
    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: pam_prompt hands over a C string, and no other code holds it.
        unsafe { CStr::from_ptr(self.0.as_ptr()) }.to_bytes()
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        let length = self.bytes().len();
        // SAFETY: the string is ours alone, has this many bytes before its NUL, and no reference to it is left.
        let bytes = unsafe { std::slice::from_raw_parts_mut(self.0.as_ptr().cast::<u8>(), length) };
        bytes.zeroize();
        // SAFETY: the host allocated it with malloc for the caller to free, as pam_conv(3) demands.
        unsafe { free(self.0.as_ptr().cast()) };
    }
}

/// `text` up to its first NUL, if it has one, with a NUL at the end.
fn c_string(text: &str) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len() + 1));
    bytes.extend(text.bytes().take_while(|byte| *byte != 0));
    bytes.push(0);
    bytes
}

#[link(name = "pam")]
unsafe extern "C" {
    fn pam_get_item(handle: *const c_void, item: c_int, found: *mut *const c_void) -> c_int;
    fn pam_set_item(handle: *mut c_void, item: c_int, value: *const c_void) -> c_int;
    fn pam_get_user(handle: *mut c_void, user: *mut *const c_char, prompt: *const c_char) -> c_int;
    fn pam_getenv(handle: *mut c_void, name: *const c_char) -> *const c_char;
    fn pam_putenv(handle: *mut c_void, assignment: *const c_char) -> c_int;
    fn pam_fail_delay(handle: *mut c_void, microseconds: c_uint) -> c_int;
    fn pam_prompt(
        handle: *mut c_void,
        style: c_int,
        answer: *mut *mut c_char,
        format: *const c_char,
        ...
    ) -> c_int;
}

unsafe extern "C" {
    fn free(pointer: *mut c_void);
}

const SUCCESS: c_int = 0;

#[cfg(test)]
mod tests {
    use super::*;

    unsafe extern "C" {
        fn malloc(size: usize) -> *mut c_void;
    }

    /// As a host hands it over: from malloc, with a NUL at its end.
    fn reply(text: &[u8]) -> Reply {
        // SAFETY: malloc takes any size; what it returns is checked below.
        let memory = unsafe { malloc(text.len() + 1) }.cast::<u8>();
        let memory = NonNull::new(memory).unwrap();
        // SAFETY: the memory is as long as the text and its NUL, and new.
        unsafe { ptr::copy_nonoverlapping(text.as_ptr(), memory.as_ptr(), text.len()) };
        // SAFETY: the memory has one byte more than the text.
        let end = unsafe { memory.add(text.len()) };
        // SAFETY: it is that byte.
        unsafe { end.write(0) };
        Reply(memory.cast())
    }

    /// Miri sees here whether memory is read, wiped and freed as it may be.
    #[test]
    fn a_reply_is_the_bytes_before_its_nul_and_is_freed() {
        for text in [&b""[..], b"hunter2", b"p\xffw", &[b'x'; 65_536]] {
            assert_eq!(reply(text).bytes(), text);
        }
        assert_eq!(reply(b"a\0b").bytes(), b"a");
    }

    #[test]
    fn a_string_for_c_ends_at_its_first_nul() {
        assert_eq!(*c_string("Code: "), b"Code: \0");
        assert_eq!(*c_string("a\0b"), b"a\0");
        assert_eq!(*c_string(""), b"\0");
    }
}
