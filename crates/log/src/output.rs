use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::os::fd::AsFd;

use rustix::event::{PollFd, PollFlags, poll};

/// Standard error without the lock of [`std::io::stderr`], for which every printing thread would wait.
#[derive(Debug)]
pub(crate) struct StandardError(File);

impl StandardError {
    pub(crate) fn open() -> io::Result<Self> {
        io::stderr().as_fd().try_clone_to_owned().map(|fd| Self(File::from(fd)))
    }
}

impl Write for StandardError {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match self.0.write(bytes) {
                // Another process that shares it may have made it non-blocking.
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    poll(&mut [PollFd::new(&self.0, PollFlags::OUT)], None)?;
                }
                done => return done,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
