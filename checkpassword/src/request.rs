use std::ffi::OsString;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::fd::AsFd;
use std::time::Instant;

use postern_ipc::{POSTFIX, Secret, typed_text};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use zeroize::Zeroizing;

use crate::arguments::Arguments;
use crate::credentials::Credentials;
use crate::descriptors;

/// A request: the question of the caller, and the user name that it is about.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) purpose: Purpose,
    pub(crate) service: String,
    pub(crate) user: String,
    pub(crate) password: Option<Secret>,
    pub(crate) address: Option<String>,
    /// The address that the connection itself came from, where a proxy or a web mail told another one of the client.
    pub(crate) peer_address: Option<String>,
    pub(crate) local: Option<String>,
    pub(crate) secured: Option<bool>,
    pub(crate) session: Option<String>,
}

/// Whether a password has to be checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A password has to be checked.
    Login,
    /// Dovecot asks for the userdb fields of an account (`AUTHORIZED=1`).
    Lookup,
}

impl Request {
    /// Reads file descriptor 3 and the environment. `None` if the input cannot be a password; the caller refuses it.
    pub(crate) fn read(arguments: &Arguments, deadline: Instant) -> Result<Option<Self>, String> {
        let pipe = descriptors::inherited(3).ok_or("no file descriptor 3; run it from a mail server")?;
        let bytes = read_all(pipe, deadline)?;
        let purpose = match variable("AUTHORIZED").as_deref() {
            None => Purpose::Login,
            Some("1") => Purpose::Lookup,
            Some(_) => return Err("AUTHORIZED is set, and not to 1".to_owned()),
        };
        let service = variable("SERVICE").or_else(|| arguments.service.clone());
        let service = service.ok_or("neither SERVICE is set nor --service given")?;
        let Some(Credentials { user, password }) = Credentials::parse(&bytes) else { return Ok(None) };
        let address = variable("AUTH_RIP").or_else(|| variable("TCPREMOTEIP"));
        Ok(Some(Self {
            purpose,
            service,
            user: typed_text(user),
            password: (purpose == Purpose::Login).then(|| Secret::typed(password)),
            peer_address: variable("AUTH_REAL_RIP").filter(|peer| Some(peer) != address.as_ref()),
            address,
            local: variable("AUTH_LIP").or_else(|| variable("TCPLOCALIP")),
            secured: variable("AUTH_SECURED").map(|word| !word.is_empty()),
            session: variable("AUTH_SESSION"),
        }))
    }
}

/// Whether Postfix asks, through Dovecot; see [`POSTFIX`].
pub(crate) fn is_by_postfix(arguments: &Arguments) -> bool {
    let service = variable("SERVICE").or_else(|| arguments.service.clone());
    arguments.is_of_dovecot() && variable("AUTHORIZED").is_none() && service.as_deref() == Some(POSTFIX)
}

fn read_all(mut pipe: File, deadline: Instant) -> Result<Zeroizing<Vec<u8>>, String> {
    // Allocated at once: a buffer that grows would leave pieces of a password in freed memory.
    let mut bytes = Zeroizing::new(vec![0; MAX_REQUEST]);
    let mut rest = Zeroizing::new([0; 512]);
    let (mut length, mut is_cut) = (0, false);
    loop {
        wait_readable(&pipe, deadline)?;
        let free = bytes.get_mut(length..LONGEST_INPUT).filter(|free| !free.is_empty());
        let is_full = free.is_none();
        match pipe.read(free.unwrap_or(&mut *rest)) {
            Ok(0) => break,
            Ok(_) if is_full => is_cut = true,
            Ok(read) => length += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(format!("file descriptor 3 cannot be read: {error}")),
        }
    }
    if is_cut {
        // What the client typed is too long, and posternd says so. If it is not that, the caller breaks the contract.
        if bytes.iter().take(length).filter(|byte| **byte == 0).count() >= 2 {
            return Err(format!("more than {LONGEST_INPUT} bytes on file descriptor 3"));
        }
        // The buffer ends with the NULs of both fields.
        length = MAX_REQUEST;
    }
    bytes.truncate(length);
    Ok(bytes)
}

fn wait_readable(pipe: &File, deadline: Instant) -> Result<(), String> {
    let left = deadline.saturating_duration_since(Instant::now());
    let timeout = Timespec::try_from(left).map_err(|_| "the deadline is too far away".to_owned())?;
    let mut descriptors = [PollFd::from_borrowed_fd(pipe.as_fd(), PollFlags::IN)];
    match poll(&mut descriptors, Some(&timeout)) {
        Ok(0) => Err("file descriptor 3 was not closed before the deadline".to_owned()),
        Ok(_) => Ok(()),
        Err(error) => Err(format!("file descriptor 3 cannot be waited for: {error}")),
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(OsString::into_string)?.ok().filter(|value| !value.is_empty())
}

/// The longest request, in bytes. The contract demands 512. A name or a password that fills it is longer than posternd takes.
const LONGEST_INPUT: usize = 2048;
/// With the end of a name and of a password that were cut off.
const MAX_REQUEST: usize = LONGEST_INPUT + 2;
