use std::collections::VecDeque;
use std::io::{self, ErrorKind, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tracing_subscriber::fmt::MakeWriter;

/// A queue of lines on their way to the log. Clones share it.
#[derive(Debug, Clone)]
pub struct LogQueue(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    lines: Mutex<Lines>,
    /// Signalled when a line was added, or all were written.
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Lines {
    waiting: VecDeque<Box<[u8]>>,
    bytes: usize,
    writes_since: Option<Instant>,
    lost: u64,
    lost_at: Option<Instant>,
    told_of: u64,
}

/// The state of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LogHealth {
    /// How many lines were lost since the start.
    pub lost: u64,
    /// How long ago the last of them was lost.
    pub lost_ago: Option<Duration>,
    /// How long the current write has taken so far. Zero if there is none.
    pub stuck_for: Duration,
}

impl LogQueue {
    /// Starts the thread that writes to `output`, which may be slow.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub fn start(output: impl Write + Send + 'static) -> io::Result<Self> {
        let queue = Self(Arc::new(Shared { lines: Mutex::default(), changed: Condvar::new() }));
        let writes = queue.clone();
        thread::Builder::new().name("log".to_owned()).spawn(move || writes.write_to(output))?;
        Ok(queue)
    }

    /// Appends a line, or loses it if the queue is full. It never waits.
    pub fn put(&self, line: &[u8]) {
        let mut lines = self.lock();
        let room = line.len() + LINE_OVERHEAD;
        if lines.bytes + room > MOST_BYTES {
            lines.lose(1);
            return;
        }
        lines.bytes += room;
        lines.waiting.push_back(line.into());
        drop(lines);
        self.0.changed.notify_all();
    }

    /// The state now.
    #[must_use]
    pub fn health(&self) -> LogHealth {
        let lines = self.lock();
        LogHealth {
            lost: lines.lost,
            lost_ago: lines.lost_at.map(|at| at.elapsed()),
            stuck_for: lines.writes_since.map_or(Duration::ZERO, |since| since.elapsed()),
        }
    }

    /// Waits until everything is written, at most for `longest`.
    pub fn flush(&self, longest: Duration) {
        let until = Instant::now() + longest;
        let mut lines = self.lock();
        while !lines.waiting.is_empty() || lines.writes_since.is_some() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            let waited = self.0.changed.wait_timeout(lines, left);
            lines = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn write_to(&self, mut output: impl Write) {
        let mut is_torn = false;
        loop {
            let batch = self.next_batch();
            let text: Vec<u8> = batch.iter().flat_map(|line| line.iter().copied()).collect();
            // A line that an error cut off must not run into the next one.
            let written = if is_torn { write_all(&mut output, b"\n").map_err(|_| 0) } else { Ok(()) };
            let written = written.and_then(|()| write_all(&mut output, &text));
            let lost = match written {
                Ok(()) => {
                    is_torn = false;
                    0
                }
                Err(bytes) => {
                    let (whole, rest) = whole_lines(&batch, bytes);
                    is_torn = rest > 0 || (is_torn && whole == 0);
                    batch.len() - whole
                }
            };
            if let Some(untold) = self.batch_is_done(lost as u64) {
                tracing::error!(
                    "{untold} lines of this log were lost: nobody read them in time, or they could not be written"
                );
            }
        }
    }

    /// The next lines. Waits until there are any.
    fn next_batch(&self) -> Vec<Box<[u8]>> {
        let mut lines = self.lock();
        while lines.waiting.is_empty() {
            lines = self.0.changed.wait(lines).unwrap_or_else(PoisonError::into_inner);
        }
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while bytes < BATCH_BYTES
            && let Some(line) = lines.waiting.pop_front()
        {
            bytes += line.len();
            lines.bytes -= line.len() + LINE_OVERHEAD;
            batch.push(line);
        }
        lines.writes_since = Some(Instant::now());
        batch
    }

    /// How many lost lines the log has not reported yet, if it can report them now.
    fn batch_is_done(&self, lost: u64) -> Option<u64> {
        let mut lines = self.lock();
        lines.writes_since = None;
        if lost > 0 {
            lines.lose(lost);
        }
        let untold = lines.lost - lines.told_of;
        let is_tellable = lost == 0 && untold > 0 && lines.bytes <= MOST_BYTES / 2;
        if is_tellable {
            lines.told_of = lines.lost;
        }
        drop(lines);
        self.0.changed.notify_all();
        is_tellable.then_some(untold)
    }

    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.0.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lines {
    fn lose(&mut self, count: u64) {
        self.lost += count;
        self.lost_at = Some(Instant::now());
    }
}

impl<'a> MakeWriter<'a> for LogQueue {
    type Writer = LineWriter<'a>;

    fn make_writer(&'a self) -> LineWriter<'a> {
        LineWriter { queue: self, line: Vec::new() }
    }
}

/// Collects one line, and appends it to the queue when dropped.
#[derive(Debug)]
pub struct LineWriter<'a> {
    queue: &'a LogQueue,
    line: Vec<u8>,
}

impl Write for LineWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.line.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for LineWriter<'_> {
    fn drop(&mut self) {
        if !self.line.is_empty() {
            self.queue.put(&self.line);
        }
    }
}

/// The error holds how many bytes were written before it.
fn write_all(output: &mut impl Write, bytes: &[u8]) -> Result<(), usize> {
    let mut written = 0;
    while let Some(rest) = bytes.get(written..).filter(|rest| !rest.is_empty()) {
        match output.write(rest) {
            Ok(0) => return Err(written),
            Ok(more) => written += more,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return Err(written),
        }
    }
    Ok(())
}

/// How many whole lines of `batch` its first `bytes` bytes contain, and how many bytes of the next one.
fn whole_lines(batch: &[Box<[u8]>], mut bytes: usize) -> (usize, usize) {
    for (whole, line) in batch.iter().enumerate() {
        if line.len() > bytes {
            return (whole, bytes);
        }
        bytes -= line.len();
    }
    (batch.len(), bytes)
}

/// The most bytes that wait to be written: some ten thousand logins.
const MOST_BYTES: usize = 4 * 1024 * 1024;
/// The memory that a line takes beside its text, in bytes.
const LINE_OVERHEAD: usize = 32;
/// The most bytes of one write.
const BATCH_BYTES: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    /// Simulates a pipe that is read piece by piece: each write waits to be told how it ends.
    struct Pipe {
        ends: Receiver<io::Result<usize>>,
        written: Sender<Vec<u8>>,
    }

    impl Write for Pipe {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let taken = self.ends.recv().unwrap_or(Ok(usize::MAX))?.min(bytes.len());
            self.written.send(bytes[..taken].to_vec()).unwrap();
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn pipe() -> (LogQueue, Sender<io::Result<usize>>, Receiver<Vec<u8>>) {
        let ((end, ends), (written, read)) = (channel(), channel());
        (LogQueue::start(Pipe { ends, written }).unwrap(), end, read)
    }

    fn wait_until(what: impl Fn() -> bool) {
        let end = Instant::now() + LIMIT;
        while !what() {
            assert!(Instant::now() < end, "not within {LIMIT:?}");
            thread::yield_now();
        }
    }

    /// A wait that is longer has no end.
    const LIMIT: Duration = Duration::from_secs(60);

    #[test]
    fn a_log_without_a_reader_does_not_block_and_lost_lines_are_counted() {
        let (queue, end, read) = pipe();
        let (all_are_put, put) = channel();
        let writer = queue.clone();
        thread::spawn(move || {
            (0..10_000).for_each(|_| writer.put(&[b'x'; 1024]));
            all_are_put.send(()).unwrap();
        });
        put.recv_timeout(LIMIT).expect("no line waits for the reader");
        let health = queue.health();
        assert!((5_000..10_000).contains(&health.lost), "{health:?}");
        assert!(queue.lock().bytes <= MOST_BYTES);
        wait_until(|| queue.health().stuck_for > Duration::from_millis(20));
        queue.flush(Duration::from_millis(10));
        drop(end);
        queue.flush(LIMIT);
        let written: usize = read.try_iter().map(|piece| piece.len()).sum();
        assert_eq!(written as u64, (10_000 - health.lost) * 1024);
        assert_eq!(queue.health().stuck_for, Duration::ZERO);
        assert_eq!(queue.lock().told_of, health.lost, "and the log was told");
    }

    #[test]
    fn a_disk_that_is_full_costs_lines_and_the_next_one_begins_on_a_line_of_its_own() {
        let (queue, end, read) = pipe();
        let full = || Err(ErrorKind::StorageFull.into());
        queue.put(b"first\n");
        end.send(Ok(3)).unwrap();
        end.send(full()).unwrap();
        wait_until(|| queue.health().lost == 1);
        queue.put(b"second\n");
        end.send(full()).unwrap();
        wait_until(|| queue.health().lost == 2);
        queue.put(b"third\n");
        drop(end);
        queue.flush(LIMIT);
        assert_eq!(read.try_iter().flatten().collect::<Vec<u8>>(), b"fir\nthird\n");
        assert!(queue.health().lost_ago.is_some_and(|ago| ago < LIMIT));
    }

    #[test]
    fn lines_that_went_out_before_an_error_are_not_lost() {
        let lines: Vec<Box<[u8]>> = [&b"ab\n"[..], b"c\n", b"d\n"].map(Into::into).into();
        assert_eq!(
            [0, 2, 3, 5, 6, 7].map(|bytes| whole_lines(&lines, bytes)),
            [(0, 0), (0, 2), (1, 0), (2, 0), (2, 1), (3, 0)]
        );
    }
}
