//! What posternd reads from a front door: lines in pieces, the first one a `begin`, the others answers.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postern_ipc::{ClientMessage, Frames, MAX_FRAME, RemoteHost, decode_begin, decode_client, encode};

fuzz_target!(|data: &[u8]| {
    // The first byte says in what pieces the others arrive.
    let Some((&piece, bytes)) = data.split_first() else { return };
    let (mut frames, mut lines, mut arrived) = (Frames::new(), Vec::new(), 0);
    while arrived < bytes.len() {
        let size = usize::from(piece).max(1).min(frames.room()).min(bytes.len() - arrived);
        frames.push(&bytes[arrived..arrived + size]);
        arrived += size;
        loop {
            match frames.next_line() {
                Ok(Some(line)) => lines.push(line),
                Ok(None) => break,
                Err(_) => {
                    let unfinished =
                        bytes[..arrived].rsplit(|byte| *byte == b'\n').next().map_or(0, <[u8]>::len);
                    assert!(unfinished >= MAX_FRAME, "a line of {unfinished} bytes was refused");
                    return;
                }
            }
        }
    }
    assert!(lines.iter().all(|line| line.len() < MAX_FRAME), "a line over the limit");
    // However they arrived, the lines are those that were sent.
    let mut sent: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    let unfinished = sent.pop().unwrap_or_default();
    assert_eq!(frames.is_empty(), unfinished.is_empty());
    assert!(lines.iter().map(|line| line.as_slice()).eq(sent), "other lines than were sent");
    for (at, line) in lines.iter().enumerate() {
        read(line, at == 0);
    }
});

fn read(line: &[u8], is_first: bool) {
    if is_first && let Ok(begin) = decode_begin(line) {
        if let Some(host) = begin.rhost.as_deref().and_then(RemoteHost::parse) {
            assert_eq!(host.address().is_some(), host.name().is_none());
            assert_eq!(RemoteHost::parse(&host.to_string()), Some(host), "one host by two names");
        }
        is_stable(&ClientMessage::Begin(Box::new(begin)), |line| {
            decode_begin(line).ok().map(|begin| ClientMessage::Begin(Box::new(begin)))
        });
    }
    if let Ok(message) = decode_client(line) {
        is_stable(&message, |line| decode_client(line).ok());
    }
}

/// What was understood can be said again, and is understood as the same.
fn is_stable(message: &ClientMessage, read: impl Fn(&[u8]) -> Option<ClientMessage>) {
    // An escape may be shorter than what it stands for.
    let Ok(said) = encode(message) else { return };
    let again = said.strip_suffix(b"\n").and_then(read).expect("a message that was just encoded");
    assert_eq!(*said, *encode(&again).expect("a message that fitted before"));
}
