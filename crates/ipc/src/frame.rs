use std::fmt;
use std::io::{self, Write};

use serde::Serialize;
use zeroize::{Zeroize, Zeroizing};

/// The longest line that either side may send, in bytes with its newline.
pub const MAX_FRAME: usize = 16 * 1024;

/// Encodes `message` as one JSON line.
///
/// # Errors
/// [`FrameError::TooLong`] if the line would exceed [`MAX_FRAME`].
pub fn encode<T: Serialize>(message: &T) -> Result<Zeroizing<Vec<u8>>, FrameError> {
    // Measured first. A buffer that grows would leave pieces of a secret in freed memory, and one of the maximum size
    // would mostly be wasted.
    let mut length = Length(1);
    serde_json::to_writer(&mut length, message).map_err(|_| FrameError::Malformed)?;
    if length.0 > MAX_FRAME {
        return Err(FrameError::TooLong);
    }
    let mut line = Zeroizing::new(Vec::with_capacity(length.0));
    serde_json::to_writer(&mut *line, message).map_err(|_| FrameError::Malformed)?;
    line.push(b'\n');
    Ok(line)
}

/// Splits a byte stream into lines of at most [`MAX_FRAME`] bytes. It wipes the bytes that it held.
#[derive(Default)]
pub struct Frames {
    buffer: Zeroizing<Vec<u8>>,
}

impl Frames {
    /// An empty splitter.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many more bytes the peer may send before a line must end.
    #[must_use]
    pub fn room(&self) -> usize {
        MAX_FRAME.saturating_sub(self.buffer.len())
    }

    /// Adds bytes that arrived. Read at most [`Frames::room`] of them at a time.
    pub fn push(&mut self, bytes: &[u8]) {
        let needed = self.buffer.len() + bytes.len();
        if needed > self.buffer.capacity() {
            // By hand, so that the old buffer is wiped. A vector that grows by itself frees it as it is.
            let mut larger = Zeroizing::new(Vec::with_capacity(needed.next_power_of_two().max(FIRST_ROOM)));
            larger.extend_from_slice(&self.buffer);
            self.buffer = larger;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole line without its newline, or `None` if more bytes are needed.
    ///
    /// # Errors
    /// [`FrameError::TooLong`] if the buffer is full and holds no newline.
    pub fn next_line(&mut self) -> Result<Option<Zeroizing<Vec<u8>>>, FrameError> {
        let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') else {
            return if self.room() == 0 { Err(FrameError::TooLong) } else { Ok(None) };
        };
        let mut line: Zeroizing<Vec<u8>> = Zeroizing::new(Vec::with_capacity(end));
        line.extend(self.buffer.iter().take(end));
        let rest: Zeroizing<Vec<u8>> = Zeroizing::new(self.buffer.iter().skip(end + 1).copied().collect());
        self.buffer.as_mut_slice().zeroize();
        self.buffer.clear();
        self.buffer.extend_from_slice(&rest);
        Ok(Some(line))
    }

    /// Whether it holds no bytes of an unfinished line.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }
}

impl fmt::Debug for Frames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Frames")
    }
}

/// Counts the bytes that are written to it.
struct Length(usize);

impl Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Enough for most messages.
const FIRST_ROOM: usize = 1024;

/// What can be wrong with a line of either side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameError {
    /// Longer than [`MAX_FRAME`].
    TooLong,
    /// Not a message of the protocol.
    Malformed,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_out_whole_however_they_arrive() {
        let mut frames = Frames::new();
        frames.push(b"{\"a\":");
        assert_eq!(frames.next_line(), Ok(None));
        frames.push(b"1}\n{\"b\":2}\n{");
        assert_eq!(frames.next_line().unwrap().unwrap().as_slice(), b"{\"a\":1}");
        assert_eq!(frames.next_line().unwrap().unwrap().as_slice(), b"{\"b\":2}");
        assert_eq!(frames.next_line(), Ok(None));
        assert!(!frames.is_empty());
    }

    #[test]
    fn a_line_of_the_limit_passes_and_one_byte_more_does_not() {
        let mut frames = Frames::new();
        frames.push(&vec![b'x'; MAX_FRAME - 1]);
        assert_eq!(frames.next_line(), Ok(None));
        frames.push(b"\n");
        assert_eq!(frames.next_line().unwrap().unwrap().len(), MAX_FRAME - 1);
        frames.push(&vec![b'x'; MAX_FRAME]);
        assert_eq!(frames.next_line(), Err(FrameError::TooLong));
    }

    #[test]
    fn a_line_in_many_pieces_comes_out_as_it_went_in() {
        let line: Vec<u8> = (0..MAX_FRAME - 1).map(|at| b'a' + u8::try_from(at % 26).unwrap()).collect();
        for size in [1, 7, 1000, 4096] {
            let mut frames = Frames::new();
            line.chunks(size).for_each(|piece| frames.push(piece));
            assert_eq!(frames.next_line(), Ok(None));
            frames.push(b"\n");
            assert_eq!(frames.next_line().unwrap().unwrap().as_slice(), line, "in pieces of {size}");
        }
    }

    #[test]
    fn encoding_refuses_what_the_peer_would_refuse() {
        assert_eq!(encode(&"x".repeat(MAX_FRAME - 3)).unwrap().len(), MAX_FRAME);
        assert_eq!(encode(&"x".repeat(MAX_FRAME - 2)).err(), Some(FrameError::TooLong));
    }
}
