//! What a front door reads from posternd.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postern_ipc::{Frames, ServerMessage, Verdict, decode_server, encode};

fuzz_target!(|data: &[u8]| {
    let mut frames = Frames::new();
    let mut rest = data;
    while !rest.is_empty() {
        let (now, later) = rest.split_at(rest.len().min(frames.room()));
        frames.push(now);
        rest = later;
        loop {
            match frames.next_line() {
                Ok(Some(line)) => read(&line),
                Ok(None) => break,
                Err(_) => return,
            }
        }
    }
});

fn read(line: &[u8]) {
    let Ok(message) = decode_server(line) else { return };
    if let ServerMessage::Verdict(Verdict::Accept(_)) = message {
        let said = String::from_utf8_lossy(line);
        // Nothing but the word itself lets a user in; it may be written with escapes.
        assert!(said.contains("accept") || said.contains("\\u"), "an accept that nobody said");
    }
    let Ok(said) = encode(&message) else { return };
    let again = said.strip_suffix(b"\n").and_then(|line| decode_server(line).ok());
    let again = again.expect("a message that was just encoded");
    assert_eq!(*said, *encode(&again).expect("a message that fitted before"));
}
