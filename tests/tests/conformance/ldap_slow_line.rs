//! LDAP over a line on which every message takes its time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use postern_core::directory::Directory;
use postern_core::name::LoginName;
use postern_core::policy::Class;
use postern_store::LdapDirectory;
use postern_tests::slapd::Slapd;
use postern_tests::{Elapsed, Stopwatch};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::sleep_until;

/// Forty logins at once take about as long as one, and open no more connections.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn simultaneous_searches_share_four_connections_and_wait_for_the_line_alone() {
    let slapd = Slapd::with("slow_line", &["alice"]);
    let line = SlowLine::to(slapd.ports().0).await;
    let directory = Arc::new(crate::ldap::open(&slapd, &line.uri(), ""));
    // The connections are made.
    search(&directory, CONNECTIONS).await;
    let took = search(&directory, SEARCHES).await;
    println!("{SEARCHES} searches: {took:?} over {} connections", line.connections());
    took.assert_at_least(ROUND_TRIP);
    took.assert_within(ROUND_TRIP * 5);
    assert!(line.connections() <= CONNECTIONS, "{}", line.connections());
}

/// Searches so many times at once. How long it takes.
async fn search(directory: &Arc<LdapDirectory>, count: usize) -> Elapsed {
    let stopwatch = Stopwatch::start();
    let searches: Vec<_> = (0..count)
        .map(|_| {
            let directory = Arc::clone(directory);
            let name = LoginName::new("alice").unwrap();
            tokio::spawn(async move { directory.find(&name, Class::Mail).await })
        })
        .collect();
    for search in searches {
        assert_eq!(search.await.unwrap().map(|found| found.is_some()), Ok(true));
    }
    stopwatch.elapsed()
}

/// Passes everything on to a port of this host, each way after half of [`ROUND_TRIP`].
struct SlowLine {
    port: u16,
    connections: Arc<AtomicUsize>,
}

impl SlowLine {
    async fn to(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::Relaxed);
                let (from, to) = client.into_split();
                let (back, on) = TcpStream::connect(("127.0.0.1", server)).await.unwrap().into_split();
                pass_on(from, on);
                pass_on(back, to);
            }
        });
        Self { port, connections }
    }

    fn uri(&self) -> String {
        format!("ldap://127.0.0.1:{}", self.port)
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

/// A message does not wait for those before it.
fn pass_on(
    mut from: impl AsyncRead + Send + Unpin + 'static,
    mut to: impl AsyncWrite + Send + Unpin + 'static,
) {
    let (queue, mut queued) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut buffer = vec![0; 65_536];
        while let Ok(length @ 1..) = from.read(&mut buffer).await {
            drop(queue.send((tokio::time::Instant::now() + ROUND_TRIP / 2, buffer[..length].to_vec())));
        }
    });
    tokio::spawn(async move {
        while let Some((due, bytes)) = queued.recv().await {
            sleep_until(due).await;
            if to.write_all(&bytes).await.is_err() {
                return;
            }
        }
    });
}

const ROUND_TRIP: Duration = Duration::from_millis(300);
const SEARCHES: usize = 40;
const CONNECTIONS: usize = 4;
